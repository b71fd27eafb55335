#include "host/compute/kernels/tile.hpp"
#include "host/compute/kernels/transpose.hpp"

namespace airloom::host::compute {
namespace {

// --- windows that move by one, over rows of whole vectors: positions lie in the lanes, nothing is
// transposed, and the filter's weights are broadcast out of the panels in which they are packed

/// Channels from `first` on, which lie in one panel, and vectors of positions from `vector` on.
template <int Channels, int Vectors>
void convolve_tile(const convolution_arguments& all, std::size_t first, std::size_t vector) noexcept {
  const std::size_t in_row = all.width / width;
  const float* windows[Vectors];
#pragma GCC unroll 2
  for (std::size_t v = 0; v < Vectors; ++v)
    windows[v] = all.image + (vector + v) / in_row * all.row_step + (vector + v) % in_row * width;
  lanes sums[Channels][Vectors];
#pragma GCC unroll 16
  for (std::size_t c = 0; c < Channels; ++c) {
    const lanes bias = broadcast(all.bias == nullptr ? 0.0f : all.bias[first + c]);
#pragma GCC unroll 2
    for (std::size_t v = 0; v < Vectors; ++v) sums[c][v] = bias;
  }
  const float* filter = all.filter + first / panel * all.inner * panel + first % panel;
  for (std::size_t k = 0; k < all.inner; ++k, filter += panel) {
    lanes x[Vectors];
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; ++v) x[v] = load(windows[v] + all.taps[k]);
#pragma GCC unroll 16
    for (int c = 0; c < Channels; ++c) {
      const lanes weight = broadcast(filter[c]);
#pragma GCC unroll 2
      for (int v = 0; v < Vectors; ++v) sums[c][v] += weight * x[v];
    }
  }
  const lanes floor = broadcast(all.relu ? 0.0f : -__builtin_inff());
  float* y = all.y + first * all.height * all.width + vector * width;
#pragma GCC unroll 16
  for (int c = 0; c < Channels; ++c, y += all.height * all.width) {
#pragma GCC unroll 2
    for (int v = 0; v < Vectors; ++v) store(y + v * width, maximum(floor, sums[c][v]));
  }
}

using convolve_function = void (*)(const convolution_arguments& all, std::size_t first,
                                   std::size_t vector) noexcept;

/// One vector, and two beside each other, for every number of channels.
struct convolve_table {
  convolve_function by_channels[highest_tile][2];
};
template <int... Channel>
constexpr convolve_table make_convolve_table(std::integer_sequence<int, Channel...>) {
  return {{{convolve_tile<Channel + 1, 1>, convolve_tile<Channel + 1, 2>}...}};
}
constexpr convolve_table convolve_tiles =
    make_convolve_table(std::make_integer_sequence<int, highest_tile>{});

void convolve_image_in_lanes(const convolution_arguments& all) noexcept {
  const std::size_t vectors = all.height * all.width / width;
  for (std::size_t in_panel = 0; in_panel < all.channels; in_panel += panel) {
    const partition blocks{all.channels - in_panel < panel ? all.channels - in_panel : panel};
    std::size_t channel = in_panel;
    for (std::size_t block = 0; block < blocks.parts; ++block) {
      const std::size_t count = blocks.size_of(block);
      const convolve_function(&run)[2] = convolve_tiles.by_channels[count - 1];
      std::size_t vector = 0;
      for (; vector + 2 <= vectors; vector += 2) run[1](all, channel, vector);
      if (vector < vectors) run[0](all, channel, vector);
      channel += count;
    }
  }
}

void convolve_in_lanes(const convolution_arguments& all) noexcept {
  convolution_arguments one = all;
  for (std::size_t image = 0; image < all.images; ++image, one.image += all.image_step, one.y += all.y_step)
    convolve_image_in_lanes(one);
}

// --- all others: channels lie in the lanes, and the positions of all images follow each other

constexpr std::size_t buffered_positions = 32;
constexpr std::size_t widest_columns = std::size_t{width} << 3;

/// Goes through the positions of all images.
class position_walk {
 public:
  explicit position_walk(const convolution_arguments& all) noexcept
      : all_{all}, image_{all.image}, line_{all.image}, window_{all.image} {}

  /// The corner of the window at hand; goes on to the next one.
  const float* next() noexcept {
    const float* window = window_;
    window_ += all_.column_step;
    if (++column_ == all_.width) next_line();
    return window;
  }

