#include <fmt/format.h>
#include <airloom/graph/graph.hpp>
#include <algorithm>

namespace airloom {

namespace {

bool is_input(const node& n) {
  return n.type == "Data" || n.type == "RefData";
}

std::int64_t input_index(const node& n) {
  const attribute* found = n.find("index");
  const std::int64_t* index = found == nullptr ? nullptr : found->get<std::int64_t>();
  return index == nullptr ? 0 : *index;
}

/// Depth-first visit that appends nodes after everything they need. An explicit stack, because the depth of a
/// file's graph is not ours to choose.
class topological_visit {
 public:
  explicit topological_visit(const graph& g) : graph_{g}, states_(g.nodes.size(), state::unseen) {}

  std::vector<int> run() {
    for (std::size_t i = 0; i != graph_.nodes.size(); ++i) visit(static_cast<int>(i));
    return std::move(order_);
  }

 private:
  enum class state : std::uint8_t { unseen, open, done };
  struct frame {
    int node;
    std::size_t next;  // which of its needs comes next
  };

  std::size_t needs(int index) const { return at(index).inputs.size() + at(index).controls.size(); }
  int need(int index, std::size_t which) const {
    const node& n = at(index);
    return which < n.inputs.size() ? n.inputs[which].node : n.controls[which - n.inputs.size()];
  }
  const node& at(int index) const { return graph_.nodes[static_cast<std::size_t>(index)]; }
  state& state_of(int index) { return states_[static_cast<std::size_t>(index)]; }

  void visit(int root) {
    if (state_of(root) != state::unseen) return;
    std::vector<frame> stack{{root, 0}};
    state_of(root) = state::open;
    while (!stack.empty()) {
      frame& top = stack.back();
      if (top.next == needs(top.node)) {
        state_of(top.node) = state::done;
        order_.push_back(top.node);
        stack.pop_back();
        continue;
      }
      const int before = need(top.node, top.next++);
      if (before < 0) continue;
      if (state_of(before) == state::open) throw_cycle(before);
      if (state_of(before) == state::unseen) {
        state_of(before) = state::open;
        stack.push_back({before, 0});
      }
    }
  }

  [[noreturn]] void throw_cycle(int index) const {
    throw error{error_code::graph_invalid, fmt::format("The graph has a cycle through '{}'.", at(index).name),
                "Remove the edge that closes the cycle; a graph of operators has none."};
  }

  const graph& graph_;
  std::vector<state> states_;
  std::vector<int> order_;
};

}  // namespace

std::vector<int> graph::inputs() const {
  std::vector<int> result;
  for (std::size_t i = 0; i != nodes.size(); ++i)
    if (is_input(nodes[i])) result.push_back(static_cast<int>(i));
  std::stable_sort(result.begin(), result.end(), [this](int a, int b) {
    return input_index(nodes[static_cast<std::size_t>(a)]) < input_index(nodes[static_cast<std::size_t>(b)]);
  });
  return result;
}

std::vector<value_reference> graph::outputs() const {
  for (const node& n : nodes)
    if (n.type == "NetOutput") return n.inputs;
  return {};
}

int graph::find(std::string_view node_name) const {
  const auto found =
      std::find_if(nodes.begin(), nodes.end(), [&](const node& n) { return n.name == node_name; });
  return found == nodes.end() ? -1 : static_cast<int>(found - nodes.begin());
}

std::vector<int> topological_order(const graph& g) {
  return topological_visit{g}.run();
}

void throw_first_error(const std::vector<diagnostic>& diagnostics) {
  const auto is_error = [](const diagnostic& d) { return d.is_error; };
  const auto first = std::find_if(diagnostics.begin(), diagnostics.end(), is_error);
  if (first == diagnostics.end()) return;
  const auto count = std::count_if(diagnostics.begin(), diagnostics.end(), is_error);
  std::string happened =
      first->node.empty() ? first->message : fmt::format("'{}': {}", first->node, first->message);
  if (count > 1) happened += fmt::format(" ({} more errors follow from this graph.)", count - 1);
  throw error{first->code, happened, first->remedy};
}

}  // namespace airloom
