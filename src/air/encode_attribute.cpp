#include "air/graph_message.hpp"
#include "air/messages.hpp"

namespace airloom::air {

namespace {

using list_message = ir::AttrDef::ListValue;

ir::TensorDef encode_tensor(const tensor_contents& tensor, const gear_view& gears) {
  ir::TensorDef message;
  *message.mutable_desc() = encode_description(tensor.description, gears);
  message.set_data(tensor.data.data, tensor.data.size);
  return message;
}

ir::NamedAttrs encode_named(const named_attributes& named, const gear_view& gears) {
  ir::NamedAttrs message;
  message.set_name(named.name);
  for (const auto& [name, value] : named.attributes)
    (*message.mutable_attr())[name] = encode_attribute(value, gears);
  return message;
}

/// Writes one value into the field of AttrDef that its kind has. Lists say what they hold: GE ignores a list
/// without val_type.
struct encoding {
  ir::AttrDef& message;
  const gear_view& gears;

  list_message& list(list_message::ListValueType type) const {
    message.mutable_list()->set_val_type(type);
    return *message.mutable_list();
  }

  void operator()(std::monostate) const {}
  void operator()(std::int64_t value) const { message.set_i(value); }
  void operator()(float value) const { message.set_f(value); }
  void operator()(bool value) const { message.set_b(value); }
  void operator()(const std::string& value) const { message.set_s(value); }
  void operator()(const raw_bytes& value) const { message.set_bt(value.bytes); }
  void operator()(dtype value) const { message.set_dt(ge_number(value)); }
  void operator()(const tensor_description& value) const {
    *message.mutable_td() = encode_description(value, gears);
  }
  void operator()(const tensor_contents& value) const { *message.mutable_t() = encode_tensor(value, gears); }
  void operator()(const std::shared_ptr<const graph>& value) const {
    *message.mutable_g() = encode_graph_message(*value);
  }
  void operator()(const std::shared_ptr<const named_attributes>& value) const {
    *message.mutable_func() = encode_named(*value, gears);
  }
  void operator()(const std::vector<std::int64_t>& values) const {
    list(list_message::VT_LIST_INT).mutable_i()->Add(values.begin(), values.end());
  }
  void operator()(const std::vector<float>& values) const {
    list(list_message::VT_LIST_FLOAT).mutable_f()->Add(values.begin(), values.end());
  }
  void operator()(const std::vector<bool>& values) const {
    list(list_message::VT_LIST_BOOL).mutable_b()->Add(values.begin(), values.end());
  }
  void operator()(const std::vector<std::string>& values) const {
    list_message& message_list = list(list_message::VT_LIST_STRING);
    for (const std::string& value : values) message_list.add_s(value);
  }
  void operator()(const std::vector<raw_bytes>& values) const {
    list_message& message_list = list(list_message::VT_LIST_BYTES);
    for (const raw_bytes& value : values) message_list.add_bt(value.bytes);
  }
  void operator()(const std::vector<dtype>& values) const {
    list_message& message_list = list(list_message::VT_LIST_DATA_TYPE);
    for (const dtype value : values) message_list.add_dt(ge_number(value));
  }
  void operator()(const std::vector<tensor_description>& values) const {
    list_message& message_list = list(list_message::VT_LIST_TENSOR_DESC);
    for (const auto& value : values) *message_list.add_td() = encode_description(value, gears);
  }
  void operator()(const std::vector<tensor_contents>& values) const {
    list_message& message_list = list(list_message::VT_LIST_TENSOR);
    for (const auto& value : values) *message_list.add_t() = encode_tensor(value, gears);
  }
  void operator()(const std::vector<std::shared_ptr<const graph>>& values) const {
    list_message& message_list = list(list_message::VT_LIST_GRAPH);
    for (const auto& value : values) *message_list.add_g() = encode_graph_message(*value);
  }
  void operator()(const std::vector<named_attributes>& values) const {
    list_message& message_list = list(list_message::VT_LIST_NAMED_ATTRS);
    for (const auto& value : values) *message_list.add_na() = encode_named(value, gears);
  }
  void operator()(const std::vector<std::vector<std::int64_t>>& lists) const {
    auto& message_list = *message.mutable_list_list_int();
    for (const auto& values : lists)
      message_list.add_list_list_i()->mutable_list_i()->Add(values.begin(), values.end());
  }
  void operator()(const std::vector<std::vector<float>>& lists) const {
    auto& message_list = *message.mutable_list_list_float();
    for (const auto& values : lists)
      message_list.add_list_list_f()->mutable_list_f()->Add(values.begin(), values.end());
  }
  void operator()(const expression_bytes& value) const { message.set_expression(value.bytes); }
  void operator()(const opaque_attribute& value) const { message.ParseFromString(value.message); }
};

}  // namespace

ir::AttrDef encode_attribute(const attribute& value, const gear_view& gears) {
  ir::AttrDef message;
  std::visit(encoding{message, gears}, value.value);
  return message;
}

}  // namespace airloom::air
