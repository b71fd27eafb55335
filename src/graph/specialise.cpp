#include <fmt/format.h>
#include <fmt/ranges.h>
#include <airloom/graph/graph.hpp>
#include <algorithm>

#include "graph/gear_numbers.hpp"
#include "graph/words.hpp"

namespace airloom {

namespace {

using named_shapes = std::map<std::string, std::vector<std::int64_t>>;

node& input_named(graph& g, const std::string& name) {
  const int index = g.find(name);
  const bool is_input = index >= 0 && (g.nodes[static_cast<std::size_t>(index)].type == "Data" ||
                                       g.nodes[static_cast<std::size_t>(index)].type == "RefData");
  if (is_input) return g.nodes[static_cast<std::size_t>(index)];
  std::vector<std::string> names;
  for (const int input : g.inputs()) names.push_back(g.nodes[static_cast<std::size_t>(input)].name);
  throw error{error_code::usage, fmt::format("The graph has no input '{}'.", name),
              fmt::format("Its inputs are: {}.", fmt::join(names, ", "))};
}

bool fits(const shape_value& declared, const std::vector<std::int64_t>& dims, const gear_view& gears,
          std::size_t gear) {
  if (!declared.rank_known) return true;
  if (declared.rank != dims.size()) return false;
  for (std::size_t i = 0; i != dims.size(); ++i)
    if (declared[i].is_known() && declared[i].size_in(gears, gear) != dims[i]) return false;
  return true;
}

/// The gear in which every given shape is what its input declares.
std::size_t select_gear(graph& g, const named_shapes& shapes) {
  const gear_view gears = g.gears.view();
  for (std::size_t gear = 0; gear != gears.gears; ++gear) {
    const bool all = std::all_of(shapes.begin(), shapes.end(), [&](const auto& given) {
      return fits(shape_of_input(input_named(g, given.first)), given.second, gears, gear);
    });
    if (all) return gear;
  }
  return no_gear;
}

[[noreturn]] void throw_no_gear(graph& g, const named_shapes& shapes) {
  std::vector<std::string> given, declared;
  for (const auto& [name, dims] : shapes) {
    given.push_back(fmt::format("{} [{}]", name, fmt::join(dims, ", ")));
    declared.push_back(fmt::format("{} {}", name, to_text(shape_of_input(input_named(g, name)), g.gears)));
  }
  std::vector<std::string> gears;
  for (std::size_t gear = 0; gear != g.gears.gears && !g.gears.axes.empty(); ++gear)
    gears.push_back(fmt::format("({})", words_of_gear(g.gears, gear)));
  throw error{g.gears.axes.empty() ? error_code::shape_mismatch : error_code::gear_unknown,
              fmt::format("The shapes {} are not what the graph takes.", fmt::join(given, ", ")),
              gears.empty() ? fmt::format("It takes {}.", fmt::join(declared, ", "))
                            : fmt::format("It takes {} in the gears {}.", fmt::join(declared, ", "),
                                          fmt::join(gears, " "))};
}

}  // namespace

graph specialise(const graph& g, const named_shapes& shapes) {
  graph result = g;
  const std::size_t gear = select_gear(result, shapes);
  if (gear == no_gear) throw_no_gear(result, shapes);
  write_numbers_of_gear(result, gear);
  for (const auto& [name, dims] : shapes) {
    if (dims.size() > max_rank)
      throw error{error_code::rank_unsupported,
                  fmt::format("The shape of '{}' has {} dimensions.", name, dims.size()),
                  fmt::format("A tensor has at most {}.", max_rank)};
    shape_value shape;
    for (const std::int64_t dim : dims) shape.push(dim);
    set_shape_of_input(input_named(result, name), shape);
  }
  throw_first_error(infer(result));
  return result;
}

}  // namespace airloom
