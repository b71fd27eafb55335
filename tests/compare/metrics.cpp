#include <doctest/doctest.h>
#include <airloom/compare/metrics.hpp>
#include <airloom/error.hpp>
#include <cmath>
#include <limits>
#include "arrays.hpp"

using namespace airloom;
using compare::measure;
using compare::metrics;
using doctest::Approx;

namespace {

constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();
constexpr float infinity = std::numeric_limits<float>::infinity();

Approx about(double value) {
  return Approx(value).epsilon(1e-12);
}

// Eight numbers and the same with noise; what numpy says of them stands beside each use.
const std::vector<double> sample{0.001, 0.299, -0.274, -0.891, -0.455, -0.992, 0.06, 1.34};
const std::vector<double> noisy{-0.048, 0.237, -0.225, -0.855, -0.444, -1.085, 0.057, 1.41};

}  // namespace

TEST_CASE("metrics that can be checked by hand") {
  const metrics measured = measure(test::f32s({1, 2, 2}), test::f32s({1, 2, 3}));
  CHECK(measured.cosine == about(11 / std::sqrt(9.0 * 14.0)));
  CHECK(measured.relative_distance == about(1.0 / 3));
  CHECK(measured.largest_absolute_error == 1);
  CHECK(measured.mean_absolute_error == about(1.0 / 3));
  CHECK(measured.largest_relative_error == 0.5);
  CHECK(measured.mean_relative_error == about(0.5 / 3));
  CHECK(measured.largest_error_at_zero == 0);
}

TEST_CASE("metrics that msit reports for [1, -2, 0, 4] and [1.1, -2, 0.5, 3.6]") {
  const metrics measured = measure(test::f32s({1, -2, 0, 4}), test::f32s({1.1F, -2, 0.5F, 3.6F}));
  CHECK(measured.cosine == Approx(0.9914713076).epsilon(1e-9));
  // msit computes the errors in float32.
  CHECK(measured.largest_relative_error == Approx(0.1000000238).epsilon(1e-7));
  CHECK(measured.mean_relative_error == Approx(0.0500000119).epsilon(1e-7));
  CHECK(measured.largest_absolute_error == Approx(0.4000000954).epsilon(1e-7));
  CHECK(measured.mean_absolute_error == Approx(0.1250000298).epsilon(1e-7));
  CHECK(measured.relative_distance == Approx(0.1414213628).epsilon(1e-7));
  CHECK(measured.largest_error_at_zero == 0.5);
}

TEST_CASE("metrics of tensors that are zero, as msit reports them") {
  const weights::array zero = test::f32s({0, 0, 0}), some = test::f32s({1, 2, 3});
  CHECK(measure(zero, zero).cosine == 1);
  CHECK(measure(zero, zero).relative_distance == 0);

  const metrics golden_zero = measure(zero, some);
  CHECK(golden_zero.cosine == 0);
  CHECK(golden_zero.largest_absolute_error == 0);
  CHECK(golden_zero.largest_error_at_zero == 3);
  CHECK(golden_zero.relative_distance == std::numeric_limits<double>::infinity());

  const metrics mine_zero = measure(some, zero);
  CHECK(mine_zero.cosine == 0);
  CHECK(mine_zero.largest_relative_error == 1);
  CHECK(mine_zero.mean_relative_error == 1);
  CHECK(mine_zero.largest_absolute_error == 3);
  CHECK(mine_zero.mean_absolute_error == 2);
  CHECK(mine_zero.relative_distance == 1);
}

TEST_CASE("metrics of a tensor and its opposite") {
  const metrics measured = measure(test::f32s({1, 2}), test::f32s({-1, -2}));
  CHECK(measured.cosine == about(-1));
  CHECK(measured.largest_relative_error == 2);
  CHECK(measured.largest_absolute_error == 4);
  CHECK(measured.mean_absolute_error == 3);
}

TEST_CASE("metrics that numpy gives in double") {
  const metrics measured = measure(test::f64s(sample), test::f64s(noisy));
  CHECK(measured.cosine == about(0.9975995974726779));
  CHECK(measured.relative_distance == about(0.07734369739119397));
  CHECK(measured.largest_absolute_error == about(0.093));
  CHECK(measured.mean_absolute_error == about(0.046625));
  CHECK(measured.largest_relative_error == about(49));
  CHECK(measured.mean_relative_error == about(6.205844830858764));
}

TEST_CASE("a golden tensor in f64 against mine in f16") {
  const std::vector<std::uint16_t> halves{0x1419, 0x34c9, 0xb462, 0xbb21, 0xb748, 0xbbf0, 0x2bae, 0x3d5c};
  const metrics measured = measure(test::f64s(sample), test::vector_of(f16, halves));
  CHECK(measured.cosine == about(0.9999999891185836));
  CHECK(measured.relative_distance == about(0.00015033624224039082));
  CHECK(measured.mean_absolute_error == about(8.556079864503058e-05));
  CHECK(measured.largest_relative_error == about(0.00040435791015625));
}

