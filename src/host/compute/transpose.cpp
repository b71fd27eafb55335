#include "host/compute/transpose.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "airloom/error.hpp"
#include "host/compute/kernels/kernels.hpp"

namespace airloom::host::compute {
namespace {

void check_permutation(std::span<const std::size_t> shape, std::span<const std::size_t> permutation) {
  std::vector<std::size_t> sorted(permutation.begin(), permutation.end());
  std::ranges::sort(sorted);
  bool good = sorted.size() == shape.size();
  for (std::size_t i = 0; good && i < sorted.size(); ++i) good = sorted[i] == i;
  if (!good) {
    throw error(
        error_code::shape_mismatch,
        "A transposition of " + std::to_string(shape.size()) + " dimensions has no permutation of them.",
        "Name each dimension from 0 on exactly once.");
  }
}

using dimension = transposition::dimension;

/// The dimensions of y from the last to the first, without those of size 1; neighbours that are neighbours in
/// x too are one.
std::vector<dimension> merged_dimensions(std::span<const std::size_t> shape,
                                         std::span<const std::size_t> permutation) {
  std::vector<std::size_t> x_strides(shape.size(), 1);
  for (std::size_t i = shape.size(); i-- > 1;) x_strides[i - 1] = x_strides[i] * shape[i];

  std::vector<dimension> merged;
  std::size_t y_stride = 1;
  for (std::size_t i = shape.size(); i-- > 0;) {
    const dimension next{shape[permutation[i]], x_strides[permutation[i]], y_stride};
    y_stride *= next.size;
    if (next.size == 1) continue;
    if (!merged.empty() && merged.back().x_stride * merged.back().size == next.x_stride) {
      merged.back().size *= next.size;
    } else {
      merged.push_back(next);
    }
  }
  return merged;
}

dimension take(std::vector<dimension>& from, std::size_t index) {
  const dimension taken = from[index];
  from.erase(from.begin() + static_cast<std::ptrdiff_t>(index));
  return taken;
}

}  // namespace

transposition::transposition(std::span<const std::size_t> shape, std::span<const std::size_t> permutation,
                             instruction_set set)
    : set_{set} {
  check_permutation(shape, permutation);
  if (std::ranges::find(shape, std::size_t{0}) != shape.end()) {
    columns_.size = 0;
    return;
  }
  std::vector<dimension> dimensions = merged_dimensions(shape, permutation);
  if (!dimensions.empty()) columns_ = take(dimensions, 0);
  if (!dimensions.empty()) {
    const auto contiguous = std::ranges::find(dimensions, std::size_t{1}, &dimension::x_stride);
    const bool transposed = contiguous != dimensions.end();
    rows_ = take(dimensions, transposed ? static_cast<std::size_t>(contiguous - dimensions.begin()) : 0);
  }
  if (dimensions.size() > maximum_outer_rank) {
    throw error(
        error_code::rank_unsupported,
        "A transposition moves " + std::to_string(dimensions.size() + 2) + " dimensions.",
        "At most " + std::to_string(maximum_outer_rank + 2) + " are supported; transpose in two steps.");
  }
  outer_rank_ = dimensions.size();
  std::ranges::copy(dimensions, outer_.begin());
}

void transposition::run(const float* x, float* y) const noexcept {
  run_outer(outer_rank_, x, y);
}

void transposition::run_outer(std::size_t rank, const float* x, float* y) const noexcept {
  if (rank == 0) return run_block(x, y);
  const dimension& outer = outer_[rank - 1];
  for (std::size_t i = 0; i < outer.size; ++i, x += outer.x_stride, y += outer.y_stride)
    run_outer(rank - 1, x, y);
}

void transposition::run_block(const float* x, float* y) const noexcept {
  const transpose_kernels& transpose = kernels(set_).transpose;
  if (columns_.x_stride == 1) {
    transpose.copy({.x = x,
                    .x_stride = rows_.x_stride,
                    .y = y,
                    .y_stride = rows_.y_stride,
                    .rows = rows_.size,
                    .columns = columns_.size});
  } else {
    transpose.transpose({.x = x,
                         .x_stride = columns_.x_stride,
                         .y = y,
                         .y_stride = rows_.y_stride,
                         .rows = columns_.size,
                         .columns = rows_.size});
  }
}

}  // namespace airloom::host::compute
