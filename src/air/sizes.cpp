#include "air/sizes.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <airloom/graph/specialise_to_gear.hpp>

#include "graph/gear_numbers.hpp"
#include "graph/words.hpp"
#include "text.hpp"

namespace airloom::air {

namespace {

std::string words_of_gears(const gear_set& gears) {
  std::vector<std::string> words;
  for (std::size_t gear = 0; gear != gears.gears; ++gear)
    words.push_back(fmt::format("({})", words_of_gear(gears, gear)));
  return fmt::format("The gears are {}.", fmt::join(words, " "));
}

std::size_t chosen_gear(const gear_set& gears, const std::vector<setting>& settings) {
  if (settings.empty() && gears.gears == 1) return 0;
  if (settings.empty())
    throw error{error_code::usage,
                fmt::format("A static export is one gear, but the model has {}.", gears.gears),
                "Choose one, with a size for every axis. " + words_of_gears(gears)};
  const std::size_t gear = find_gear(gears, settings);
  if (gear != no_gear) return gear;
  std::vector<std::string> words;
  for (const setting& s : settings) words.push_back(fmt::format("{} = {}", s.axis, s.size));
  throw error{error_code::gear_unknown, fmt::format("The model has no gear ({}).", fmt::join(words, ", ")),
              words_of_gears(gears)};
}

void check_static(const graph& g) {
  for (const int index : g.inputs()) {
    const node& input = g.nodes[static_cast<std::size_t>(index)];
    if (!shape_of_input(input).is_known())
      throw error{error_code::graph_invalid,
                  fmt::format("The input {} has a size that nothing decides.", in_quotes(input.name)),
                  "Give it one with specialise(), or export for any size."};
  }
}

}  // namespace

graph with_chosen_sizes(const graph& g, const size_options& options) {
  if (options.form != size_form::static_sizes) {
    if (options.gear.empty()) return g;
    throw error{error_code::usage, "A gear is chosen, but the export is not static.",
                "Ask for size_form::static_sizes, or choose no gear."};
  }
  check_static(g);
  return specialise_to_gear(g, chosen_gear(g.gears, options.gear));
}

std::string folder_of_gear(const gear_set& gears, std::size_t gear) {
  std::vector<std::int64_t> sizes;
  for (std::size_t axis = 0; axis != gears.axes.size(); ++axis)
    sizes.push_back(gears.view().size(gear, axis));
  return fmt::format("gears/{}_{}", gear, fmt::join(sizes, "x"));
}

}  // namespace airloom::air
