#pragma once
// 2-D pooling of f32 planes: x is [planes, input], y is [planes, output], planes being batch times channels.

#include <cstddef>

#include "host/compute/convolution.hpp"

namespace airloom::host::compute {

/// `output` is the caller's, who knows whether sizes round up or down; positions outside the input are not
/// read.
struct pooling {
  height_width input;
  height_width output;
  height_width kernel;
  height_width stride;
  padding pads;
};

/// What an average divides by: the positions inside the input, or those inside the padded input too.
enum class average_count { inside, padded };

/// NaN where the window holds one; minus infinity for a window wholly in the padding.
void max_pool(const pooling& pool, std::size_t planes, const float* x, float* y,
              instruction_set set = best_instruction_set()) noexcept;

/// 0 for a window wholly in the padding.
void average_pool(const pooling& pool, average_count count, std::size_t planes, const float* x,
                  float* y) noexcept;

/// y[plane] = the mean of x[plane, 0 .. count).
void global_average(const float* x, std::size_t planes, std::size_t count, float* y) noexcept;

}  // namespace airloom::host::compute
