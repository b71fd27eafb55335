#pragma once
// Dimensions by number, as operators name them.

#include "host/kernel.hpp"
#include "host/strided.hpp"

namespace airloom::host {

/// A dimension counted from the front; a negative one counts from the back. The rule has checked its range.
inline std::size_t dimension_of(std::int64_t number, std::size_t rank) {
  return static_cast<std::size_t>(number < 0 ? number + static_cast<std::int64_t>(rank) : number);
}

/// A tensor taken apart into the dimensions that an operator reduces and those that it keeps.
struct reduction {
  sizes kept;
  sizes reduced;
  strides kept_strides;
  strides reduced_strides;

  reduction(const sizes& shape, const std::vector<std::int64_t>& axes) {
    std::vector<bool> is_reduced(shape.size(), false);
    for (const std::int64_t axis : axes) is_reduced[dimension_of(axis, shape.size())] = true;
    const strides dense = dense_strides(shape);
    for (std::size_t d = 0; d != shape.size(); ++d) {
      (is_reduced[d] ? reduced : kept).push_back(shape[d]);
      (is_reduced[d] ? reduced_strides : kept_strides).push_back(dense[d]);
    }
  }

  /// Every kept place: in the tensor, and in a dense result.
  strided_loop<2> kept_loop() const { return {kept, {kept_strides, dense_strides(kept)}}; }
  /// Every reduced place, counted from a kept one.
  strided_loop<1> reduced_loop() const { return {reduced, {reduced_strides}}; }
  std::size_t reduced_elements() const { return product_of(reduced); }
  std::size_t kept_elements() const { return product_of(kept); }
  /// Whether the reduced elements of each kept place lie side by side.
  bool reduces_rows() const {
    const strided_loop<1> loop = reduced_loop();
    return loop.outer_rank() == 0 && (loop.row_length() == 1 || loop.row_stride(0) == 1) &&
           kept_loop().outer_rank() == 0;
  }

 private:
  static std::size_t product_of(const sizes& all) {
    std::size_t product = 1;
    for (const std::size_t size : all) product *= size;
    return product;
  }
};

}  // namespace airloom::host
