#include "host/compute/winograd.hpp"

#include <algorithm>

#include "host/compute/kernels/kernels.hpp"

namespace airloom::host::compute {
namespace {

constexpr std::size_t side = winograd_side;

bool is(height_width size, std::size_t extent) {
  return size.height == extent && size.width == extent;
}

height_width tiles_of(height_width output) {
  return {(output.height + 1) / 2, (output.width + 1) / 2};
}

height_width output_of(height_width image, const padding& pads) {
  return {image.height + pads.top + pads.bottom - 2, image.width + pads.left + pads.right - 2};
}

/// G g Gᵀ of one filter of three by three, row by row.
std::array<float, side * side> transformed(const float* taps) {
  constexpr double g[side][3] = {{1, 0, 0}, {0.5, 0.5, 0.5}, {0.5, -0.5, 0.5}, {0, 0, 1}};
  std::array<float, side * side> result{};
  for (std::size_t i = 0; i < side; ++i) {
    for (std::size_t j = 0; j < side; ++j) {
      double sum = 0;
      for (std::size_t y = 0; y < 3; ++y)
        for (std::size_t x = 0; x < 3; ++x) sum += g[i][y] * static_cast<double>(taps[y * 3 + x]) * g[j][x];
      result[i * side + j] = static_cast<float>(sum);
    }
  }
  return result;
}

}  // namespace

bool suits_winograd(const filter_size& filter, height_width image, const filter_movement& movement) noexcept {
  const padding& pads = movement.pads;
  if (!is(filter.kernel, 3) || !is(movement.stride, 1) || !is(movement.dilation, 1) || filter.groups != 1 ||
      image.height + pads.top + pads.bottom < 3 || image.width + pads.left + pads.right < 3)
    return false;
  const height_width tiles = tiles_of(output_of(image, pads));
  return filter.input_channels >= 16 && filter.output_channels >= 16 && tiles.height * tiles.width >= 4;
}

winograd_filter::winograd_filter(const float* values, filter_size size, instruction_set set) {
  const std::size_t filters = size.output_channels * size.input_channels;
  std::vector<std::array<float, side * side>> places(filters);
  for (std::size_t i = 0; i < filters; ++i) places[i] = transformed(values + i * 9);
  std::vector<float> matrix(filters);
  matrices_.reserve(side * side);
  for (std::size_t place = 0; place < side * side; ++place) {
    for (std::size_t i = 0; i < filters; ++i) matrix[i] = places[i][place];
    matrices_.push_back(
        pack(matrix.data(), size.input_channels, size.output_channels, layout::transposed, set));
  }
}

std::array<const float*, 16> winograd_filter::panels() const noexcept {
  std::array<const float*, 16> result{};
  for (std::size_t place = 0; place < result.size(); ++place) result[place] = matrices_[place].panels();
  return result;
}

winograd_convolution::winograd_convolution(filter_size filter, height_width image, padding pads,
                                           instruction_set set) noexcept
    : filter_{filter},
      image_{image},
      pads_{pads},
      output_{output_of(image, pads)},
      tiles_{tiles_of(output_)},
      set_{set} {
  constexpr std::size_t tiles_at_once = 32;
  const std::size_t vector = kernels(set).winograd.vector;
  pitch_ = (filter.input_channels + vector - 1) / vector * vector;
  strip_rows_ = std::clamp(tiles_at_once / tiles_.width, std::size_t{1}, tiles_.height);
}

std::size_t winograd_convolution::padded_floats(std::size_t tile_rows) const noexcept {
  return (2 * tile_rows + 2) * (2 * tiles_.width + 2) * pitch_;
}

std::size_t winograd_convolution::transformed_floats(std::size_t tile_rows) const noexcept {
  return side * side * tile_rows * tiles_.width * pitch_;
}

std::size_t winograd_convolution::scratch_floats() const noexcept {
  const winograd_kernels& with = kernels(set_).winograd;
  return padded_floats(strip_rows_) + transformed_floats(strip_rows_) + with.product_floats +
         2 * strip_rows_ * output_.width * with.panel;
}

/// The rows of an image under a strip, with zeros around them and channels last.
void winograd_convolution::gather(const float* x, strip part, float* padded) const noexcept {
  const std::size_t columns = 2 * tiles_.width + 2, line = columns * pitch_;
  const std::size_t left = pads_.left * pitch_, inside = image_.width * pitch_;
  for (std::size_t row = 0; row < 2 * part.rows + 2; ++row, padded += line) {
    const std::size_t from = 2 * part.first + row - pads_.top;  // huge above the image
    const bool is_covered = from < image_.height && pitch_ == filter_.input_channels;
    std::fill_n(padded, is_covered ? left : line, 0.0f);
    if (is_covered) std::fill_n(padded + left + inside, line - left - inside, 0.0f);
    if (from >= image_.height) continue;
    kernels(set_).transpose.transpose({.x = x + from * image_.width,
                                       .x_stride = image_.height * image_.width,
                                       .y = padded + left,
                                       .y_stride = pitch_,
                                       .rows = filter_.input_channels,
                                       .columns = image_.width});
  }
}

void winograd_convolution::run_strip(const float* x, strip part, const winograd_filter& filter, epilogue end,
                                     float* y, float* scratch) const noexcept {
  const winograd_kernels& with = kernels(set_).winograd;
  float* const transformed = scratch + padded_floats(part.rows);
  gather(x, part, scratch);
  with.transform_input({.x = scratch,
                        .columns = 2 * tiles_.width + 2,
                        .pitch = pitch_,
                        .tile_rows = part.rows,
                        .tile_columns = tiles_.width,
                        .y = transformed});
  const std::array<const float*, 16> panels = filter.panels();
  with.multiply({.x = transformed,
                 .pitch = pitch_,
                 .tile_rows = part.rows,
                 .tile_columns = tiles_.width,
                 .inner = filter_.input_channels,
                 .filter = panels.data(),
                 .channels = filter_.output_channels,
                 .bias = end.bias,
                 .relu = end.function == activation::relu,
                 .height = std::min(2 * part.rows, output_.height - 2 * part.first),
                 .width = output_.width,
                 .scratch = transformed + transformed_floats(part.rows),
                 .y = y + 2 * part.first * output_.width,
                 .y_plane = output_.height * output_.width});
}

void winograd_convolution::run(const float* x, std::size_t batch, const winograd_filter& filter, epilogue end,
                               float* y, float* scratch) const noexcept {
  for (std::size_t image = 0; image < batch; ++image) {
    for (std::size_t first = 0; first < tiles_.height; first += strip_rows_)
      run_strip(x, {first, std::min(strip_rows_, tiles_.height - first)}, filter, end, y, scratch);
    x += filter_.input_channels * image_.height * image_.width;
    y += filter_.output_channels * output_.height * output_.width;
  }
}

}  // namespace airloom::host::compute
