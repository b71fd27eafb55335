#include "air/match_nodes.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <deque>
#include <unordered_map>
#include <unordered_set>

#include "air/node_facts.hpp"
#include "sha256.hpp"

namespace airloom::air {

namespace {

std::size_t at(int index) {
  return static_cast<std::size_t>(index);
}

node_matching nothing_matched(const graph& left, const graph& right) {
  return {std::vector<int>(left.nodes.size(), -1), std::vector<int>(right.nodes.size(), -1)};
}

/// Where an output of a node goes.
struct use {
  int consumer;
  std::size_t input;
  int output;
};

/// A graph with what matching needs to know of it.
class side {
 public:
  explicit side(const graph& g) : graph_{g}, order_{topological_order(g)}, uses_(g.nodes.size()) {
    hashes_.resize(g.nodes.size());
    for (const int index : order_) hashes_[at(index)] = hash_with_sources(index);
    for (const std::string& hash : hashes_) known_.insert(hash);
    for (std::size_t i = 0; i != g.nodes.size(); ++i)
      for (std::size_t k = 0; k != g.nodes[i].inputs.size(); ++k)
        if (const value_reference& source = g.nodes[i].inputs[k]; source.node >= 0)
          uses_[at(source.node)].push_back({static_cast<int>(i), k, source.output});
  }

  const node& operator[](int index) const { return graph_.nodes[at(index)]; }
  const graph& all() const { return graph_; }
  const std::vector<int>& order() const { return order_; }
  const std::vector<use>& uses(int index) const { return uses_[at(index)]; }
  const std::string& hash(int index) const { return hashes_[at(index)]; }
  bool has(const std::string& hash) const { return known_.contains(hash); }

 private:
  std::string hash_with_sources(int index) const {
    const node& n = graph_.nodes[at(index)];
    std::string text = hash_without_names(n, graph_.gears.view());
    for (const value_reference& source : n.inputs)
      text += source.node < 0 ? "-;" : fmt::format("{}:{};", hashes_[at(source.node)], source.output);
    std::vector<std::string> controls;
    for (const int control : n.controls) controls.push_back(hashes_[at(control)]);
    std::sort(controls.begin(), controls.end());
    for (const std::string& control : controls) text += "^" + control;
    return sha256_of(std::as_bytes(std::span{text}));
  }

  const graph& graph_;
  std::vector<int> order_;
  std::vector<std::vector<use>> uses_;
  std::vector<std::string> hashes_;
  std::unordered_set<std::string_view> known_;
};

class matching {
 public:
  matching(const graph& left, const graph& right)
      : left_{left}, right_{right}, matched_{nothing_matched(left, right)} {}

  node_matching run() {
    match_ends();
    match_equal_hashes();
    match_neighbours();
    return std::move(matched_);
  }

 private:
  // --- from inputs and results on ---

  void match_ends() {
    const std::vector<int> left_inputs = left_.all().inputs(), right_inputs = right_.all().inputs();
    for (std::size_t i = 0; i != std::min(left_inputs.size(), right_inputs.size()); ++i)
      if (have_one_type(left_inputs[i], right_inputs[i])) match(left_inputs[i], right_inputs[i]);
    const std::vector<int> left_results = results(left_.all()), right_results = results(right_.all());
    for (std::size_t i = 0; i != std::min(left_results.size(), right_results.size()); ++i)
      match_with_sources(left_results[i], right_results[i]);
  }

  static std::vector<int> results(const graph& g) {
    std::vector<int> found;
    for (std::size_t i = 0; i != g.nodes.size(); ++i)
      if (g.nodes[i].type == "NetOutput") found.push_back(static_cast<int>(i));
    return found;
  }

  /// Two nodes, then their sources, then those of theirs. Works on a list: graphs are deep.
  void match_with_sources(int left, int right) {
    match(left, right);
    std::vector<std::pair<int, int>> open{{left, right}};
    while (!open.empty()) {
      const auto [l, r] = open.back();
      open.pop_back();
      const std::size_t count = std::min(left_[l].inputs.size(), right_[r].inputs.size());
      for (std::size_t i = 0; i != count; ++i) {
        const int from_left = left_[l].inputs[i].node, from_right = right_[r].inputs[i].node;
        if (!are_free(from_left, from_right) || !belong_together(from_left, from_right)) continue;
        match(from_left, from_right);
        open.emplace_back(from_left, from_right);
      }
    }
  }

