#pragma once
// 2-D convolution in f32 by Winograd's minimal filtering F(2x2, 3x3) (Lavin and Gray, "Fast Algorithms for
// Convolutional Neural Networks", 2015): 16 multiplications where the definition has 36, for more additions.
// They cancel each other only up to rounding, so an infinity or a NaN of the image reaches the two by two
// places of the output that are computed with it.

#include <array>

#include "host/compute/convolution.hpp"

namespace airloom::host::compute {

/// Whether a convolution can be computed so and gains from it: three by three taps beside each other that
/// move by one, in one group, with so many channels and places that transforming them pays.
bool suits_winograd(const filter_size& filter, height_width image, const filter_movement& movement) noexcept;

/// A transformed filter: a matrix [input channels, output channels] for each of the 16 places of a tile.
/// Immutable and shareable.
class winograd_filter {
 public:
  /// `values` is the filter in the order of filter_size, three by three and one group.
  winograd_filter(const float* values, filter_size size, instruction_set set = best_instruction_set());

  instruction_set set() const noexcept { return matrices_.front().set(); }
  std::array<const float*, 16> panels() const noexcept;

 private:
  std::vector<packed_matrix> matrices_;
};

/// A convolution that suits, prepared for one image size.
class winograd_convolution {
 public:
  winograd_convolution(filter_size filter, height_width image, padding pads,
                       instruction_set set = best_instruction_set()) noexcept;

  height_width output() const noexcept { return output_; }

  /// How many floats of scratch `run` needs, for any batch.
  std::size_t scratch_floats() const noexcept;

  /// As convolution::run, with a filter for the same instruction set.
  void run(const float* x, std::size_t batch, const winograd_filter& filter, epilogue end, float* y,
           float* scratch) const noexcept;

 private:
  /// Some rows of tiles of one image.
  struct strip {
    std::size_t first;
    std::size_t rows;
  };
  void gather(const float* x, strip part, float* padded) const noexcept;
  void run_strip(const float* x, strip part, const winograd_filter& filter, epilogue end, float* y,
                 float* scratch) const noexcept;
  std::size_t padded_floats(std::size_t tile_rows) const noexcept;
  std::size_t transformed_floats(std::size_t tile_rows) const noexcept;

  filter_size filter_;
  height_width image_;
  padding pads_;
  height_width output_;
  height_width tiles_;
  std::size_t pitch_;       // input channels, rounded up to whole vectors
  std::size_t strip_rows_;  // rows of tiles at once
  instruction_set set_;
};

}  // namespace airloom::host::compute
