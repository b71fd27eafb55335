#pragma once
// Permutation of the dimensions of a dense tensor of 32-bit elements.

#include <array>
#include <cstddef>
#include <span>

#include "host/compute/instruction_set.hpp"

namespace airloom::host::compute {

/// Copies x to y with y's dimension i being x's dimension permutation[i]. The bits are moved unchanged, so
/// that any 32-bit type may be passed as float.
class transposition {
 public:
  /// Refuses (error_code::shape_mismatch) what is no permutation of the shape's dimensions, and
  /// (error_code::rank_unsupported) more than 8 dimensions that neither merge with their neighbour nor have
  /// size 1.
  transposition(std::span<const std::size_t> shape, std::span<const std::size_t> permutation,
                instruction_set set = best_instruction_set());

  /// y may not overlap x.
  void run(const float* x, float* y) const noexcept;

  /// One dimension of y: its size, and the distances between neighbours in x and in y.
  struct dimension {
    std::size_t size = 1;
    std::size_t x_stride = 1;
    std::size_t y_stride = 1;
  };

 private:
  static constexpr std::size_t maximum_outer_rank = 6;

  void run_outer(std::size_t rank, const float* x, float* y) const noexcept;
  void run_block(const float* x, float* y) const noexcept;

  // The innermost dimension of y, and the innermost of x; where they are the same, the next of y.
  dimension columns_{};
  dimension rows_{};
  std::array<dimension, maximum_outer_rank> outer_{};  // the others, walked one position at a time
  std::size_t outer_rank_ = 0;
  instruction_set set_;
};

}  // namespace airloom::host::compute
