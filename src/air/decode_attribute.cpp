#include "air/messages.hpp"
#include "text.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <charconv>

namespace airloom::air {

namespace {

using list_message = ir::AttrDef::ListValue;

/// The contents of a tensor: by their place among `contents`, or moved out of the message.
blob take_data(ir::TensorDef& message, const std::vector<blob>* contents) {
  std::string& data = *message.mutable_data();
  if (contents == nullptr) {
    const auto owner = std::make_shared<const std::string>(std::move(data));
    return {owner, reinterpret_cast<const std::byte*>(owner->data()), owner->size()};
  }
  if (data.empty()) return {};
  std::size_t place = 0;
  std::from_chars(data.data(), data.data() + data.size(), place);
  return contents->at(place);
}

tensor_contents decode_tensor(ir::TensorDef& message, const std::vector<blob>* contents) {
  return {decode_description(*message.mutable_desc()), take_data(message, contents)};
}

named_attributes decode_named(ir::NamedAttrs& message) {
  return {std::move(*message.mutable_name()), decode_attributes(*message.mutable_attr())};
}

/// The field of a list that holds values of this type; 0 for a type of a later release.
int field_of(int value_type) {
  constexpr std::array<int, 11> fields{0,
                                       list_message::kSFieldNumber,
                                       list_message::kIFieldNumber,
                                       list_message::kFFieldNumber,
                                       list_message::kBFieldNumber,
                                       list_message::kBtFieldNumber,
                                       list_message::kTdFieldNumber,
                                       list_message::kTFieldNumber,
                                       list_message::kGFieldNumber,
                                       list_message::kNaFieldNumber,
                                       list_message::kDtFieldNumber};
  const auto place = static_cast<std::size_t>(value_type);
  return value_type > 0 && place < fields.size() ? fields[place] : 0;
}

bool has_unknown_fields(const google::protobuf::Message& message) {
  return !message.GetReflection()->GetUnknownFields(message).empty();
}

template <class Messages>
bool any_has_unknown_fields(const Messages& messages) {
  return std::any_of(messages.begin(), messages.end(), has_unknown_fields);
}

bool are_element_types(const google::protobuf::RepeatedField<std::int64_t>& numbers) {
  return std::all_of(numbers.begin(), numbers.end(), [](std::int64_t number) {
    return from_ge_number(number) != dtype::undefined || number == ge_number(dtype::undefined);
  });
}

/// Whether the list is what its val_type says and nothing else, so that a typed value can hold all of it.
bool is_plain(const list_message& list) {
  const int declared = field_of(list.val_type());
  if (declared == 0 || has_unknown_fields(list) || !are_element_types(list.dt())) return false;
  if (any_has_unknown_fields(list.t()) || any_has_unknown_fields(list.na())) return false;
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  list.GetReflection()->ListFields(list, &fields);
  return std::all_of(fields.begin(), fields.end(), [&](const auto* field) {
    return field->number() == declared || field->number() == list_message::kValTypeFieldNumber;
  });
}

/// Whether the parts of the graph's own values hold everything that the message says.
bool is_plain(const ir::AttrDef& message) {
  if (has_unknown_fields(message)) return false;
  switch (message.value_case()) {
    case ir::AttrDef::kList:
      return is_plain(message.list());
    case ir::AttrDef::kDt:
      return from_ge_number(message.dt()) != dtype::undefined || message.dt() == ge_number(dtype::undefined);
    case ir::AttrDef::kT:
      return !has_unknown_fields(message.t());
    case ir::AttrDef::kFunc:
      return !has_unknown_fields(message.func());
    case ir::AttrDef::kListListInt:
      return !has_unknown_fields(message.list_list_int()) &&
             !any_has_unknown_fields(message.list_list_int().list_list_i());
    case ir::AttrDef::kListListFloat:
      return !has_unknown_fields(message.list_list_float()) &&
             !any_has_unknown_fields(message.list_list_float().list_list_f());
    default:
      return true;
  }
}

template <class T, class Messages, class Decode>
std::vector<T> decode_each(Messages& messages, Decode decode) {
  std::vector<T> values;
  values.reserve(static_cast<std::size_t>(messages.size()));
  for (auto& message : messages) values.push_back(decode(message));
  return values;
}

attribute::value_type decode_list(list_message& list) {
  switch (list.val_type()) {
    case list_message::VT_LIST_STRING:
      return decode_each<std::string>(*list.mutable_s(), [](std::string& text) { return std::move(text); });
    case list_message::VT_LIST_INT:
      return std::vector<std::int64_t>(list.i().begin(), list.i().end());
    case list_message::VT_LIST_FLOAT:
      return std::vector<float>(list.f().begin(), list.f().end());
    case list_message::VT_LIST_BOOL:
      return std::vector<bool>(list.b().begin(), list.b().end());
    case list_message::VT_LIST_BYTES:
      return decode_each<raw_bytes>(*list.mutable_bt(),
                                    [](std::string& bytes) { return raw_bytes{std::move(bytes)}; });
    case list_message::VT_LIST_TENSOR_DESC:
      return decode_each<tensor_description>(*list.mutable_td(), decode_description);
    case list_message::VT_LIST_TENSOR:
      return decode_each<tensor_contents>(
          *list.mutable_t(), [](ir::TensorDef& tensor) { return decode_tensor(tensor, nullptr); });
    case list_message::VT_LIST_GRAPH:
      return decode_each<std::shared_ptr<const graph>>(
          *list.mutable_g(), [](ir::GraphDef& g) { return std::make_shared<const graph>(decode_graph(g)); });
    case list_message::VT_LIST_NAMED_ATTRS:
      return decode_each<named_attributes>(*list.mutable_na(), decode_named);
    case list_message::VT_LIST_DATA_TYPE:
      return decode_each<dtype>(*list.mutable_dt(), from_ge_number);
    default:
      return {};  // is_plain() lets no other type come here
  }
}

attribute::value_type decode_lists(const ir::AttrDef::ListListInt& lists) {
  std::vector<std::vector<std::int64_t>> values;
  for (const auto& list : lists.list_list_i())
    values.emplace_back(list.list_i().begin(), list.list_i().end());
  return values;
}

attribute::value_type decode_lists(const ir::AttrDef::ListListFloat& lists) {
  std::vector<std::vector<float>> values;
  for (const auto& list : lists.list_list_f())
    values.emplace_back(list.list_f().begin(), list.list_f().end());
  return values;
}

attribute::value_type keep_opaque(ir::AttrDef& message, const std::vector<blob>* contents) {
  if (contents != nullptr && message.has_t()) {
    const blob data = take_data(*message.mutable_t(), contents);
    message.mutable_t()->set_data(data.data, data.size);
  }
  return opaque_attribute{serialise(message)};
}

attribute::value_type decode_value(ir::AttrDef& message, const std::vector<blob>* contents) {
  if (!is_plain(message)) return keep_opaque(message, contents);
  switch (message.value_case()) {
    case ir::AttrDef::kList:
      return decode_list(*message.mutable_list());
    case ir::AttrDef::kS:
      return std::move(*message.mutable_s());
    case ir::AttrDef::kI:
      return message.i();
    case ir::AttrDef::kF:
      return message.f();
    case ir::AttrDef::kB:
      return message.b();
    case ir::AttrDef::kBt:
      return raw_bytes{std::move(*message.mutable_bt())};
    case ir::AttrDef::kFunc:
      return std::make_shared<const named_attributes>(decode_named(*message.mutable_func()));
    case ir::AttrDef::kTd:
      return decode_description(*message.mutable_td());
    case ir::AttrDef::kT:
      return decode_tensor(*message.mutable_t(), contents);
    case ir::AttrDef::kG:
      return std::make_shared<const graph>(decode_graph(*message.mutable_g()));
    case ir::AttrDef::kListListInt:
      return decode_lists(message.list_list_int());
    case ir::AttrDef::kDt:
      return from_ge_number(message.dt());
    case ir::AttrDef::kListListFloat:
      return decode_lists(message.list_list_float());
    case ir::AttrDef::kExpression:
      return expression_bytes{std::move(*message.mutable_expression())};
    case ir::AttrDef::VALUE_NOT_SET:
      return std::monostate{};
  }
  return std::monostate{};
}

}  // namespace

attribute decode_attribute(ir::AttrDef& message, const std::vector<blob>* contents) {
  return {decode_value(message, contents)};
}

attribute_map decode_attributes(attribute_messages& messages, const std::vector<blob>* contents) {
  attribute_map attributes;
  for (auto& [name, message] : messages) {
    try {
      attributes.emplace(name, decode_attribute(message, contents));
    } catch (const error& e) {
      throw error{e.code(), fmt::format("In the attribute {}: {}", in_quotes(name), e.happened()),
                  e.remedy()};
    }
  }
  return attributes;
}

}  // namespace airloom::air
