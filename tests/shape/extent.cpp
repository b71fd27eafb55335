#include <doctest/doctest.h>
#include <airloom/shape/extent.hpp>

using airloom::extent;
using airloom::extent_state;
using airloom::gear_view;
using airloom::shape_value;

namespace {

// Two axes, a and b, in three gears: (1, 64), (4, 64), (4, 128).
constexpr std::int64_t sizes[]{1, 64, 4, 64, 4, 128};
constexpr gear_view gears{sizes, 3, 2};
constexpr extent a = extent::of_axis(0);
constexpr extent b = extent::of_axis(1);

}  // namespace

TEST_CASE("extents are polynomials: equal ones are the same value whatever the order of writing") {
  static_assert(a * b + 2 * a == 2 * a + b * a);
  static_assert(a - a == extent{0});
  static_assert((a + b) * (a - b) == a * a - b * b);
  static_assert(3 * a != a * 2);
  static_assert(extent{7}.is(7));
  static_assert(!a.is(1));
}

TEST_CASE("an extent has one size in every gear") {
  static_assert((2 * a * b + 1).size_in(gears, 0) == 129);
  static_assert((2 * a * b + 1).size_in(gears, 1) == 513);
  static_assert((2 * a * b + 1).size_in(gears, 2) == 1025);
}

TEST_CASE("division is exact or says that it is not") {
  static_assert(a * b * 128 / (b * 4) == 32 * a);
  static_assert((a * b + 2 * a) / a == b + 2);
  static_assert((a + b) / (a + b) == extent{1});
  static_assert((a / b).state == extent_state::inexpressible);
  static_assert((a / extent{2}).state == extent_state::inexpressible);
  static_assert((a / extent{0}).state == extent_state::inexpressible);
}

TEST_CASE("an unknown size stays unknown, and an inexpressible one inexpressible, through arithmetic") {
  static_assert((extent::unknown() * a).state == extent_state::unknown);
  static_assert((extent::unknown() + extent::inexpressible()).state == extent_state::inexpressible);
  static_assert((extent::unknown() - extent::unknown()).state == extent_state::unknown);
}

TEST_CASE("more terms than an extent holds are inexpressible, never silently dropped") {
  constexpr extent four = extent::of_axis(0) + extent::of_axis(1) + extent::of_axis(2) + extent::of_axis(3);
  static_assert(four.is_known());
  static_assert((four + 1).state == extent_state::inexpressible);
  static_assert((four - extent::of_axis(2)).count == 3);
}

TEST_CASE("first_misfit names the first gear in which two sizes differ") {
  static_assert(airloom::first_misfit(a, extent{1}, gears) == 1);
  static_assert(airloom::first_misfit(16 * a, b, gears) == 0);
  static_assert(airloom::first_misfit(a * b, b * a, gears) == airloom::no_gear);
  static_assert(airloom::first_misfit(extent::unknown(), b, gears) == airloom::no_gear);
  static_assert(airloom::first_misfit(extent{3}, extent{4}, gears) == 0);
}

TEST_CASE("a shape's element count is the product of its dimensions, 1 for a scalar") {
  static_assert(shape_value::of(a, 3, b).elements() == 3 * a * b);
  static_assert(shape_value{}.elements() == extent{1});
  static_assert(shape_value::of(a, 3, b).elements_in(gears, 2) == 1536);
  static_assert(shape_value::of_unknown_rank().elements().state == extent_state::unknown);
  static_assert(!shape_value::of(a, extent::unknown()).is_known());
}

TEST_CASE("laws of arithmetic hold in every gear") {
  const extent terms[]{extent{0}, extent{3}, a, b, a * b, 2 * a + 5, b - 1};
  for (const extent& x : terms)
    for (const extent& y : terms)
      for (std::size_t gear = 0; gear != gears.gears; ++gear) {
        const auto size = [&](const extent& e) { return e.size_in(gears, gear); };
        if ((x + y).is_known()) CHECK(size(x + y) == size(x) + size(y));
        if ((x * y).is_known()) CHECK(size(x * y) == size(x) * size(y));
        if ((x - y).is_known()) CHECK(size(x - y) == size(x) - size(y));
        if (y.count != 0 && (x * y).is_known() && (x * y / y).is_known()) CHECK(x * y / y == x);
        CHECK(x + y == y + x);
        CHECK(x * y == y * x);
      }
}
