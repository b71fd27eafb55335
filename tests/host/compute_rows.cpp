#include "host/compute/rows.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "host/compute_support.hpp"

namespace {

using namespace airloom::host::compute;

constexpr std::size_t rows = 3;

std::vector<double> softmax(const float* x, std::size_t count) {
  const double greatest = static_cast<double>(*std::max_element(x, x + count));
  std::vector<double> y(count);
  for (std::size_t i = 0; i < count; ++i) y[i] = std::exp(static_cast<double>(x[i]) - greatest);
  const double sum = std::accumulate(y.begin(), y.end(), 0.0);
  for (double& value : y) value /= sum;
  return y;
}

TEST_CASE("softmax of rows of every length, in place too") {
  for (const auto set : test::instruction_sets()) {
    for (std::size_t columns = 1; columns <= 150; ++columns) {
      auto x = test::normal_values(rows * columns, 1);
      for (float& value : x) value *= 5;
      test::guarded_floats y{x};
      prepare_softmax(set)(y.data(), y.data(), {rows, columns});
      double worst = y.untouched() ? 0 : 1;
      for (std::size_t row = 0; row < rows; ++row) {
        const auto want = softmax(x.data() + row * columns, columns);
        for (std::size_t i = 0; i < columns; ++i) {
          worst = std::max(worst, std::abs(static_cast<double>(y[row * columns + i]) - want[i]) / want[i]);
        }
      }
      CAPTURE(columns);
      CHECK(worst < 2e-6);  // mostly that of x - max x, which is rounded before exp
    }
  }
}

TEST_CASE("softmax of what has no finite greatest element") {
  const float infinity = std::numeric_limits<float>::infinity();
  for (const auto set : test::instruction_sets()) {
    std::vector<float> x(3 * 20, 1.0f);
    x[3] = -infinity;
    x[25] = NAN;
    std::fill(x.begin() + 40, x.end(), -infinity);
    prepare_softmax(set)(x.data(), x.data(), {3, 20});
    CHECK(x[3] == 0.0f);
    CHECK(x[4] == doctest::Approx(1.0 / 19));
    for (std::size_t i = 20; i < 60; ++i) CHECK(std::isnan(x[i]));
  }
}

TEST_CASE("layer norm of rows of every length") {
  for (const auto set : test::instruction_sets()) {
    for (std::size_t columns = 1; columns <= 150; ++columns) {
      auto x = test::normal_values(rows * columns, 1);
      for (float& value : x) value = 3 * value + 2;
      const test::guarded_floats gamma{test::normal_values(columns, 2)};
      const test::guarded_floats beta{test::normal_values(columns, 3)};
      test::guarded_floats y{x};
      test::guarded_floats means{rows};
      test::guarded_floats factors{rows};
      prepare_layer_norm(set)(
          {y.data(), gamma.data(), beta.data(), 1e-5f, y.data(), means.data(), factors.data()},
          {rows, columns});
      double worst = y.untouched() && means.untouched() && factors.untouched() ? 0 : 1;
      for (std::size_t row = 0; row < rows; ++row) {
        const float* values = x.data() + row * columns;
        const auto n = static_cast<double>(columns);
        const double mean = std::accumulate(values, values + columns, 0.0) / n;
        double variance = 0;
        for (std::size_t i = 0; i < columns; ++i)
          variance += std::pow(static_cast<double>(values[i]) - mean, 2) / n;
        const double factor = 1 / std::sqrt(variance + static_cast<double>(1e-5f));
        for (std::size_t i = 0; i < columns; ++i) {
          const double want =
              (static_cast<double>(values[i]) - mean) * factor * static_cast<double>(gamma[i]) +
              static_cast<double>(beta[i]);
          worst = std::max(worst, std::abs(static_cast<double>(y[row * columns + i]) - want) / factor);
        }
        worst = std::max(worst, std::abs(static_cast<double>(means[row]) - mean));
        worst = std::max(worst, std::abs(static_cast<double>(factors[row]) / factor - 1));
      }
      CAPTURE(columns);
      CHECK(worst < 2e-5);
    }
  }
}

TEST_CASE("layer norm does not need the mean and the deviation stored") {
  const std::vector<float> x{1, 3};
  const std::vector<float> gamma{1, 10};
  const std::vector<float> beta{0, 5};
  for (const auto set : test::instruction_sets()) {
    std::vector<float> y(2);
    prepare_layer_norm(set)({x.data(), gamma.data(), beta.data(), 0.0f, y.data()}, {1, 2});
    CHECK(y == std::vector<float>{-1, 15});
  }
}

TEST_CASE("root-mean-square norm of rows of every length") {
  for (const auto set : test::instruction_sets()) {
    for (std::size_t columns = 1; columns <= 150; ++columns) {
      const auto x = test::normal_values(rows * columns, 1);
      const test::guarded_floats gamma{test::normal_values(columns, 2)};
      test::guarded_floats y{x};
      test::guarded_floats factors{rows};
      prepare_rms_norm(set)({y.data(), gamma.data(), 1e-3f, y.data(), factors.data()}, {rows, columns});
      double worst = y.untouched() && factors.untouched() ? 0 : 1;
      for (std::size_t row = 0; row < rows; ++row) {
        const float* values = x.data() + row * columns;
        double squares = 0;
        for (std::size_t i = 0; i < columns; ++i) squares += std::pow(static_cast<double>(values[i]), 2);
        const double factor =
            1 / std::sqrt(squares / static_cast<double>(columns) + static_cast<double>(1e-3f));
        for (std::size_t i = 0; i < columns; ++i) {
          const double want = static_cast<double>(values[i]) * factor * static_cast<double>(gamma[i]);
          const double got = static_cast<double>(y[row * columns + i]);
          worst = std::max(worst, want == 0 ? std::abs(got) : std::abs(got / want - 1));
        }
        worst = std::max(worst, std::abs(static_cast<double>(factors[row]) / factor - 1));
      }
      CAPTURE(columns);
      CHECK(worst < 1e-6);  // a few roundings, each of at most 6e-8
    }
  }
}

}  // namespace
