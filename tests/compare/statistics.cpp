#include <doctest/doctest.h>
#include <airloom/compare/statistics.hpp>
#include <cmath>
#include <limits>
#include "arrays.hpp"

using namespace airloom;
using compare::statistics;
using compare::statistics_of;

TEST_CASE("minimum, maximum and mean of more elements than are converted at a time") {
  std::vector<std::int32_t> values;
  for (std::int32_t i = -1000; i != 2001; ++i) values.push_back(i);
  const statistics found = statistics_of(test::vector_of(i32, values));
  CHECK(found.minimum == -1000);
  CHECK(found.maximum == 2000);
  CHECK(found.mean == 500);
}

TEST_CASE("infinities are numbers of the statistics, NaN makes all of them NaN") {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  const statistics found = statistics_of(test::f32s({1, -infinity, 3}));
  CHECK(found.minimum == -infinity);
  CHECK(found.maximum == 3);
  CHECK(found.mean == -infinity);

  const statistics spoilt = statistics_of(test::f32s({1, std::nanf(""), 3}));
  CHECK(std::isnan(spoilt.minimum));
  CHECK(std::isnan(spoilt.maximum));
  CHECK(std::isnan(spoilt.mean));
  CHECK(std::isnan(statistics_of(test::f32s({})).mean));
}