TEST_CASE("a golden tensor in f64 against mine in bf16") {
  const std::vector<std::uint16_t> patterns{0xbd44, 0x3e72, 0xbe66, 0xbf5a, 0xbee3, 0xbf8a, 0x3d69, 0x3fb4};
  const metrics measured = measure(test::f64s(sample), test::vector_of(bf16, patterns));
  CHECK(measured.cosine == about(0.9976414150844976));
  CHECK(measured.largest_absolute_error == about(0.086125));
  CHECK(measured.mean_relative_error == about(6.187431434095594));
}

TEST_CASE("metrics of more elements than are converted at a time, by numpy") {
  std::vector<float> golden, mine;
  for (int i = 0; i != 5000; ++i) {
    golden.push_back(static_cast<float>(i * 37 % 101 - 50));
    mine.push_back(golden.back() + 0.125F * static_cast<float>(i * 53 % 7 - 3));
  }
  const metrics measured = measure(test::f32s(golden), test::f32s(mine));
  CHECK(measured.cosine == about(0.9999632409281736));
  CHECK(measured.relative_distance == about(0.008574517731303305));
  CHECK(measured.mean_absolute_error == about(0.212175));
  CHECK(measured.mean_relative_error == about(0.019083379439193332));
  CHECK(measured.largest_error_at_zero == 0.375);
}

TEST_CASE_TEMPLATE("integers of every width are measured as numbers", Integer, std::int8_t, std::int16_t,
                   std::int32_t, std::int64_t, std::uint8_t, std::uint16_t, std::uint32_t, std::uint64_t) {
  constexpr dtype types[]{i8, i16, i32, i64, u8, u16, u32, u64};
  constexpr std::size_t exponent = sizeof(Integer) == 1   ? 0
                                   : sizeof(Integer) == 2 ? 1
                                   : sizeof(Integer) == 4 ? 2
                                                          : 3;
  const dtype type = types[exponent + (std::is_unsigned_v<Integer> ? 4 : 0)];
  const auto largest = std::numeric_limits<Integer>::max();
  const auto smallest = std::numeric_limits<Integer>::min();
  const metrics measured =
      measure(test::vector_of<Integer>(type, {smallest, largest, 100}),
              test::f64s({static_cast<double>(smallest), static_cast<double>(largest), 110}));
  CHECK(measured.largest_absolute_error == 10);
  CHECK(measured.largest_relative_error == about(0.1));
}

TEST_CASE("booleans are zeros and ones") {
  const std::vector<std::uint8_t> golden{1, 0, 1, 1}, mine{1, 1, 1, 0};
  const metrics measured = measure(test::vector_of(boolean, golden), test::vector_of(boolean, mine));
  CHECK(measured.cosine == about(2.0 / 3));
  CHECK(measured.largest_absolute_error == 1);
  CHECK(measured.largest_error_at_zero == 1);
}

TEST_CASE("what is not finite is counted, and left out of the errors") {
  const metrics measured = measure(test::f32s({1, not_a_number, infinity, -infinity, 2, 3, not_a_number}),
                                   test::f32s({1, not_a_number, infinity, infinity, not_a_number, 3, 4}));
  CHECK(measured.golden_non_finite == compare::non_finite_count{2, 2});
  CHECK(measured.mine_non_finite == compare::non_finite_count{2, 2});
  CHECK(measured.non_finite_disagreements == 3);
  CHECK(measured.cosine == about(1));
  CHECK(measured.largest_absolute_error == 0);
}

TEST_CASE("no elements are equal to no elements") {
  const metrics measured = measure(test::f32s({}), test::f32s({}));
  CHECK(measured.cosine == 1);
  CHECK(measured.mean_absolute_error == 0);
}

TEST_CASE("a tensor is measured at any alignment") {
  const weights::array whole = test::f32s({1, 2, 3, 4});
  std::vector<std::byte> shifted(17);
  std::copy(whole.bytes.data, whole.bytes.data + 16, shifted.begin() + 1);
  const blob storage = blob::copy_of(shifted);
  CHECK(measure(whole, {f32, {4}, storage.part(1, 16)}).relative_distance == 0);
}

TEST_CASE("cosine and non-finite counts do not depend on which side is golden") {
  const metrics one = measure(test::f64s(sample), test::f64s(noisy));
  const metrics other = measure(test::f64s(noisy), test::f64s(sample));
  CHECK(one.cosine == other.cosine);
  CHECK(one.largest_absolute_error == other.largest_absolute_error);
}

TEST_CASE("what cannot be measured is refused") {
  CHECK_THROWS_AS(measure(test::f32s({1}), test::f32s({1, 2})), error);
  CHECK_FALSE(compare::is_measurable(dtype::c64));
  CHECK_THROWS_AS(measure(test::vector_of<double>(dtype::c64, {1}), test::f32s({1})), error);
}
