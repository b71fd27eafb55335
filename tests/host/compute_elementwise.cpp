#include "host/compute/elementwise.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

#include "host/compute_support.hpp"

namespace {

using namespace airloom::host::compute;

constexpr float infinity = std::numeric_limits<float>::infinity();

struct function {
  unary_operation operation;
  std::string name;
  double (*exact)(double x);
  double limit;  // ulp, as elementwise.hpp states
};

// The forms of gelu that do not cancel; at the infinities their limits.
double gelu_tanh(double x) {
  if (x == -INFINITY) return 0;
  return x / (1 + std::exp(-2 * std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
}

double gelu_erf(double x) {
  return x == -INFINITY ? 0 : 0.5 * x * std::erfc(-x / M_SQRT2);
}

const function functions[] = {
    {unary_operation::relu, "relu", [](double x) { return x < 0 ? 0 : x; }, 0},
    {unary_operation::tanh, "tanh", [](double x) { return std::tanh(x); }, 2.7},
    {unary_operation::sigmoid, "sigmoid", [](double x) { return 1 / (1 + std::exp(-x)); }, 2.5},
    {unary_operation::exp, "exp", [](double x) { return std::exp(x); }, 1.1},
    {unary_operation::erf, "erf", [](double x) { return std::erf(x); }, 1.3},
    {unary_operation::gelu_tanh, "gelu_tanh", gelu_tanh, 3.4},
    {unary_operation::gelu_erf, "gelu_erf", gelu_erf, 3.7},
    {unary_operation::sqrt, "sqrt", [](double x) { return std::sqrt(x); }, 0.5},
    {unary_operation::rsqrt, "rsqrt", [](double x) { return 1 / std::sqrt(x); }, 1.5},
    {unary_operation::silu, "silu", [](double x) { return x == -INFINITY ? 0 : x / (1 + std::exp(-x)); },
     2.8},
};

/// How far a result is off, in units of the last place of the exact one. Below the normal numbers the unit
/// stays that of the smallest normal number. A result beyond the largest number counts as exact when it is
/// infinite.
double error_in_ulp(float got, double exact) {
  if (std::isnan(exact)) return std::isnan(got) ? 0 : INFINITY;
  const float nearest = static_cast<float>(exact);
  if (std::isinf(nearest)) return got == nearest ? 0 : INFINITY;
  if (!std::isfinite(got)) return INFINITY;
  int exponent = 0;
  std::frexp(exact, &exponent);
  const double unit = std::ldexp(1.0, std::max(exponent, -125) - 24);
  return std::abs(static_cast<double>(got) - exact) / unit;
}

/// Values over the whole range: every 4099th bit pattern, a fine grid around zero, and the special ones.
std::vector<float> samples() {
  std::vector<float> values{0.0f, -0.0f, 1.0f, -1.0f, infinity, -infinity, NAN, -NAN, 1e-45f, -1e-45f};
  for (std::uint64_t bits = 0; bits < (std::uint64_t{1} << 32); bits += 4099) {
    values.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
  }
  for (int i = -200000; i <= 200000; ++i) values.push_back(static_cast<float>(i) * 5.1e-4f);
  return values;
}

TEST_CASE("unary functions are as exact as stated over the whole range") {
  const auto x = samples();
  std::vector<float> y(x.size());
  for (const auto set : test::instruction_sets()) {
    for (const auto& [operation, name, exact, limit] : functions) {
      prepare(operation, set)(x.data(), y.data(), x.size());
      double worst = 0;
      float worst_at = 0;
      for (std::size_t i = 0; i < x.size(); ++i) {
        const double error = error_in_ulp(y[i], exact(static_cast<double>(x[i])));
        if (!(error <= worst)) {
          worst = error;
          worst_at = x[i];
        }
      }
      CAPTURE(static_cast<int>(set));
      CAPTURE(name);
      CAPTURE(worst_at);
      CHECK(worst <= limit);
    }
  }
}

TEST_CASE("zeros and limits") {
  for (const auto set : test::instruction_sets()) {
    const auto value = [&](unary_operation operation, float x) {
      float y = 0;
      prepare(operation, set)(&x, &y, 1);
      return y;
    };
    CHECK(value(unary_operation::exp, 0.0f) == 1.0f);
    CHECK(value(unary_operation::exp, -infinity) == 0.0f);
    CHECK(value(unary_operation::exp, infinity) == infinity);
    CHECK(std::signbit(value(unary_operation::tanh, -0.0f)));
    CHECK(value(unary_operation::tanh, -infinity) == -1.0f);
    CHECK(std::signbit(value(unary_operation::erf, -0.0f)));
    CHECK(value(unary_operation::erf, infinity) == 1.0f);
    CHECK(value(unary_operation::sigmoid, -infinity) == 0.0f);
    CHECK(value(unary_operation::gelu_erf, infinity) == infinity);
    CHECK(value(unary_operation::gelu_erf, -infinity) == 0.0f);
    CHECK(value(unary_operation::gelu_tanh, infinity) == infinity);
    CHECK(value(unary_operation::gelu_tanh, -infinity) == 0.0f);
    CHECK(value(unary_operation::rsqrt, 0.0f) == infinity);
    CHECK(std::isnan(value(unary_operation::sqrt, -1.0f)));
  }
}

TEST_CASE("unary functions of every length give the same values, in place too, and touch nothing else") {
  const auto x = test::normal_values(70, 1);
  for (const auto set : test::instruction_sets()) {
    for (const auto& each : functions) {
      CAPTURE(each.name);
      const unary_function function = prepare(each.operation, set);
      std::vector<float> whole(x.size());
      function(x.data(), whole.data(), x.size());
      for (std::size_t count = 0; count <= x.size(); ++count) {
        test::guarded_floats values{
            std::vector<float>(x.begin(), x.begin() + static_cast<std::ptrdiff_t>(count))};
        function(values.data(), values.data(), count);
        std::size_t wrong = values.untouched() ? 0 : 1;
        for (std::size_t i = 0; i < count; ++i) {
          if (std::bit_cast<std::uint32_t>(values[i]) != std::bit_cast<std::uint32_t>(whole[i])) ++wrong;
        }
        if (wrong != 0) FAIL_CHECK("length " << count);
      }
    }
  }
}

struct arithmetic {
  binary_operation operation;
  std::string name;
  float (*exact)(float left, float right);
};

const arithmetic operations[] = {
    {binary_operation::add, "add", [](float left, float right) { return left + right; }},
    {binary_operation::subtract, "subtract", [](float left, float right) { return left - right; }},
    {binary_operation::multiply, "multiply", [](float left, float right) { return left * right; }},
    {binary_operation::divide, "divide", [](float left, float right) { return left / right; }},
    {binary_operation::maximum, "maximum",
     [](float left, float right) {
       if (std::isnan(left) || std::isnan(right)) return static_cast<float>(NAN);
       return left > right ? left : right;
     }},
};

bool same(float left, float right) {
  return left == right || (std::isnan(left) && std::isnan(right));
}

/// normal values with a few special ones between them
std::vector<float> with_specials(std::size_t count, unsigned seed) {
  auto values = test::normal_values(count, seed);
  const float specials[] = {NAN, infinity, -infinity, 0.0f};
  for (std::size_t i = seed; i < count; i += 5) values[i] = specials[(i + seed) / 5 % 4];
  return values;
}

TEST_CASE("binary operations in all forms equal the scalar ones, for every length") {
  for (const auto set : test::instruction_sets()) {
    for (const auto& [operation, name, exact] : operations) {
      CAPTURE(name);
      const binary_functions& forms = prepare(operation, set);
      for (std::size_t count = 0; count <= 70; ++count) {
        const test::guarded_floats left{with_specials(count, 1)};
        const test::guarded_floats right{with_specials(count, 2)};
        test::guarded_floats both{count};
        test::guarded_floats right_scalar{count};
        test::guarded_floats left_scalar{count};
        forms.equal(left.data(), right.data(), both.data(), count);
        forms.right_scalar(left.data(), 0.3f, right_scalar.data(), count);
        forms.left_scalar(-1.7f, right.data(), left_scalar.data(), count);
        std::size_t wrong = both.untouched() && right_scalar.untouched() && left_scalar.untouched() ? 0 : 1;
        for (std::size_t i = 0; i < count; ++i) {
          if (!same(both[i], exact(left[i], right[i]))) ++wrong;
          if (!same(right_scalar[i], exact(left[i], 0.3f))) ++wrong;
          if (!same(left_scalar[i], exact(-1.7f, right[i]))) ++wrong;
        }
        if (wrong != 0) FAIL_CHECK("length " << count);
      }
    }
  }
}

TEST_CASE("binary operations with a row") {
  for (const auto set : test::instruction_sets()) {
    for (const auto& [operation, name, exact] : operations) {
      CAPTURE(name);
      const binary_functions& forms = prepare(operation, set);
      for (std::size_t columns = 0; columns <= 40; ++columns) {
        const std::size_t rows = 3;
        const test::guarded_floats matrix{with_specials(rows * columns, 1)};
        const test::guarded_floats row{with_specials(columns, 2)};
        test::guarded_floats right{rows * columns};
        test::guarded_floats left{rows * columns};
        forms.right_row(matrix.data(), row.data(), right.data(), rows, columns);
        forms.left_row(row.data(), matrix.data(), left.data(), rows, columns);
        std::size_t wrong = right.untouched() && left.untouched() ? 0 : 1;
        for (std::size_t i = 0; i < rows * columns; ++i) {
          if (!same(right[i], exact(matrix[i], row[i % columns]))) ++wrong;
          if (!same(left[i], exact(row[i % columns], matrix[i]))) ++wrong;
        }
        if (wrong != 0) FAIL_CHECK("columns " << columns);
      }
    }
  }
}

}  // namespace
