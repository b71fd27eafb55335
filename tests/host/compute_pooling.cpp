#include "host/compute/pooling.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "host/compute_support.hpp"

namespace {

using namespace airloom::host::compute;

constexpr float infinity = std::numeric_limits<float>::infinity();

TEST_CASE("max pooling takes the greatest element of each window, ignoring the padding") {
  const std::vector<float> x{1, 2,  3,  //
                             4, -5, 6,  //
                             7, 8,  -9};
  std::vector<float> y(4);
  max_pool({.input = {3, 3}, .output = {2, 2}, .kernel = {2, 2}, .stride = {1, 1}, .pads = {}}, 1, x.data(),
           y.data());
  CHECK(y == std::vector<float>{4, 6, 8, 8});
  const std::vector<float> below_zero{-1, -2, -3, -4};
  max_pool({.input = {2, 2}, .output = {2, 2}, .kernel = {2, 2}, .stride = {2, 2}, .pads = {1, 1, 1, 1}}, 1,
           below_zero.data(), y.data());
  CHECK(y == std::vector<float>{-1, -2, -3, -4});
}

TEST_CASE("max pooling keeps a NaN wherever it is in the window") {
  for (std::size_t at = 0; at < 4; ++at) {
    std::vector<float> x{1, 2, 3, 4};
    x[at] = NAN;
    float y = 0;
    max_pool({.input = {2, 2}, .output = {1, 1}, .kernel = {2, 2}, .stride = {1, 1}, .pads = {}}, 1, x.data(),
             &y);
    CHECK(std::isnan(y));
  }
}

float greatest_in_window(const pooling& pool, const float* x, std::size_t row, std::size_t column) {
  float greatest = -infinity;
  for (std::size_t i = 0; i < pool.kernel.height; ++i) {
    for (std::size_t j = 0; j < pool.kernel.width; ++j) {
      const std::size_t y = row * pool.stride.height + i - pool.pads.top;  // huge above and left of the input
      const std::size_t z = column * pool.stride.width + j - pool.pads.left;
      if (y >= pool.input.height || z >= pool.input.width) continue;
      const float value = x[y * pool.input.width + z];
      if (std::isnan(value) || value > greatest) greatest = value;
      if (std::isnan(greatest)) return greatest;
    }
  }
  return greatest;
}

/// Wrong elements of two pooled planes that hold a NaN.
std::size_t mistakes(const pooling& pool, instruction_set set) {
  const std::size_t plane_size = pool.input.height * pool.input.width;
  test::guarded_floats x{test::normal_values(2 * plane_size, static_cast<unsigned>(plane_size))};
  x[pool.input.width / 2] = NAN;
  test::guarded_floats y{2 * pool.output.height * pool.output.width, 7.0f};
  max_pool(pool, 2, x.data(), y.data(), set);
  std::size_t wrong = y.untouched() ? 0 : 1, at = 0;
  for (std::size_t plane = 0; plane < 2; ++plane) {
    for (std::size_t row = 0; row < pool.output.height; ++row) {
      for (std::size_t column = 0; column < pool.output.width; ++column, ++at) {
        const float want = greatest_in_window(pool, x.data() + plane * plane_size, row, column);
        if (!(y[at] == want || (std::isnan(y[at]) && std::isnan(want)))) ++wrong;
      }
    }
  }
  return wrong;
}

TEST_CASE("max pooling of every small width, kernel, stride and padding, and touches nothing else") {
  for (const auto set : test::instruction_sets()) {
    CAPTURE(static_cast<int>(set));
    for (std::size_t width = 1; width <= 40; ++width) {
      for (std::size_t kernel = 1; kernel <= 4; ++kernel) {
        for (std::size_t stride = 1; stride <= 3; ++stride) {
          const std::size_t left = (width + stride) % kernel, right = width % kernel;
          if (width + left + right < kernel) continue;
          const pooling pool{.input = {5, width},
                             .output = {5 - 2 + 1, (width + left + right - kernel) / stride + 1},
                             .kernel = {2, kernel},
                             .stride = {1, stride},
                             .pads = {0, 0, left, right}};
          const std::size_t wrong = mistakes(pool, set);
          if (wrong != 0) FAIL_CHECK(width << " wide, kernel " << kernel << ", stride " << stride);
        }
      }
    }
  }
}

TEST_CASE("max pooling of two by two, of every small size, rounded down and up") {
  for (const auto set : test::instruction_sets()) {
    CAPTURE(static_cast<int>(set));
    for (std::size_t height = 1; height <= 5; ++height) {
      for (std::size_t width = 1; width <= 70; ++width) {
        for (std::size_t more = 0; more <= 1; ++more) {
          const height_width output{(height + more) / 2, (width + more) / 2};
          if (output.height == 0 || output.width == 0) continue;
          const std::size_t wrong = mistakes(
              {.input = {height, width}, .output = output, .kernel = {2, 2}, .stride = {2, 2}, .pads = {}},
              set);
          if (wrong != 0) FAIL_CHECK(height << " high, " << width << " wide, and " << more);
        }
      }
    }
  }
}

TEST_CASE("max pooling of rows too long to be held beside each other") {
  const std::size_t width = 1500;
  const auto x = test::normal_values(2 * width, 1);
  const pooling pool{.input = {2, width}, .output = {1, 750}, .kernel = {2, 2}, .stride = {1, 2}, .pads = {}};
  std::vector<float> y(750);
  max_pool(pool, 1, x.data(), y.data());
  std::size_t wrong = 0;
  for (std::size_t column = 0; column < y.size(); ++column)
    if (y[column] != greatest_in_window(pool, x.data(), 0, column)) ++wrong;
  CHECK(wrong == 0);
}

TEST_CASE("average pooling divides by what it is told to count") {
  const std::vector<float> x{1, 2, 3, 4};
  const pooling pool{
      .input = {2, 2}, .output = {2, 2}, .kernel = {2, 2}, .stride = {2, 2}, .pads = {1, 1, 1, 1}};
  std::vector<float> y(4);
  average_pool(pool, average_count::inside, 1, x.data(), y.data());
  CHECK(y == std::vector<float>{1, 2, 3, 4});
  average_pool(pool, average_count::padded, 1, x.data(), y.data());
  CHECK(y == std::vector<float>{0.25f, 0.5f, 0.75f, 1});
}

TEST_CASE("a last window that reaches beyond the padding, as sizes rounded up have it") {
  const std::vector<float> x{1, 2, 3, 4, 5};
  const pooling pool{.input = {1, 5}, .output = {1, 3}, .kernel = {1, 2}, .stride = {1, 2}, .pads = {}};
  std::vector<float> y(3);
  max_pool(pool, 1, x.data(), y.data());
  CHECK(y == std::vector<float>{2, 4, 5});
  average_pool(pool, average_count::padded, 1, x.data(), y.data());
  CHECK(y == std::vector<float>{1.5f, 3.5f, 5});
}

TEST_CASE("a window wholly in the padding") {
  const std::vector<float> x{1};
  const pooling pool{
      .input = {1, 1}, .output = {1, 3}, .kernel = {1, 1}, .stride = {1, 1}, .pads = {0, 0, 1, 1}};
  std::vector<float> y(3);
  max_pool(pool, 1, x.data(), y.data());
  CHECK(y == std::vector<float>{-infinity, 1, -infinity});
  average_pool(pool, average_count::inside, 1, x.data(), y.data());
  CHECK(y == std::vector<float>{0, 1, 0});
}

TEST_CASE("planes are pooled one by one, against plain loops") {
  const pooling pool{
      .input = {9, 11}, .output = {4, 6}, .kernel = {3, 2}, .stride = {2, 2}, .pads = {0, 0, 1, 0}};
  const std::size_t planes = 3;
  const auto x = test::small_integers(planes * 9 * 11, 1);
  std::vector<float> greatest(planes * 4 * 6);
  std::vector<float> average(planes * 4 * 6);
  max_pool(pool, planes, x.data(), greatest.data());
  average_pool(pool, average_count::inside, planes, x.data(), average.data());
  std::size_t at = 0;
  for (std::size_t plane = 0; plane < planes; ++plane) {
    for (std::size_t row = 0; row < 4; ++row) {
      for (std::size_t column = 0; column < 6; ++column, ++at) {
        float most = -infinity;
        float sum = 0;
        float count = 0;
        for (std::size_t i = row * 2; i < row * 2 + 3; ++i) {
          for (std::size_t j = column * 2; j < column * 2 + 2; ++j) {
            if (j == 0) continue;  // padding
            const float value = x[(plane * 9 + i) * 11 + j - 1];
            most = std::max(most, value);
            sum += value;
            ++count;
          }
        }
        CHECK(greatest[at] == most);
        CHECK(average[at] == sum / count);
      }
    }
  }
}

TEST_CASE("the average of whole planes") {
  for (std::size_t count = 1; count <= 70; ++count) {
    const test::guarded_floats x{test::small_integers(2 * count, 1)};
    test::guarded_floats y{2};
    global_average(x.data(), 2, count, y.data());
    for (std::size_t plane = 0; plane < 2; ++plane) {
      float sum = 0;
      for (std::size_t i = 0; i < count; ++i) sum += x[plane * count + i];
      CHECK(y[plane] == sum / static_cast<float>(count));
    }
  }
}

}  // namespace
