#include <airloom/air/gears.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>

#include "air/messages.hpp"

namespace airloom::air {

namespace {

/// ATC and TorchAir read an input's size from its input description.
const shape_value& shape_of(const node& input) {
  return input.input_descriptions.empty() ? input.output_descriptions.at(0).shape
                                          : input.input_descriptions[0].shape;
}

std::vector<const node*> inputs_by_name(const graph& g) {
  std::vector<const node*> inputs;
  for (const int index : g.inputs()) inputs.push_back(&g.nodes[static_cast<std::size_t>(index)]);
  std::sort(inputs.begin(), inputs.end(), [](const node* a, const node* b) { return a->name < b->name; });
  return inputs;
}

void check_decided(const node& input) {
  const shape_value& shape = shape_of(input);
  if (shape.is_known()) return;
  throw error{error_code::gear_unknown,
              fmt::format("The input '{}' has a size that no gear decides.", input.name),
              "Give each of its dimensions a number or an axis of the gear set."};
}

/// The dimensions of an input as the file has them; those that move go to `moving`.
std::string text_of_dimensions(const node& input, const gear_view& gears, std::vector<extent>& moving) {
  const shape_value& shape = shape_of(input);
  std::vector<std::int64_t> dimensions;
  for (std::size_t i = 0; i != shape.rank; ++i) {
    dimensions.push_back(dimension_in_file(shape[i], gears));
    if (dimensions.back() == -1) moving.push_back(shape[i]);
  }
  return fmt::format("{}:{}", input.name, fmt::join(dimensions, ","));
}

std::string text_of_gear(const std::vector<extent>& moving, const gear_view& gears, std::size_t gear) {
  std::vector<std::int64_t> sizes;
  for (const extent& size : moving) sizes.push_back(size.size_in(gears, gear));
  return fmt::format("{}", fmt::join(sizes, ","));
}

}  // namespace

std::optional<gear_options> gears_of(const graph& g) {
  const gear_view gears = g.gears.view();
  if (gears.gears < 2) return std::nullopt;
  std::vector<extent> moving;
  std::vector<std::string> shapes;
  for (const node* input : inputs_by_name(g)) {
    check_decided(*input);
    shapes.push_back(text_of_dimensions(*input, gears, moving));
  }
  if (moving.empty()) return std::nullopt;
  std::vector<std::string> rows;
  for (std::size_t gear = 0; gear != gears.gears; ++gear) {
    std::string row = text_of_gear(moving, gears, gear);
    if (std::find(rows.begin(), rows.end(), row) == rows.end()) rows.push_back(std::move(row));
  }
  return gear_options{fmt::format("{}", fmt::join(shapes, ";")), fmt::format("{}", fmt::join(rows, ";"))};
}

std::map<std::string, std::string> ge_options(const graph& g) {
  const std::optional<gear_options> gears = gears_of(g);
  if (!gears) return {};
  constexpr const char* gears_belong_to_data = "1";
  return {{"ge.inputShape", gears->input_shape},
          {"ge.dynamicDims", gears->dynamic_dims},
          {"ge.dynamicNodeType", gears_belong_to_data}};
}

std::vector<std::string> atc_arguments(const graph& g) {
  const std::optional<gear_options> gears = gears_of(g);
  if (!gears) return {};
  return {"--input_shape=" + gears->input_shape, "--dynamic_dims=" + gears->dynamic_dims};
}

}  // namespace airloom::air
