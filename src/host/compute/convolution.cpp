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

/// Copies the planes of an image into the middle of larger ones.
void copy_inside(const float* x, std::size_t planes, height_width image, const padding& pads,
                 height_width padded, float* y) noexcept {
  y += pads.top * padded.width + pads.left;
  for (std::size_t plane = 0; plane < planes; ++plane, y += padded.height * padded.width) {
    for (std::size_t row = 0; row < image.height; ++row, x += image.width) {
      std::copy_n(x, image.width, y + row * padded.width);
    }
  }
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
  const std::size_t plane = padded_.height * padded_.width;
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

// Without padding the image is read where it lies.
std::size_t convolution::scratch_floats() const noexcept {
  const bool in_place = padded_.height == image_.height && padded_.width == image_.width;
  return in_place ? 0 : filter_.input_channels / filter_.groups * padded_.height * padded_.width;
}

void convolution::run(const float* x, std::size_t batch, const packed_filter& filter, epilogue end, float* y,
                      float* scratch) const noexcept {
  const std::size_t channels = filter_.output_channels / filter_.groups;
  const std::size_t input_channels = filter_.input_channels / filter_.groups;
  if (scratch_floats() > 0) std::fill_n(scratch, scratch_floats(), 0.0f);
  for (std::size_t part = 0; part < batch * filter_.groups; ++part) {
    const std::size_t group = part % filter_.groups;
    const float* image = x + part * input_channels * image_.height * image_.width;
    if (scratch_floats() > 0) {
      copy_inside(image, input_channels, image_, movement_.pads, padded_, scratch);
      image = scratch;
    }
    kernels(filter.set())
        .convolution.convolve({.image = image,
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
                               .y = y + part * channels * output_.height * output_.width});
  }
}

}  // namespace airloom::host::compute
