#include "host/compute/kernels/kernels.hpp"
#include "host/compute/kernels/math.hpp"

namespace airloom::host::compute {
namespace {

float greatest(const float* x, std::size_t count) noexcept {
  const lanes lowest = broadcast(-__builtin_inff());
  lanes found = lowest;
  std::size_t at = 0;
  for (; at + width <= count; at += width) found = maximum(found, load(x + at));
  if (at < count) found = maximum(found, keep_first(load_first(x + at, count - at), count - at, lowest));
  return greatest_lane(found);
}

/// y = exp(x - shift), and the sum of that.
float exponentials(const float* x, float shift, float* y, std::size_t count) noexcept {
  lanes sum{};
  std::size_t at = 0;
  for (; at + width <= count; at += width) {
    const lanes value = exponential(load(x + at) - shift);
    store(y + at, value);
    sum += value;
  }
  if (at < count) {
    const lanes value = exponential(load_first(x + at, count - at) - shift);
    store_first(y + at, value, count - at);
    sum += keep_first(value, count - at, lanes{});
  }
  return sum_of_lanes(sum);
}

void scale_all(float* y, float factor, std::size_t count) noexcept {
  std::size_t at = 0;
  for (; at + width <= count; at += width) store(y + at, load(y + at) * factor);
  if (at < count) store_first(y + at, load_first(y + at, count - at) * factor, count - at);
}

void softmax(const float* x, float* y, row_shape shape) noexcept {
  for (std::size_t row = 0; row < shape.rows; ++row, x += shape.columns, y += shape.columns) {
    const float sum = exponentials(x, greatest(x, shape.columns), y, shape.columns);
    scale_all(y, 1.0f / sum, shape.columns);
  }
}

/// y = x * scale + mask, and the greatest of that; no mask is null.
float scale_and_mask(const float* x, float scale, const float* mask, float* y, std::size_t count) noexcept {
  const lanes lowest = broadcast(-__builtin_inff());
  lanes found = lowest;
  std::size_t at = 0;
  for (; at + width <= count; at += width) {
    const lanes value = load(x + at) * scale + (mask == nullptr ? lanes{} : load(mask + at));
    store(y + at, value);
    found = maximum(found, value);
  }
  if (const std::size_t left = count - at; left > 0) {
    const lanes value =
        load_first(x + at, left) * scale + (mask == nullptr ? lanes{} : load_first(mask + at, left));
    store_first(y + at, value, left);
    found = maximum(found, keep_first(value, left, lowest));
  }
  return greatest_lane(found);
}

void masked_softmax(const masked_scores& all, row_shape shape) noexcept {
  for (std::size_t row = 0; row < shape.rows; ++row) {
    const float* mask = all.mask == nullptr ? nullptr : all.mask + row * all.mask_stride;
    float* y = all.y + row * shape.columns;
    const float most = scale_and_mask(all.x + row * shape.columns, all.scale, mask, y, shape.columns);
    const float sum = exponentials(y, most, y, shape.columns);
    scale_all(y, 1.0f / sum, shape.columns);
  }
}

float mean_of(const float* x, std::size_t count) noexcept {
  lanes sum{};
  std::size_t at = 0;
  for (; at + width <= count; at += width) sum += load(x + at);
  if (at < count) sum += load_first(x + at, count - at);
  return sum_of_lanes(sum) / static_cast<float>(count);
}

float variance_of(const float* x, float mean, std::size_t count) noexcept {
  lanes sum{};
  std::size_t at = 0;
  for (; at + width <= count; at += width) {
    const lanes difference = load(x + at) - mean;
    sum += difference * difference;
  }
  if (at < count) {
    const lanes difference = keep_first(load_first(x + at, count - at) - mean, count - at, lanes{});
    sum += difference * difference;
  }
  return sum_of_lanes(sum) / static_cast<float>(count);
}

/// y = (x - mean) * factor * gamma + beta
void normalise(const float* x, float mean, float factor, const layer_norm_arguments& all, float* y,
               std::size_t count) noexcept {
  std::size_t at = 0;
  for (; at + width <= count; at += width) {
    store(y + at, (load(x + at) - mean) * factor * load(all.gamma + at) + load(all.beta + at));
  }
  if (const std::size_t left = count - at; left > 0) {
    const lanes value = (load_first(x + at, left) - mean) * factor;
    store_first(y + at, value * load_first(all.gamma + at, left) + load_first(all.beta + at, left), left);
  }
}

void layer_norm(const layer_norm_arguments& all, row_shape shape) noexcept {
  for (std::size_t row = 0; row < shape.rows; ++row) {
    const float* x = all.x + row * shape.columns;
    const float mean = mean_of(x, shape.columns);
    const float factor = 1.0f / __builtin_sqrtf(variance_of(x, mean, shape.columns) + all.epsilon);
    normalise(x, mean, factor, all, all.y + row * shape.columns, shape.columns);
    if (all.mean != nullptr) all.mean[row] = mean;
    if (all.reciprocal_deviation != nullptr) all.reciprocal_deviation[row] = factor;
  }
}

/// y = x * factor * gamma
void scale_by_row(const float* x, float factor, const float* gamma, float* y, std::size_t count) noexcept {
  std::size_t at = 0;
  for (; at + width <= count; at += width) store(y + at, load(x + at) * factor * load(gamma + at));
  if (const std::size_t left = count - at; left > 0) {
    store_first(y + at, load_first(x + at, left) * factor * load_first(gamma + at, left), left);
  }
}

void rms_norm(const rms_norm_arguments& all, row_shape shape) noexcept {
  for (std::size_t row = 0; row < shape.rows; ++row) {
    const float* x = all.x + row * shape.columns;
    const float factor = 1.0f / __builtin_sqrtf(variance_of(x, 0.0f, shape.columns) + all.epsilon);
    scale_by_row(x, factor, all.gamma, all.y + row * shape.columns, shape.columns);
    all.reciprocal_mean[row] = factor;
  }
}

}  // namespace

namespace AIRLOOM_INSTRUCTION_SET {
const row_kernels rows{
    .softmax = softmax, .masked_softmax = masked_softmax, .layer_norm = layer_norm, .rms_norm = rms_norm};
}  // namespace AIRLOOM_INSTRUCTION_SET

}  // namespace airloom::host::compute
