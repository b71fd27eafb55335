#include <airloom/air/gears.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>

#include "air/messages.hpp"
#include "graph/gear_numbers.hpp"
#include "text.hpp"

namespace airloom::air {

namespace {

std::vector<const node*> inputs_by_name(const graph& g) {
  std::vector<const node*> inputs;
  for (const int index : g.inputs()) inputs.push_back(&g.nodes[static_cast<std::size_t>(index)]);
  std::sort(inputs.begin(), inputs.end(), [](const node* a, const node* b) { return a->name < b->name; });
  return inputs;
}

void check_table(const gear_set& gears) {
  if (gears.sizes.size() != gears.gears * gears.axes.size() || gears.axes.size() > max_axes)
    throw error{error_code::graph_invalid,
                fmt::format("The gears of the graph are {} numbers, not {} rows of {}.", gears.sizes.size(),
                            gears.gears, gears.axes.size()),
                fmt::format("Give every gear one size for each axis, and at most {} axes.", max_axes)};
  const auto below_one =
      std::find_if(gears.sizes.begin(), gears.sizes.end(), [](auto size) { return size < 1; });
  if (below_one != gears.sizes.end())
    throw error{error_code::graph_invalid, fmt::format("A gear of the graph has the size {}.", *below_one),
                "Give every axis sizes of at least 1."};
}

void check_decided(const node& input) {
  if (shape_of_input(input).is_known()) return;
  throw error{error_code::gear_unknown,
              fmt::format("The input {} has a size that no gear decides.", in_quotes(input.name)),
              "Give each of its dimensions a number or an axis of the gear set."};
}

void check_name(const node& input) {
  if (input.name.find_first_of(":;") == std::string::npos) return;
  throw error{error_code::graph_invalid,
              fmt::format("The name of the input {} holds ':' or ';', which part ATC's options.",
                          in_quotes(input.name)),
              "Give the input another name."};
}

void check_count(std::size_t gears, std::size_t limit) {
  if (gears <= limit) return;
  throw error{
      error_code::too_many_gears, fmt::format("The graph has {} gears.", gears),
      fmt::format("Choose at most {}{}.", limit,
                  limit < ascend_950_gear_limit ? fmt::format("; Ascend 950 takes {}", ascend_950_gear_limit)
                                                : std::string{})};
}

/// The dimensions of an input as the file has them; those that move go to `moving`.
std::string text_of_dimensions(const node& input, const gear_view& gears, std::vector<extent>& moving) {
  const shape_value& shape = shape_of_input(input);
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

std::optional<gear_options> gears_of(const graph& g, std::size_t limit) {
  check_table(g.gears);
  const gear_view gears = g.gears.view();
  if (gears.gears < 2) return std::nullopt;
  std::vector<extent> moving;
  std::vector<std::string> shapes;
  for (const node* input : inputs_by_name(g)) {
    check_decided(*input);
    check_name(*input);
    shapes.push_back(text_of_dimensions(*input, gears, moving));
  }
  if (moving.empty()) return std::nullopt;
  std::vector<std::string> rows;
  for (std::size_t gear = 0; gear != gears.gears; ++gear) {
    std::string row = text_of_gear(moving, gears, gear);
    if (std::find(rows.begin(), rows.end(), row) == rows.end()) rows.push_back(std::move(row));
  }
  check_count(rows.size(), limit);
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
  if (const std::optional<gear_options> gears = gears_of(g))
    return {"--input_shape=" + gears->input_shape, "--dynamic_dims=" + gears->dynamic_dims};
  std::vector<extent> open;
  std::vector<std::string> shapes;
  for (const node* input : inputs_by_name(g)) {
    if (!shape_of_input(*input).rank_known) return {};
    check_name(*input);
    shapes.push_back(text_of_dimensions(*input, g.gears.view(), open));
  }
  if (open.empty()) return {};
  return {fmt::format("--input_shape={}", fmt::join(shapes, ";"))};
}

}  // namespace airloom::air
