#include "host/compute/kernels/tile.hpp"

namespace airloom::host::compute {
namespace {

/// All columns of as many rows as one tile has.
void multiply_rows(const product_arguments& all, std::size_t first_row, std::size_t rows) noexcept {
  const tile_family& family = tiles<addressing::strided>.rows(rows);
  tile_operands from{.a = all.a + first_row * all.a_stride,
                     .a_stride = all.a_stride,
                     .taps = nullptr,
                     .b = all.b,
                     .inner_stride = all.inner_stride,
                     .panel_stride = all.panel_stride,
                     .inner = all.inner};
  int logarithm = family.widest;
  for (std::size_t column = 0; column < all.columns;) {
    const std::size_t left = all.columns - column;
    while (logarithm > 0 && left <= (std::size_t{width} << logarithm) - width) --logarithm;
    const std::size_t wide = std::size_t{width} << logarithm;
    from.b = all.b + column / panel * all.panel_stride + column % panel;
    family.by_width[logarithm](from, {.c = all.c + first_row * all.c_stride + column,
                                      .c_stride = all.c_stride,
                                      .columns = left < wide ? left : wide,
                                      .bias = all.bias == nullptr ? nullptr : all.bias + column,
                                      .relu = all.relu});
    column += wide;
  }
}

void multiply(const product_arguments& all) noexcept {
  const partition blocks{all.rows};
  std::size_t row = 0;
  for (std::size_t block = 0; block < blocks.parts; ++block) {
    multiply_rows(all, row, blocks.size_of(block));
    row += blocks.size_of(block);
  }
}

}  // namespace

namespace AIRLOOM_INSTRUCTION_SET {
const product_kernels product{
    .vector_width = width, .panel = panel, .tile_rows = highest_tile, .multiply = multiply};
}  // namespace AIRLOOM_INSTRUCTION_SET

}  // namespace airloom::host::compute
