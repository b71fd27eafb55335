#include "graph/gear_numbers.hpp"

namespace airloom {

namespace {

shape_value numbers(const shape_value& declared, const gear_view& gears, std::size_t gear) {
  shape_value result = declared;
  for (std::size_t i = 0; i != declared.rank; ++i)
    if (declared[i].is_known()) result[i] = extent{declared[i].size_in(gears, gear)};
  return result;
}

const tensor_description& description_of_input(const node& input) {
  static const tensor_description unknown = [] {
    tensor_description description;
    description.shape = shape_value::of_unknown_rank();
    return description;
  }();
  if (!input.input_descriptions.empty()) return input.input_descriptions[0];
  return input.output_descriptions.empty() ? unknown : input.output_descriptions[0];
}

}  // namespace

const shape_value& shape_of_input(const node& input) {
  return description_of_input(input).shape;
}

dtype type_of_input(const node& input) {
  return description_of_input(input).type;
}

void set_shape_of_input(node& input, const shape_value& shape) {
  for (tensor_description& description : input.input_descriptions) description.shape = shape;
  for (tensor_description& description : input.output_descriptions) description.shape = shape;
}

void write_numbers_of_gear(graph& g, std::size_t gear) {
  const gear_set gears = std::move(g.gears);
  g.gears = {};
  for (const int index : g.inputs()) {
    node& input = g.nodes[static_cast<std::size_t>(index)];
    set_shape_of_input(input, numbers(shape_of_input(input), gears.view(), gear));
  }
}

}  // namespace airloom
