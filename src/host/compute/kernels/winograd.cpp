#include "host/compute/kernels/tile.hpp"
#include "host/compute/kernels/transpose.hpp"

namespace airloom::host::compute {
namespace {

// A tile is four by four places of the input that make two by two of the output. In the names of the paper,
// whose matrices are written out here as sums, the input is transformed by B, and the products by A.

constexpr std::size_t side = winograd_side;

/// Bᵀ d B for some channels of one tile; `x_row` and `x_column` are the steps between its places.
inline void transform_tile(const float* x, std::size_t x_row, std::size_t x_column, float* y,
                           std::size_t y_step) noexcept {
  lanes half[side][side];
#pragma GCC unroll 4
  for (std::size_t j = 0; j < side; ++j) {
    const float* column = x + j * x_column;
    const lanes d0 = load(column), d1 = load(column + x_row), d2 = load(column + 2 * x_row),
                d3 = load(column + 3 * x_row);
    half[0][j] = d0 - d2;
    half[1][j] = d1 + d2;
    half[2][j] = d2 - d1;
    half[3][j] = d1 - d3;
  }
#pragma GCC unroll 4
  for (std::size_t i = 0; i < side; ++i, y += side * y_step) {
    store(y, half[i][0] - half[i][2]);
    store(y + y_step, half[i][1] + half[i][2]);
    store(y + 2 * y_step, half[i][2] - half[i][1]);
    store(y + 3 * y_step, half[i][1] - half[i][3]);
  }
}

void transform_input(const winograd_input_arguments& all) noexcept {
  const std::size_t x_row = all.columns * all.pitch, step = all.tile_rows * all.tile_columns * all.pitch;
  float* y = all.y;
  for (std::size_t row = 0; row < all.tile_rows; ++row) {
    for (std::size_t column = 0; column < all.tile_columns; ++column, y += all.pitch) {
      const float* x = all.x + 2 * row * x_row + 2 * column * all.pitch;
      for (std::size_t channel = 0; channel < all.pitch; channel += width)
        transform_tile(x + channel, x_row, all.pitch, y + channel, step);
    }
  }
}

/// Aᵀ m A for one tile and one vector of channels: the two by two places of the output.
struct output_tile {
  lanes places[2][2];

  explicit output_tile(const float* products, std::size_t step) noexcept {
    lanes half[2][side];
#pragma GCC unroll 4
    for (std::size_t j = 0; j < side; ++j) {
      const float* column = products + j * step;
      const lanes m1 = load(column + side * step), m2 = load(column + 2 * side * step);
      half[0][j] = load(column) + m1 + m2;
      half[1][j] = m1 - m2 - load(column + 3 * side * step);
    }
#pragma GCC unroll 2
    for (std::size_t i = 0; i < 2; ++i) {
      places[i][0] = half[i][0] + half[i][1] + half[i][2];
      places[i][1] = half[i][1] - half[i][2] - half[i][3];
    }
  }
};

constexpr std::size_t product_step = std::size_t{highest_tile} * panel;

/// Where results wait as [position, channel] until a strip of them is complete.
struct result_strip {
  float* values;
  std::size_t height;
  std::size_t width;
};

/// The places of one tile that exist, for some vectors of channels with these biases.
inline void finish_tile(const float* products, std::size_t vectors, const lanes* bias, lanes floor,
                        const result_strip& to, std::size_t row, std::size_t column) noexcept {
  float* y = to.values + (row * to.width + column) * panel;
  const bool has_lower = row + 1 < to.height, has_right = column + 1 < to.width;
  for (std::size_t vector = 0; vector < vectors; ++vector, y += width, products += width) {
    const output_tile tile{products, product_step};
    store(y, maximum(floor, tile.places[0][0] + bias[vector]));
    if (has_right) store(y + panel, maximum(floor, tile.places[0][1] + bias[vector]));
    if (!has_lower) continue;
    store(y + to.width * panel, maximum(floor, tile.places[1][0] + bias[vector]));
    if (has_right) store(y + (to.width + 1) * panel, maximum(floor, tile.places[1][1] + bias[vector]));
  }
}

/// Some tiles times the filters of one panel of channels.
void multiply_tiles(const winograd_product_arguments& all, std::size_t first_channel, std::size_t vectors,
                    std::size_t tile, std::size_t count) noexcept {
  const std::size_t step = all.tile_rows * all.tile_columns * all.pitch;
  const tile_function run = tiles<addressing::strided>.rows(count).by_width[vectors - 1];
  for (std::size_t place = 0; place < side * side; ++place) {
    run({.a = all.x + place * step + tile * all.pitch,
         .a_stride = all.pitch,
         .b = all.filter[place] + first_channel * all.inner,
         .inner = all.inner},
        {.c = all.scratch + place * product_step,
         .c_stride = panel,
         .columns = vectors * width,
         .bias = nullptr,
         .relu = false});
  }
}

/// One panel of channels, in all tiles.
void multiply_panel(const winograd_product_arguments& all, std::size_t first, std::size_t channels) noexcept {
  const std::size_t vectors = channels > width ? 2 : 1;
  const result_strip results{all.scratch + product_step * side * side, all.height, all.width};
  const lanes floor = broadcast(all.relu ? 0.0f : -__builtin_inff());
  lanes bias[panel_vectors]{};
  for (std::size_t vector = 0; all.bias != nullptr && vector < vectors; ++vector)
    bias[vector] = load_up_to(all.bias + first + vector * width, channels - vector * width);
  const partition blocks{all.tile_rows * all.tile_columns};
  std::size_t tile = 0, row = 0, column = 0;
  for (std::size_t block = 0; block < blocks.parts; ++block) {
    const std::size_t count = blocks.size_of(block);
    multiply_tiles(all, first, vectors, tile, count);
    tile += count;
    for (std::size_t i = 0; i < count; ++i) {
      finish_tile(all.scratch + i * panel, vectors, bias, floor, results, row, column);
      column += 2;
      if (column < all.width) continue;
      column = 0;
      row += 2;
    }
  }
  transpose_matrix({.x = results.values,
                    .x_stride = panel,
                    .y = all.y + first * all.y_plane,
                    .y_stride = all.y_plane,
                    .rows = all.height * all.width,
                    .columns = channels});
}

void multiply(const winograd_product_arguments& all) noexcept {
  for (std::size_t first = 0; first < all.channels; first += panel)
    multiply_panel(all, first, all.channels - first < panel ? all.channels - first : panel);
}

}  // namespace

namespace AIRLOOM_INSTRUCTION_SET {
const winograd_kernels winograd{.vector = width,
                                .panel = panel,
                                .product_floats = side * side * highest_tile * panel,
                                .transform_input = transform_input,
                                .multiply = multiply};
}  // namespace AIRLOOM_INSTRUCTION_SET

}  // namespace airloom::host::compute
