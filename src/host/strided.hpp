#pragma once
// Walking several tensors together, each with strides of its own: broadcasting, permuting and slicing are all
// this loop.

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

namespace airloom::host {

using sizes = std::vector<std::size_t>;
using strides = std::vector<std::ptrdiff_t>;

/// The distances between neighbours in a dense row-major tensor.
inline strides dense_strides(const sizes& shape) {
  strides result(shape.size());
  std::ptrdiff_t next = 1;
  for (std::size_t d = shape.size(); d-- != 0; next *= static_cast<std::ptrdiff_t>(shape[d]))
    result[d] = next;
  return result;
}

/// The strides that show a dense tensor of shape `from` under the shape `to`, right-aligned: 0 where a
/// dimension is broadcast.
inline strides broadcast_strides(const sizes& from, const sizes& to) {
  const strides dense = dense_strides(from);
  strides result(to.size(), 0);
  const std::size_t missing = to.size() - from.size();
  for (std::size_t d = 0; d != from.size(); ++d)
    if (from[d] != 1) result[missing + d] = dense[d];
  return result;
}

/// Nested loops over a shape, with strides for each of `Operands` tensors. Made while preparing; running it
/// allocates nothing.
template <std::size_t Operands>
class strided_loop {
 public:
  using offsets = std::array<std::ptrdiff_t, Operands>;

  /// Neighbouring dimensions that every operand walks in one stride become one.
  strided_loop(const sizes& shape, const std::array<strides, Operands>& of_operands) {
    for (std::size_t d = 0; d != shape.size(); ++d) {
      if (shape[d] == 1) continue;
      dimension next{shape[d], {}};
      for (std::size_t k = 0; k != Operands; ++k) next.strides[k] = of_operands[k][d];
      if (!dimensions_.empty() && merges(dimensions_.back(), next)) {
        next.size *= dimensions_.back().size;
        dimensions_.pop_back();
      }
      dimensions_.push_back(next);
    }
    if (!dimensions_.empty()) {
      inner_ = dimensions_.back();
      dimensions_.pop_back();
    }
  }

  /// The innermost loop, which the body does itself.
  std::size_t row_length() const { return inner_.size; }
  std::ptrdiff_t row_stride(std::size_t operand) const { return inner_.strides[operand]; }
  /// The loops around the innermost one.
  std::size_t outer_rank() const { return dimensions_.size(); }
  std::size_t outer_size(std::size_t d) const { return dimensions_[d].size; }
  std::ptrdiff_t outer_stride(std::size_t d, std::size_t operand) const {
    return dimensions_[d].strides[operand];
  }

  /// body(offsets) for every element: where each operand has it.
  template <class Body>
  void run_each(Body body) const {
    run([&](offsets at) {
      for (std::size_t i = 0; i != inner_.size; ++i) {
        body(at);
        for (std::size_t k = 0; k != Operands; ++k) at[k] += inner_.strides[k];
      }
    });
  }
  /// body(offsets) for every row: where each operand's row starts, in elements.
  template <class Body>
  void run(Body body) const {
    run_from(0, offsets{}, body);
  }

 private:
  struct dimension {
    std::size_t size = 1;
    offsets strides{};
  };

  static bool merges(const dimension& outer, const dimension& inner) {
    for (std::size_t k = 0; k != Operands; ++k)
      if (outer.strides[k] != static_cast<std::ptrdiff_t>(inner.size) * inner.strides[k]) return false;
    return true;
  }
  template <class Body>
  void run_from(std::size_t d, offsets at, Body& body) const {
    if (d == dimensions_.size()) {
      if (inner_.size != 0) body(at);
      return;
    }
    for (std::size_t i = 0; i != dimensions_[d].size; ++i) {
      run_from(d + 1, at, body);
      for (std::size_t k = 0; k != Operands; ++k) at[k] += dimensions_[d].strides[k];
    }
  }

  std::vector<dimension> dimensions_;  // around the innermost, outermost first
  dimension inner_;
};

}  // namespace airloom::host
