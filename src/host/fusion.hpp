#pragma once
// Operators that run together: a fused kernel stands beside the kernels of its operators, and a plan takes it
// where they follow each other and nobody else reads what passes between them.

#include <algorithm>
#include <functional>

#include "host/kernel.hpp"

namespace airloom::host {

/// The operators of one graph in one gear, as fused kernels look at them.
struct neighbourhood {
  const graph& model;
  std::vector<int> readers;                 ///< one a node: how many inputs and results its outputs feed
  std::vector<bool> runs;                   ///< one a node: whether it is neither constant nor dropped
  std::function<preparation(int)> prepare;  ///< the facts of a node
};

/// One operator of a pattern. Patterns are looked for from their last operator backwards.
class fused_operator {
 public:
  fused_operator(const neighbourhood& around, int index) : around_{&around}, index_{index} {}

  int index() const { return index_; }
  std::string_view type() const { return here().type; }
  bool is(std::initializer_list<std::string_view> types) const {
    return std::find(types.begin(), types.end(), type()) != types.end();
  }
  memory_trait trait() const {
    return here().definition == nullptr ? memory_trait::none : here().definition->ir->memory;
  }
  preparation facts() const { return around_->prepare(index_); }
  value_reference operand(std::size_t input) const { return here().inputs[input]; }
  std::size_t operands() const { return here().inputs.size(); }

  /// The operator that makes an input, where this one alone reads it; nothing where it may not vanish.
  std::optional<fused_operator> before(std::size_t input) const {
    const value_reference from = operand(input);
    if (from.node < 0 || from.output != 0 || !around_->runs[static_cast<std::size_t>(from.node)] ||
        around_->readers[static_cast<std::size_t>(from.node)] != 1)
      return std::nullopt;
    return fused_operator{*around_, from.node};
  }

 private:
  const node& here() const { return around_->model.nodes[static_cast<std::size_t>(index_)]; }

  const neighbourhood* around_;
  int index_;
};

}  // namespace airloom::host
