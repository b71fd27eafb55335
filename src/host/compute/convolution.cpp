#include "host/compute/convolution.hpp"

#include <algorithm>
#include <limits>
#include <string>

#include "airloom/error.hpp"
#include "host/compute/kernels/kernels.hpp"

namespace airloom::host::compute {
namespace {

/// How many windows of `kernel` taps, `dilation` apart, fit into `size` when they move by `stride`.
std::size_t windows(std::size_t size, std::size_t kernel, std::size_t stride, std::size_t dilation) {
  const std::size_t reach = (kernel - 1) * dilation + 1;
  if (kernel == 0 || stride == 0 || dilation == 0 || reach > size) {
    throw error(error_code::shape_mismatch,
                "A filter of " + std::to_string(kernel) + " with dilation " + std::to_string(dilation) +
                    " and stride " + std::to_string(stride) + " does not fit an image of " +
                    std::to_string(size) + ".",
                "Pad the image, or choose a smaller filter; stride and dilation are at least 1.");
  }
  return (size - reach) / stride + 1;
}

std::size_t area(height_width size) {
  return size.height * size.width;
}

void check_groups(const filter_size& size) {
  if (size.groups == 0 || size.output_channels % size.groups != 0 || size.input_channels % size.groups != 0) {
    throw error(error_code::shape_mismatch,
                "A convolution from " + std::to_string(size.input_channels) + " to " +
                    std::to_string(size.output_channels) + " channels has " + std::to_string(size.groups) +
                    " groups.",
                "The number of groups has to divide both numbers of channels.");
  }
}

}  // namespace

packed_filter::packed_filter(const float* values, filter_size size, instruction_set set) : size_{size} {
  check_groups(size);
  const std::size_t channels = size.output_channels / size.groups;
  const std::size_t inner = size.input_channels / size.groups * size.kernel.height * size.kernel.width;
  groups_.reserve(size.groups);
  for (std::size_t group = 0; group < size.groups; ++group) {
    groups_.push_back(pack(values + group * channels * inner, inner, channels, layout::transposed, set));
  }
}

convolution::convolution(filter_size filter, height_width image, filter_movement movement)
    : filter_{filter},
      image_{image},
      movement_{movement},
      padded_{image.height + movement.pads.top + movement.pads.bottom,
              image.width + movement.pads.left + movement.pads.right},
      output_{windows(padded_.height, filter.kernel.height, movement.stride.height, movement.dilation.height),
              windows(padded_.width, filter.kernel.width, movement.stride.width, movement.dilation.width)} {
  check_groups(filter);
  const std::size_t channels = filter.input_channels / filter.groups;
  const std::size_t plane = area(padded_);
  if (channels > std::numeric_limits<std::uint32_t>::max() / plane) {
    throw error(error_code::shape_mismatch, "An image of a convolution has more than 2^32 elements.",
                "Cut it into tiles.");
  }
  for (std::size_t channel = 0; channel < channels; ++channel) {
    for (std::size_t y = 0; y < filter.kernel.height; ++y) {
      for (std::size_t x = 0; x < filter.kernel.width; ++x) {
        taps_.push_back(static_cast<std::uint32_t>(
            channel * plane + y * movement.dilation.height * padded_.width + x * movement.dilation.width));
      }
    }
  }
}

// Without padding the image is read where it lies. Small images are padded several at a time, so that weights
// serve many positions once they are in the first-level cache.
std::size_t convolution::images_at_once() const noexcept {
  constexpr std::size_t positions = 48;
  return (positions + area(output_) - 1) / area(output_);
}

bool convolution::is_padded() const noexcept {
  return padded_.height != image_.height || padded_.width != image_.width;
}

std::size_t convolution::padded_floats() const noexcept {
  return filter_.input_channels / filter_.groups * area(padded_);
}

std::size_t convolution::scratch_floats() const noexcept {
  return is_padded() ? images_at_once() * padded_floats() : 0;
}

void convolution::pad(const float* x, std::size_t images, const convolution_kernels& with,
                      float* padded) const noexcept {
  const std::size_t planes = filter_.input_channels / filter_.groups;
  for (std::size_t image = 0; image < images; ++image) {
    with.pad(
        {.x = x + image * filter_.input_channels * area(image_),
         .planes = planes,
         .height = image_.height,
         .width = image_.width,
         .y = padded + image * padded_floats() + movement_.pads.top * padded_.width + movement_.pads.left,
         .y_row = padded_.width,
         .y_plane = area(padded_)});
  }
}

void convolution::run(const float* x, std::size_t batch, const packed_filter& filter, epilogue end, float* y,
                      float* scratch) const noexcept {
  const convolution_kernels& with = kernels(filter.set()).convolution;
  const std::size_t channels = filter_.output_channels / filter_.groups;
  const std::size_t x_group = filter_.input_channels / filter_.groups * area(image_);
  const std::size_t y_group = channels * area(output_);
  const std::size_t step = is_padded() ? std::min(batch, images_at_once()) : batch;
  if (is_padded()) std::fill_n(scratch, step * padded_floats(), 0.0f);
  for (std::size_t first = 0; first < batch; first += step) {
    const std::size_t images = std::min(step, batch - first);
    for (std::size_t group = 0; group < filter_.groups; ++group) {
      const std::size_t part = first * filter_.groups + group;
      const float* image = x + part * x_group;
      if (is_padded()) pad(image, images, with, scratch);
      with.convolve({.image = is_padded() ? scratch : image,
                     .images = images,
                     .image_step = is_padded() ? padded_floats() : filter_.groups * x_group,
                     .taps = taps_.data(),
                     .inner = taps_.size(),
                     .row_step = movement_.stride.height * padded_.width,
                     .column_step = movement_.stride.width,
                     .filter = filter.group(group).panels(),
                     .channels = channels,
                     .height = output_.height,
                     .width = output_.width,
                     .bias = end.bias == nullptr ? nullptr : end.bias + group * channels,
                     .relu = end.function == activation::relu,
                     .y = y + part * y_group,
                     .y_step = filter_.groups * y_group});
    }
  }
}

}  // namespace airloom::host::compute
