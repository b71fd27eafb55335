#include "host/compute/kernels/tile.hpp"

namespace airloom::host::compute {
namespace {

/// Some columns of all rows, as many as one tile is wide: their panels of b stay in the first-level cache
/// while the rows pass.
void multiply_columns(const product_arguments& all, std::size_t column, std::size_t count,
                      int logarithm) noexcept {
  const partition blocks{all.rows};
  tile_operands from{.a = all.a,
                     .a_stride = all.a_stride,
                     .taps = nullptr,
                     .b = all.b + column / panel * all.inner * panel + column % panel,
                     .inner = all.inner};
  tile_result to{.c = all.c + column,
                 .c_stride = all.c_stride,
                 .columns = count,
                 .bias = all.bias == nullptr ? nullptr : all.bias + column,
                 .relu = all.relu};
  for (std::size_t block = 0; block < blocks.parts; ++block) {
    const std::size_t rows = blocks.size_of(block);
    tiles<addressing::strided>.rows(rows).by_width[logarithm](from, to);
    from.a += rows * all.a_stride;
    to.c += rows * all.c_stride;
  }
}

/// The columns [column, end) of some rows.
void multiply_rows(const product_arguments& all, std::size_t column, std::size_t end) noexcept {
  // Blocks of rows differ by one in size, and then both fit the same tiles.
  int logarithm = tiles<addressing::strided>.rows(partition{all.rows}.size_of(0)).widest;
  while (column < end) {
    const std::size_t left = end - column;
    while (logarithm > 0 && left <= (std::size_t{width} << logarithm) - width) --logarithm;
    const std::size_t wide = std::size_t{width} << logarithm;
    multiply_columns(all, column, left < wide ? left : wide, logarithm);
    column += wide;
  }
}

/// How many columns are multiplied with all rows before the next ones: so many that their part of b stays in
/// the second-level cache. (A division is noticeable in the smallest products.)
std::size_t columns_at_once(std::size_t inner, std::size_t columns) noexcept {
  constexpr std::size_t floats_kept = 512 * 1024 / sizeof(float);
  if (inner * columns <= floats_kept) return columns;
  const std::size_t panels = floats_kept / (inner * panel);
  return panels == 0 ? panel : panels * panel;
}

/// So many rows pass by a panel of b: enough that reading it pays, few enough that their part of a and c
/// stays in the second-level cache.
constexpr std::size_t rows_at_once = 4 * highest_tile;

void multiply(const product_arguments& all) noexcept {
  const std::size_t step = columns_at_once(all.inner, all.columns);
  for (std::size_t column = 0; column < all.columns; column += step) {
    const std::size_t end = all.columns - column < step ? all.columns : column + step;
    product_arguments some = all;
    for (std::size_t row = 0; row < all.rows; row += some.rows) {
      const std::size_t left = all.rows - row;
      some.rows = left <= rows_at_once + highest_tile ? left : rows_at_once;  // no few rows are left alone
      some.a = all.a + row * all.a_stride;
      some.c = all.c + row * all.c_stride;
      multiply_rows(some, column, end);
    }
  }
}

}  // namespace

namespace AIRLOOM_INSTRUCTION_SET {
const product_kernels product{.panel = panel, .multiply = multiply};
}  // namespace AIRLOOM_INSTRUCTION_SET

}  // namespace airloom::host::compute
