#pragma once
// Functions of whole rows of an f32 matrix [rows, columns] that lies without gaps. y may be x.

#include <cstddef>

#include "host/compute/instruction_set.hpp"

namespace airloom::host::compute {

struct row_shape {
  std::size_t rows;
  std::size_t columns;
};

/// y = exp(x - max x) / sum exp(x - max x), row by row.
using softmax_function = void (*)(const float* x, float* y, row_shape shape) noexcept;

softmax_function prepare_softmax(instruction_set set = best_instruction_set()) noexcept;

/// What softmax is taken of in attention: x * scale + mask. The mask is one row for all (stride 0), a row a
/// row, or null.
struct masked_scores {
  const float* x;
  float scale;
  const float* mask;
  std::size_t mask_stride;
  float* y;
};

/// y = softmax(x * scale + mask), row by row.
using masked_softmax_function = void (*)(const masked_scores& scores, row_shape shape) noexcept;

masked_softmax_function prepare_masked_softmax(instruction_set set = best_instruction_set()) noexcept;

/// gamma and beta are [columns]; mean and reciprocal_deviation are [rows], each of the two may be null.
struct layer_norm_arguments {
  const float* x;
  const float* gamma;
  const float* beta;
  float epsilon;
  float* y;
  float* mean = nullptr;
  float* reciprocal_deviation = nullptr;  ///< 1 / sqrt(variance + epsilon)
};

/// y = (x - mean) / sqrt(variance + epsilon) * gamma + beta, row by row, the variance over n (not n - 1).
using layer_norm_function = void (*)(const layer_norm_arguments& arguments, row_shape shape) noexcept;

layer_norm_function prepare_layer_norm(instruction_set set = best_instruction_set()) noexcept;

/// gamma is [columns]; reciprocal_mean is [rows].
struct rms_norm_arguments {
  const float* x;
  const float* gamma;
  float epsilon;
  float* y;
  float* reciprocal_mean;  ///< 1 / sqrt(mean of x^2 + epsilon)
};

/// y = x / sqrt(mean of x^2 + epsilon) * gamma, row by row.
using rms_norm_function = void (*)(const rms_norm_arguments& arguments, row_shape shape) noexcept;

rms_norm_function prepare_rms_norm(instruction_set set = best_instruction_set()) noexcept;

}  // namespace airloom::host::compute
