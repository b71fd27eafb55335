#pragma once
// Transposing in registers, in blocks of as many rows as a vector has lanes.

#include <utility>

#include "host/compute/kernels/kernels.hpp"
#include "host/compute/kernels/vector.hpp"

namespace airloom::host::compute {
namespace {

// Blocks of Distance x Distance lanes on the anti-diagonal of two rows change places: one round of the
// recursive transposition [[a, b], [c, d]] -> [[a', c'], [b', d']].
template <int Distance, int... Lane>
inline void exchange(lanes& upper, lanes& lower, std::integer_sequence<int, Lane...>) noexcept {
  const lanes first =
      __builtin_shufflevector(upper, lower, ((Lane & Distance) ? width + Lane - Distance : Lane)...);
  lower = __builtin_shufflevector(upper, lower, ((Lane & Distance) ? width + Lane : Lane + Distance)...);
  upper = first;
}

template <int Distance>
inline void exchange_all(lanes (&rows)[width]) noexcept {
#pragma GCC unroll 16
  for (int row = 0; row < width; ++row) {
    if ((row & Distance) == 0) {
      exchange<Distance>(rows[row], rows[row + Distance], std::make_integer_sequence<int, width>{});
    }
  }
  if constexpr (Distance > 1) exchange_all<Distance / 2>(rows);
}

/// A block of at most width x width.
inline void transpose_block(const transpose_arguments& block) noexcept {
  lanes rows[width]{};
#pragma GCC unroll 16
  for (std::size_t row = 0; row < width; ++row) {
    if (row < block.rows) rows[row] = load_up_to(block.x + row * block.x_stride, block.columns);
  }
  exchange_all<width / 2>(rows);
#pragma GCC unroll 16
  for (std::size_t column = 0; column < width; ++column) {
    if (column < block.columns) store_up_to(block.y + column * block.y_stride, rows[column], block.rows);
  }
}

/// A block of width x width, which asks nothing.
inline void transpose_whole_block(const float* x, std::size_t x_stride, float* y,
                                  std::size_t y_stride) noexcept {
  lanes rows[width];
#pragma GCC unroll 16
  for (std::size_t row = 0; row < width; ++row) rows[row] = load(x + row * x_stride);
  exchange_all<width / 2>(rows);
#pragma GCC unroll 16
  for (std::size_t column = 0; column < width; ++column) store(y + column * y_stride, rows[column]);
}

inline void transpose_matrix(const transpose_arguments& all) noexcept {
  for (std::size_t row = 0; row < all.rows; row += width) {
    for (std::size_t column = 0; column < all.columns; column += width) {
      const float* x = all.x + row * all.x_stride + column;
      float* y = all.y + column * all.y_stride + row;
      const std::size_t rows = all.rows - row, columns = all.columns - column;
      if (rows >= width && columns >= width) {
        transpose_whole_block(x, all.x_stride, y, all.y_stride);
      } else {
        transpose_block({.x = x,
                         .x_stride = all.x_stride,
                         .y = y,
                         .y_stride = all.y_stride,
                         .rows = rows < width ? rows : width,
                         .columns = columns < width ? columns : width});
      }
    }
  }
}

}  // namespace
}  // namespace airloom::host::compute
