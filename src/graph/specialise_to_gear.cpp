#include <fmt/format.h>
#include <airloom/graph/specialise_to_gear.hpp>
#include <algorithm>

#include "element_bytes.hpp"
#include "graph/gear_numbers.hpp"

namespace airloom {

namespace {

bool is_source(const node& n) {
  return n.definition == nullptr || n.definition->ir->memory == memory_trait::source;
}

/// Whether a node computes nothing but numbers that are known now.
bool is_number_now(const node& n) {
  return !is_source(n) && n.output_descriptions.size() == 1 && n.contents_known &&
         std::all_of(n.contents.begin(), n.contents.end(), [](const extent& e) { return e.is_constant(); });
}

std::vector<std::byte> bytes_of_contents(const node& n) {
  std::vector<std::byte> bytes;
  for (const extent& value : n.contents)
    if (!append_element(bytes, n.output_descriptions[0].type, value.constant()))
      throw error{error_code::internal,
                  fmt::format("The sizes that '{}' computes cannot be written.", n.name),
                  "Report this: its element type should have been refused."};
  return bytes;
}

void become_constant(node& n) {
  n.attributes.clear();
  n.attributes["value"].value =
      tensor_contents{n.output_descriptions[0], blob::copy_of(bytes_of_contents(n))};
  n.type = "Const";
  n.definition = find_operator(n.type);
  n.inputs.clear();
  n.input_names.clear();
  n.input_descriptions.clear();
  n.output_names = {""};  // the one output of a Const has no name in TorchAir's files
  n.modules.clear();
}

/// Takes nodes out of a graph that fed only what became a constant.
class pruning {
 public:
  explicit pruning(graph& g) : graph_{g}, uses_(g.nodes.size()), wanted_(g.nodes.size(), true) {
    for (const node& n : g.nodes) for_each_source(n, [&](int source) { ++uses_[at(source)]; });
  }

  bool is_wanted(std::size_t index) const { return wanted_[index]; }

  /// Cuts the node off from what feeds it, and that off from what feeds it in turn where nobody else uses it.
  void cut(const node& n) {
    std::vector<const node*> to_cut{&n};
    while (!to_cut.empty()) {
      const node* next = to_cut.back();
      to_cut.pop_back();
      for_each_source(*next, [&](int source) {
        const node& from = graph_.nodes[at(source)];
        if (--uses_[at(source)] != 0 || from.type == "Data" || from.type == "RefData") return;
        wanted_[at(source)] = false;
        to_cut.push_back(&from);
      });
    }
  }

  void erase_unwanted() {
    std::vector<int> places(graph_.nodes.size(), -1);
    std::vector<node> kept;
    for (std::size_t i = 0; i != graph_.nodes.size(); ++i) {
      if (!wanted_[i]) continue;
      places[i] = static_cast<int>(kept.size());
      kept.push_back(std::move(graph_.nodes[i]));
    }
    for (node& n : kept) {
      for (value_reference& input : n.inputs)
        if (input.node >= 0) input.node = places[at(input.node)];
      for (int& control : n.controls) control = places[at(control)];
    }
    graph_.nodes = std::move(kept);
  }

 private:
  static std::size_t at(int index) { return static_cast<std::size_t>(index); }

  template <class Visit>
  static void for_each_source(const node& n, Visit visit) {
    for (const value_reference& input : n.inputs)
      if (input.node >= 0) visit(input.node);
    for (const int control : n.controls) visit(control);
  }

  graph& graph_;
  std::vector<std::size_t> uses_;
  std::vector<bool> wanted_;
};

void turn_sizes_into_constants(graph& g) {
  pruning unused{g};
  for (std::size_t i = 0; i != g.nodes.size(); ++i) {
    node& n = g.nodes[i];
    if (!unused.is_wanted(i) || !is_number_now(n) || !n.controls.empty()) continue;
    unused.cut(n);
    become_constant(n);
  }
  unused.erase_unwanted();
}

}  // namespace

std::size_t find_gear(const gear_set& gears, std::span<const setting> settings) noexcept {
  if (settings.size() != gears.axes.size() || settings.size() > max_axes) return no_gear;
  std::int64_t row[max_axes + 1]{};
  for (std::size_t axis = 0; axis != gears.axes.size(); ++axis) {
    const auto found = std::find_if(settings.begin(), settings.end(),
                                    [&](const setting& s) { return s.axis == gears.axes[axis]; });
    if (found == settings.end()) return no_gear;
    row[axis] = found->size;
  }
  return find_gear(gears.view(), row);
}

graph specialise_to_gear(const graph& g, std::size_t gear) {
  if (gear >= g.gears.gears)
    throw error{error_code::gear_unknown, fmt::format("The graph has no gear {}.", gear),
                fmt::format("It has {}, counted from 0.", g.gears.gears)};
  graph result = g;
  write_numbers_of_gear(result, gear);
  throw_first_error(infer(result));
  turn_sizes_into_constants(result);
  return result;
}

}  // namespace airloom