 private:
  void next_line() noexcept {
    column_ = 0;
    if (++row_ == all_.height) {
      row_ = 0;
      line_ = image_ += all_.image_step;
    } else {
      line_ += all_.row_step;
    }
    window_ = line_;
  }

  const convolution_arguments& all_;
  const float* image_;
  const float* line_;
  const float* window_;
  std::size_t row_ = 0;
  std::size_t column_ = 0;
};

/// Some channels of neighbouring positions of y. Tiles come as [position, channel], and y is [channel,
/// position] in each image: results gather here until there are enough for whole vectors of positions.
class position_buffer {
 public:
  position_buffer(const convolution_arguments& all, std::size_t first, std::size_t channels) noexcept
      : positions_{all.height * all.width},
        step_{all.y_step},
        channels_{channels},
        y_{all.y + first * positions_} {}

  /// Room for the next `count` positions, `widest_columns` apart.
  float* reserve(std::size_t count) noexcept {
    if (held_ + count > buffered_positions) flush();
    float* place = values_ + held_ * widest_columns;
    held_ += count;
    return place;
  }

  void flush() noexcept {
    for (std::size_t done = 0; done < held_;) {
      const std::size_t in_image = positions_ - at_, left = held_ - done;
      const std::size_t count = left < in_image ? left : in_image;
      transpose_matrix({.x = values_ + done * widest_columns,
                        .x_stride = widest_columns,
                        .y = y_ + at_,
                        .y_stride = positions_,
                        .rows = count,
                        .columns = channels_});
      done += count;
      at_ += count;
      if (at_ < positions_) continue;
      at_ = 0;
      y_ += step_;
    }
    held_ = 0;
  }

 private:
  std::size_t positions_;
  std::size_t step_;
  std::size_t channels_;
  float* y_;            // of the image at hand
  std::size_t at_ = 0;  // the first position held, in that image
  std::size_t held_ = 0;
  alignas(64) float values_[buffered_positions * widest_columns];
};

/// All positions of the channels from `first` on that fit one tile of this width.
void convolve_channels(const convolution_arguments& all, std::size_t first, std::size_t channels,
                       int logarithm) noexcept {
  position_buffer buffer{all, first, channels};
  position_walk walk{all};
  const partition blocks{all.images * all.height * all.width, most_windows};
  const float* windows[most_windows];
  for (std::size_t block = 0; block < blocks.parts; ++block) {
    const std::size_t count = blocks.size_of(block);
    for (std::size_t i = 0; i < count; ++i) windows[i] = walk.next();
    const tile_operands from{.windows = windows,
                             .taps = all.taps,
                             .b = all.filter + first / panel * all.inner * panel + first % panel,
                             .inner = all.inner};
    tiles<addressing::windows>.rows(count).by_width[logarithm](
        from, {.c = buffer.reserve(count),
               .c_stride = widest_columns,
               .columns = channels,
               .bias = all.bias == nullptr ? nullptr : all.bias + first,
               .relu = all.relu});
  }
  buffer.flush();
}

void convolve(const convolution_arguments& all) noexcept {
  const std::size_t positions = all.images * all.height * all.width;
  if (positions == 0) return;
  if (all.column_step == 1 && all.width % width == 0) return convolve_in_lanes(all);
  int logarithm = tiles<addressing::windows>.rows(partition{positions, most_windows}.size_of(0)).widest;
  for (std::size_t channel = 0; channel < all.channels;) {
    const std::size_t left = all.channels - channel;
    while (logarithm > 0 && left <= (std::size_t{width} << logarithm) - width) --logarithm;
    const std::size_t wide = std::size_t{width} << logarithm;
    convolve_channels(all, channel, left < wide ? left : wide, logarithm);
    channel += wide;
  }
}

// --- padding

void pad(const padding_arguments& all) noexcept {
  const float* x = all.x;
  for (std::size_t plane = 0; plane < all.planes; ++plane) {
    float* y = all.y + plane * all.y_plane;
    for (std::size_t row = 0; row < all.height; ++row, x += all.width, y += all.y_row) {
      for (std::size_t at = 0; at < all.width; at += width)
        store_up_to(y + at, load_up_to(x + at, all.width - at), all.width - at);
    }
  }
}

}  // namespace

namespace AIRLOOM_INSTRUCTION_SET {
const convolution_kernels convolution{.convolve = convolve, .pad = pad};
}  // namespace AIRLOOM_INSTRUCTION_SET

}  // namespace airloom::host::compute
