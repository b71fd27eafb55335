#include "host/compute/kernels/tile.hpp"

namespace airloom::host::compute {
namespace {

/// The columns [column, end) of as many rows as one tile has.
void multiply_rows(const product_arguments& all, std::size_t first_row, std::size_t rows, std::size_t column,
                   std::size_t end) noexcept {
  const tile_family& family = tiles<addressing::strided>.rows(rows);
  tile_operands from{.a = all.a + first_row * all.a_stride,
                     .a_stride = all.a_stride,
                     .taps = nullptr,
                     .b = all.b,
                     .inner = all.inner};
  int logarithm = family.widest;
  while (column < end) {
    const std::size_t left = end - column;
    while (logarithm > 0 && left <= (std::size_t{width} << logarithm) - width) --logarithm;
    const std::size_t wide = std::size_t{width} << logarithm;
    from.b = all.b + column / panel * all.inner * panel + column % panel;
    family.by_width[logarithm](from, {.c = all.c + first_row * all.c_stride + column,
                                      .c_stride = all.c_stride,
                                      .columns = left < wide ? left : wide,
                                      .bias = all.bias == nullptr ? nullptr : all.bias + column,
                                      .relu = all.relu});
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

void multiply(const product_arguments& all) noexcept {
  const partition blocks{all.rows};
  const std::size_t step = columns_at_once(all.inner, all.columns);
  for (std::size_t column = 0; column < all.columns; column += step) {
    const std::size_t end = all.columns - column < step ? all.columns : column + step;
    std::size_t row = 0;
    for (std::size_t block = 0; block < blocks.parts; ++block) {
      multiply_rows(all, row, blocks.size_of(block), column, end);
      row += blocks.size_of(block);
    }
  }
}

}  // namespace

namespace AIRLOOM_INSTRUCTION_SET {
const product_kernels product{.panel = panel, .multiply = multiply};
}  // namespace AIRLOOM_INSTRUCTION_SET

}  // namespace airloom::host::compute
