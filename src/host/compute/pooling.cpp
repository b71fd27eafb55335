#include "host/compute/pooling.hpp"

#include <algorithm>
#include <limits>

#include "host/compute/kernels/kernels.hpp"

namespace airloom::host::compute {
namespace {

/// The part [begin, end) of a window that is inside the input, and how much of it is inside the padded input.
struct span {
  std::size_t begin;
  std::size_t end;
  std::size_t padded;
};

span window_span(std::size_t window, std::size_t kernel, std::size_t stride, std::size_t size,
                 std::size_t before, std::size_t after) noexcept {
  const std::size_t first = window * stride;  // counted from the start of the padding, as all of these
  const std::size_t last = first + kernel;
  const std::size_t inside_end = before + size;
  const std::size_t begin = std::clamp(first, before, inside_end);
  const std::size_t end = std::max(begin, std::min(last, inside_end));
  const std::size_t padded_end = std::min(last, inside_end + after);
  return {begin - before, end - before, padded_end > first ? padded_end - first : 0};
}

/// The windows [begin, end) of one dimension that lie wholly inside the input.
struct inner_windows {
  std::size_t begin;
  std::size_t end;
};

inner_windows windows_inside(std::size_t windows, std::size_t kernel, std::size_t stride, std::size_t size,
                             std::size_t before) noexcept {
  const std::size_t begin = std::min(windows, (before + stride - 1) / stride);
  const std::size_t fitting = before + size < kernel ? 0 : (before + size - kernel) / stride + 1;
  return {begin, std::clamp(fitting, begin, windows)};
}

/// Calls visit(x, rows of the window, columns of the window) for every element of y; most windows lie wholly
/// inside the input, and their columns need no clipping.
template <typename Visit>
void for_each_window(const pooling& pool, std::size_t planes, const float* x, float* y,
                     Visit visit) noexcept {
  const std::size_t kernel = pool.kernel.width, stride = pool.stride.width, left = pool.pads.left;
  const inner_windows inside = windows_inside(pool.output.width, kernel, stride, pool.input.width, left);
  const auto clipped = [&](std::size_t column) {
    return window_span(column, kernel, stride, pool.input.width, left, pool.pads.right);
  };
  for (std::size_t plane = 0; plane < planes; ++plane, x += pool.input.height * pool.input.width) {
    for (std::size_t row = 0; row < pool.output.height; ++row) {
      const span rows = window_span(row, pool.kernel.height, pool.stride.height, pool.input.height,
                                    pool.pads.top, pool.pads.bottom);
      std::size_t column = 0;
      for (; column < inside.begin; ++column) *y++ = visit(x, rows, clipped(column));
      for (std::size_t first = column * stride - left; column < inside.end; ++column, first += stride)
        *y++ = visit(x, rows, {first, first + kernel, kernel});
      for (; column < pool.output.width; ++column) *y++ = visit(x, rows, clipped(column));
    }
  }
}

/// The greater of two; a NaN stays.
float greater(float greatest, float value) noexcept {
  return value > greatest || value != value ? value : greatest;
}

void max_pool_one_by_one(const pooling& pool, std::size_t planes, const float* x, float* y) noexcept {
  for_each_window(pool, planes, x, y, [&](const float* plane, span rows, span columns) {
    float greatest = -std::numeric_limits<float>::infinity();
    for (std::size_t row = rows.begin; row < rows.end; ++row)
      for (std::size_t column = columns.begin; column < columns.end; ++column)
        greatest = greater(greatest, plane[row * pool.input.width + column]);
    return greatest;
  });
}

/// Two by two beside each other, all of them inside the input.
bool has_pairs(const pooling& pool) noexcept {
  const auto is_two = [](height_width size) { return size.height == 2 && size.width == 2; };
  return is_two(pool.kernel) && is_two(pool.stride) && pool.pads.top == 0 && pool.pads.left == 0 &&
         2 * pool.output.height <= pool.input.height && 2 * pool.output.width <= pool.input.width;
}

}  // namespace

void max_pool(const pooling& pool, std::size_t planes, const float* x, float* y,
              instruction_set set) noexcept {
  if (has_pairs(pool)) {
    return kernels(set).pool.max_pairs({.x = x,
                                        .x_plane = pool.input.height * pool.input.width,
                                        .x_row = pool.input.width,
                                        .planes = planes,
                                        .height = pool.output.height,
                                        .width = pool.output.width,
                                        .y = y});
  }
  const std::size_t reach = (pool.output.width - 1) * pool.stride.width + pool.kernel.width;
  if (pool.output.width == 0 || std::max(reach, pool.pads.left + pool.input.width) > longest_pool_row)
    return max_pool_one_by_one(pool, planes, x, y);
  for (std::size_t plane = 0; plane < planes; ++plane, x += pool.input.height * pool.input.width) {
    for (std::size_t row = 0; row < pool.output.height; ++row, y += pool.output.width) {
      const span rows = window_span(row, pool.kernel.height, pool.stride.height, pool.input.height,
                                    pool.pads.top, pool.pads.bottom);
      kernels(set).pool.max_row({.x = x + rows.begin * pool.input.width,
                                 .x_stride = pool.input.width,
                                 .rows = rows.end - rows.begin,
                                 .width = pool.input.width,
                                 .before = pool.pads.left,
                                 .kernel = pool.kernel.width,
                                 .stride = pool.stride.width,
                                 .windows = pool.output.width,
                                 .y = y});
    }
  }
}

void average_pool(const pooling& pool, average_count count, std::size_t planes, const float* x,
                  float* y) noexcept {
  for_each_window(pool, planes, x, y, [&](const float* plane, span rows, span columns) {
    float sum = 0.0f;
    for (std::size_t row = rows.begin; row < rows.end; ++row) {
      for (std::size_t column = columns.begin; column < columns.end; ++column) {
        sum += plane[row * pool.input.width + column];
      }
    }
    const std::size_t inside = (rows.end - rows.begin) * (columns.end - columns.begin);
    const std::size_t divisor = count == average_count::inside ? inside : rows.padded * columns.padded;
    return divisor == 0 ? 0.0f : sum / static_cast<float>(divisor);
  });
}

void global_average(const float* x, std::size_t planes, std::size_t count, float* y) noexcept {
  constexpr std::size_t chains = 8;  // sums beside each other, which the compiler keeps in vectors
  for (std::size_t plane = 0; plane < planes; ++plane, x += count) {
    float sums[chains]{};
    std::size_t at = 0;
    for (; at + chains <= count; at += chains) {
      for (std::size_t chain = 0; chain < chains; ++chain) sums[chain] += x[at + chain];
    }
    for (; at < count; ++at) sums[0] += x[at];
    float sum = 0.0f;
    for (const float part : sums) sum += part;
    y[plane] = sum / static_cast<float>(count);
  }
}

}  // namespace airloom::host::compute