  bool belong_together(int left, int right) const {
    const std::string &of_left = left_.hash(left), &of_right = right_.hash(right);
    if (of_left == of_right) return true;
    return have_one_type(left, right) && !right_.has(of_left) && !left_.has(of_right);
  }

  // --- wherever they are ---

  /// Consumers first, so that sources of several equal consumers go with their own one.
  void match_equal_hashes() {
    std::unordered_map<std::string_view, std::deque<int>> free;
    for (const int right : backwards(right_))
      if (is_free(matched_.of_right, right)) free[right_.hash(right)].push_back(right);
    for (const int left : backwards(left_)) {
      const auto found = free.find(left_.hash(left));
      if (!is_free(matched_.of_left, left) || found == free.end()) continue;
      std::deque<int>& candidates = found->second;
      while (!candidates.empty() && !is_free(matched_.of_right, candidates.front())) candidates.pop_front();
      if (!candidates.empty()) match_with_sources(left, candidates.front());
    }
  }

  static std::vector<int> backwards(const side& s) { return {s.order().rbegin(), s.order().rend()}; }

  // --- beside matched nodes ---

  void match_neighbours() {
    std::vector<std::pair<int, int>> open;
    for (std::size_t i = 0; i != matched_.of_left.size(); ++i)
      if (matched_.of_left[i] >= 0) open.emplace_back(static_cast<int>(i), matched_.of_left[i]);
    while (!open.empty()) {
      const auto [left, right] = open.back();
      open.pop_back();
      for (const auto& [from_left, from_right] : neighbours(left, right)) {
        if (!are_free(from_left, from_right) || !have_one_type(from_left, from_right)) continue;
        match(from_left, from_right);
        open.emplace_back(from_left, from_right);
      }
    }
  }

  std::vector<std::pair<int, int>> neighbours(int left, int right) const {
    std::vector<std::pair<int, int>> pairs;
    const std::size_t count = std::min(left_[left].inputs.size(), right_[right].inputs.size());
    for (std::size_t i = 0; i != count; ++i)
      pairs.emplace_back(left_[left].inputs[i].node, right_[right].inputs[i].node);
    const std::vector<use> left_uses = free_uses(left_, matched_.of_left, left),
                           right_uses = free_uses(right_, matched_.of_right, right);
    for (std::size_t i = 0; i != std::min(left_uses.size(), right_uses.size()); ++i)
      if (left_uses[i].input == right_uses[i].input && left_uses[i].output == right_uses[i].output)
        pairs.emplace_back(left_uses[i].consumer, right_uses[i].consumer);
    return pairs;
  }

  static std::vector<use> free_uses(const side& s, const std::vector<int>& matched, int index) {
    std::vector<use> uses;
    for (const use& u : s.uses(index))
      if (is_free(matched, u.consumer)) uses.push_back(u);
    return uses;
  }

  // --- all of them ---

  static bool is_free(const std::vector<int>& matched, int index) {
    return index >= 0 && matched[at(index)] < 0;
  }
  bool are_free(int left, int right) const {
    return is_free(matched_.of_left, left) && is_free(matched_.of_right, right);
  }
  bool have_one_type(int left, int right) const {
    return left_[left].type == right_[right].type || (is_constant(left_[left]) && is_constant(right_[right]));
  }
  void match(int left, int right) {
    matched_.of_left[at(left)] = right;
    matched_.of_right[at(right)] = left;
  }

  side left_;
  side right_;
  node_matching matched_;
};

}  // namespace

node_matching match_by_name(const graph& left, const graph& right) {
  node_matching matched = nothing_matched(left, right);
  std::unordered_map<std::string_view, std::deque<int>> named;
  for (std::size_t i = 0; i != right.nodes.size(); ++i)
    named[right.nodes[i].name].push_back(static_cast<int>(i));
  for (std::size_t i = 0; i != left.nodes.size(); ++i) {
    const auto found = named.find(left.nodes[i].name);
    if (found == named.end() || found->second.empty()) continue;
    matched.of_left[i] = found->second.front();
    matched.of_right[at(found->second.front())] = static_cast<int>(i);
    found->second.pop_front();
  }
  return matched;
}

node_matching match_by_structure(const graph& left, const graph& right) {
  return matching{left, right}.run();
}

}  // namespace airloom::air
