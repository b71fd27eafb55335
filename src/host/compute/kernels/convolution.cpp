#include "host/compute/kernels/tile.hpp"
#include "host/compute/kernels/transpose.hpp"

namespace airloom::host::compute {
namespace {

constexpr std::size_t buffered_positions = 32;
constexpr std::size_t widest_columns = std::size_t{width} << 3;

/// Some channels of neighbouring positions of y. Tiles come as [position, channel], and y is [channel,
/// position]: results gather here until there are enough for whole vectors of positions.
class position_buffer {
 public:
  position_buffer(float* y, std::size_t positions, std::size_t channels) noexcept
      : y_{y}, positions_{positions}, channels_{channels} {}

  /// Room for the next `count` positions, `widest_columns` apart.
  float* reserve(std::size_t count) noexcept {
    if (held_ + count > buffered_positions) flush();
    float* place = values_ + held_ * widest_columns;
    held_ += count;
    return place;
  }

  void flush() noexcept {
    transpose_matrix({.x = values_,
                      .x_stride = widest_columns,
                      .y = y_,
                      .y_stride = positions_,
                      .rows = held_,
                      .columns = channels_});
    y_ += held_;
    held_ = 0;
  }

 private:
  float* y_;
  std::size_t positions_;
  std::size_t channels_;
  std::size_t held_ = 0;
  alignas(64) float values_[buffered_positions * widest_columns];
};

/// All positions of the channels from `first` on that fit one tile of this width; returns how many they are.
void convolve_channels(const convolution_arguments& all, std::size_t first, std::size_t channels,
                       int logarithm) noexcept {
  const std::size_t positions = all.height * all.width;
  position_buffer buffer{all.y + first * positions, positions, channels};
  const partition blocks{all.width};
  for (std::size_t y = 0; y < all.height; ++y) {
    const float* window = all.image + y * all.row_step;
    for (std::size_t block = 0; block < blocks.parts; ++block) {
      const std::size_t count = blocks.size_of(block);
      const tile_operands from{.a = window,
                               .a_stride = all.column_step,
                               .taps = all.taps,
                               .b = all.filter + first / panel * all.inner * panel + first % panel,
                               .inner = all.inner};
      tiles<addressing::taps>.rows(count).by_width[logarithm](
          from, {.c = buffer.reserve(count),
                 .c_stride = widest_columns,
                 .columns = channels,
                 .bias = all.bias == nullptr ? nullptr : all.bias + first,
                 .relu = all.relu});
      window += count * all.column_step;
    }
  }
  buffer.flush();
}

void convolve(const convolution_arguments& all) noexcept {
  if (all.width == 0) return;
  int logarithm = tiles<addressing::taps>.rows(partition{all.width}.size_of(0)).widest;
  for (std::size_t channel = 0; channel < all.channels;) {
    const std::size_t left = all.channels - channel;
    while (logarithm > 0 && left <= (std::size_t{width} << logarithm) - width) --logarithm;
    const std::size_t wide = std::size_t{width} << logarithm;
    convolve_channels(all, channel, left < wide ? left : wide, logarithm);
    channel += wide;
  }
}

}  // namespace

namespace AIRLOOM_INSTRUCTION_SET {
const convolution_kernels convolution{.convolve = convolve};
}  // namespace AIRLOOM_INSTRUCTION_SET

}  // namespace airloom::host::compute
