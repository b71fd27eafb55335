#include <doctest/doctest.h>
#include <airloom/shape/gears.hpp>
#include <vector>

namespace al = airloom;

namespace {

inline constexpr struct batch final : al::axis<batch> {
} batch;
inline constexpr struct seq final : al::axis<seq> {
} seq;
inline constexpr struct width final : al::axis<width> {
} width;

using row_list = std::vector<std::vector<std::int64_t>>;

/// All gears of a set, row by row.
template <class Set>
row_list rows(Set) {
  const al::gear_view gears = al::gear_table<Set>::view;
  row_list result(gears.gears);
  for (std::size_t gear = 0; gear != gears.gears; ++gear)
    for (std::size_t axis = 0; axis != gears.axes; ++axis) result[gear].push_back(gears.size(gear, axis));
  return result;
}

}  // namespace

TEST_CASE("zip moves its members together") {
  CHECK(rows(al::zip(batch.in<1, 4>, seq.in<64, 128>)) == row_list{{1, 64}, {4, 128}});
}

TEST_CASE("product combines freely, the last member varying fastest") {
  CHECK(rows(al::product(batch.in<1, 4>, seq.in<64, 128>)) == row_list{{1, 64}, {1, 128}, {4, 64}, {4, 128}});
}

TEST_CASE("zip and product nest either way") {
  CHECK(rows(al::product(batch.in<1, 2>, al::zip(seq.in<8, 16>, width.in<3, 5>))) ==
        row_list{{1, 8, 3}, {1, 16, 5}, {2, 8, 3}, {2, 16, 5}});
  CHECK(rows(al::zip(batch.in<1, 2, 3, 4>, al::product(seq.in<8, 16>, width.in<3, 5>))) ==
        row_list{{1, 8, 3}, {2, 8, 5}, {3, 16, 3}, {4, 16, 5}});
}

TEST_CASE("equal gears are merged in the order of first occurrence, as TorchAir merges them") {
  // TorchAir's own test of gears: [1, 2] x [10, 11, 10, 11] gives four distinct gears.
  CHECK(rows(al::product(batch.in<1, 2>, seq.in<10, 11, 10, 11>)) ==
        row_list{{1, 10}, {1, 11}, {2, 10}, {2, 11}});
  CHECK(rows(al::zip(batch.in<2, 1, 2>, seq.in<3, 3, 3>)) == row_list{{2, 3}, {1, 3}});
}

TEST_CASE("an axis named twice agrees with itself: other combinations are no gears") {
  CHECK(rows(al::product(al::zip(batch.in<1, 2>, seq.in<8, 16>), al::zip(batch.in<2, 1>, width.in<3, 5>))) ==
        row_list{{1, 8, 5}, {2, 16, 3}});
  CHECK(rows(al::zip(batch.in<1, 2>, batch.in<1, 2>)) == row_list{{1}, {2}});
}

TEST_CASE("a model of numbers has one gear and no axis") {
  CHECK(rows(al::static_model) == row_list{{}});
  CHECK(al::gear_count<al::product_set<>> == 1);
}

TEST_CASE("100 distinct gears are the limit, and a named constant raises it") {
  constexpr auto ten = batch.in<1, 2, 3, 4, 5, 6, 7, 8, 9, 10>;
  static_assert(al::gear_count<decltype(al::product(ten, seq.in<1, 2, 3, 4, 5, 6, 7, 8, 9, 10>))> == 100);
  static_assert(al::gear_count<decltype(al::product(ten, seq.in<1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10, 10>))> ==
                100);
  static_assert(al::gear_count<decltype(al::product<al::ascend_950_gear_limit>(
                    ten, seq.in<1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11>))> == 110);
}

TEST_CASE("a gear is chosen while compiling by the sizes of its axes, in any order") {
  static constexpr auto traffic = al::product(batch.in<1, 4>, seq.in<64, 128>);
  static_assert(decltype(al::gear<traffic, batch(4), seq(64)>)::value == 2);
  static_assert(decltype(al::gear<traffic, seq(64), batch(4)>)::value == 2);
}

TEST_CASE("axes know their names, without namespaces") {
  CHECK(al::short_name<struct batch>() == "batch");
  const al::setting chosen = batch(4);
  CHECK(chosen.axis == "batch");
  CHECK(chosen.size == 4);
}
