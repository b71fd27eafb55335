// Tensor descriptions: TensorDescriptor and tensor_description.

#include <fmt/format.h>

#include "air/formats.hpp"
#include "air/messages.hpp"

namespace airloom::air {

namespace {

extent dimension(std::int64_t size) {
  if (size < -1)
    throw error{error_code::air_malformed, fmt::format("A shape has a dimension of {}.", size),
                "Write sizes from 0 on, -1 for an unknown size, or -2 alone for an unknown rank."};
  return size == -1 ? extent::unknown() : extent{size};
}

shape_value decode_shape(const ir::ShapeDef& message) {
  if (message.dim_size() == 1 && message.dim(0) == -2) return shape_value::of_unknown_rank();
  if (static_cast<std::size_t>(message.dim_size()) > max_rank)
    throw error{error_code::rank_unsupported, fmt::format("A shape has {} dimensions.", message.dim_size()),
                fmt::format("A tensor has at most {}; merge some.", max_rank)};
  shape_value shape;
  for (const std::int64_t size : message.dim()) shape.push(dimension(size));
  return shape;
}

/// The attributes that GE writes on every description. Their usual values say nothing, so a description that
/// has just these does not keep them, and one that lacks them gets them when it is saved.
attribute_map standing_attributes(const std::string& layout) {
  attribute_map standing;
  standing["format_for_int"].value = format_number(layout);
  standing["origin_format"].value = std::string{"ND"};
  standing["origin_format_for_int"].value = format_number("ND");
  standing["origin_shape_initialized"].value = false;
  return standing;
}

bool holds_usual_value(const attribute_map& attributes, const std::string& name, const attribute& usual) {
  const auto found = attributes.find(name);
  if (found == attributes.end()) return false;
  if (const auto* number = usual.get<std::int64_t>()) {
    const auto* given = found->second.get<std::int64_t>();
    return given != nullptr && *given == *number;
  }
  if (const auto* text = usual.get<std::string>()) {
    const auto* given = found->second.get<std::string>();
    return given != nullptr && *given == *text;
  }
  const auto* given = found->second.get<bool>();
  return given != nullptr && *given == *usual.get<bool>();
}

void drop_standing_attributes(tensor_description& description) {
  const attribute_map standing = standing_attributes(description.layout);
  for (const auto& [name, usual] : standing)
    if (!holds_usual_value(description.attributes, name, usual)) return;
  for (const auto& [name, usual] : standing) description.attributes.erase(name);
}

/// `format_for_int` wins over `layout`, and no layout is FORMAT_RESERVED (hicann/ge, ge_tensor.cc).
std::string effective_layout(const tensor_description& description) {
  const auto found = description.attributes.find("format_for_int");
  const auto* number = found == description.attributes.end() ? nullptr : found->second.get<std::int64_t>();
  const std::string by_number = number == nullptr ? "" : format_name(*number);
  if (!by_number.empty()) return by_number;
  return description.layout.empty() ? std::string{reserved_format} : description.layout;
}

}  // namespace

tensor_description decode_description(ir::TensorDescriptor& message) {
  tensor_description description;
  description.name = std::move(*message.mutable_name());
  description.type = from_proto_number(message.dtype());
  description.shape = decode_shape(message.shape());
  description.layout = std::move(*message.mutable_layout());
  description.device_type = std::move(*message.mutable_device_type());
  description.attributes = decode_attributes(*message.mutable_attr());
  description.layout = effective_layout(description);
  drop_standing_attributes(description);
  message.clear_name();
  if (description.type != dtype::undefined) message.clear_dtype();  // a number unknown to us is kept
  message.clear_shape();
  message.clear_layout();
  message.clear_device_type();
  message.clear_attr();
  description.rest = serialise(message);
  return description;
}

ir::TensorDescriptor encode_description(const tensor_description& description, const gear_view& gears) {
  ir::TensorDescriptor message;
  message.ParseFromString(description.rest);
  if (description.type != dtype::undefined)
    message.set_dtype(static_cast<ir::DataType>(proto_number(description.type)));
  ir::ShapeDef& shape = *message.mutable_shape();
  if (!description.shape.rank_known) shape.add_dim(-2);
  for (std::size_t i = 0; i != description.shape.rank; ++i)
    shape.add_dim(dimension_in_file(description.shape[i], gears));
  message.set_layout(description.layout);
  message.set_device_type(description.device_type.empty() ? "NPU" : description.device_type);
  for (const auto& [name, value] : description.attributes)
    (*message.mutable_attr())[name] = encode_attribute(value, gears);
  for (const auto& [name, value] : standing_attributes(description.layout))
    if (!description.attributes.contains(name))
      (*message.mutable_attr())[name] = encode_attribute(value, gears);
  return message;
}

}  // namespace airloom::air
