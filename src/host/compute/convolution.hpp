#pragma once
// 2-D convolution in f32, images as [batch, channels, height, width], with a constant filter.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "host/compute/product.hpp"

namespace airloom::host::compute {

struct convolution_kernels;

struct height_width {
  std::size_t height;
  std::size_t width;
};

struct padding {
  std::size_t top = 0;
  std::size_t bottom = 0;
  std::size_t left = 0;
  std::size_t right = 0;
};

/// A filter [output_channels, input_channels / groups, kernel.height, kernel.width].
struct filter_size {
  std::size_t output_channels;
  std::size_t input_channels;
  std::size_t groups;
  height_width kernel;
};

/// How a filter moves over the image.
struct filter_movement {
  height_width stride{1, 1};
  height_width dilation{1, 1};
  padding pads{};
};

/// The packed filter of every group; the same for all image sizes and batches, immutable and shareable.
class packed_filter {
 public:
  /// `values` is the filter in the order of filter_size. Refuses (error_code::shape_mismatch) channels that
  /// the groups do not divide.
  packed_filter(const float* values, filter_size size, instruction_set set = best_instruction_set());

  const filter_size& size() const noexcept { return size_; }
  instruction_set set() const noexcept { return groups_.front().set(); }
  const packed_matrix& group(std::size_t index) const noexcept { return groups_[index]; }

 private:
  filter_size size_;
  std::vector<packed_matrix> groups_;
};

/// A convolution prepared for one image size.
class convolution {
 public:
  /// Refuses (error_code::shape_mismatch) a kernel that is larger than the padded image.
  convolution(filter_size filter, height_width image, filter_movement movement);

  height_width output() const noexcept { return output_; }

  /// How many floats of scratch `run` needs, for any batch.
  std::size_t scratch_floats() const noexcept;

  /// y = epilogue(filter * x), x [batch, input channels, image], y [batch, output channels, output]; the bias
  /// is one float an output channel. y may not overlap x.
  void run(const float* x, std::size_t batch, const packed_filter& filter, epilogue end, float* y,
           float* scratch) const noexcept;

 private:
  std::size_t images_at_once() const noexcept;
  bool is_padded() const noexcept;
  std::size_t padded_floats() const noexcept;
  void pad(const float* x, std::size_t images, const convolution_kernels& with, float* padded) const noexcept;

  filter_size filter_;
  height_width image_;
  filter_movement movement_;
  height_width padded_;
  height_width output_;
  std::vector<std::uint32_t>
      taps_;  // where each weight of a filter reads, counted from the corner of its window
};

}  // namespace airloom::host::compute
