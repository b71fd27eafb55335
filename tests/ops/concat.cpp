#include <doctest/doctest.h>
#include <airloom/ops/concat.hpp>

#include "gears.hpp"
#include "support/apply.hpp"

using namespace airloom;
using test::apply;
using test::batch;
using test::geared;
using test::plain;
using test::seq;

static_assert(test::is<decltype(split_sizes<-1, 4, 2, -1>(geared<f16, batch, 8>{})),
                       recorded<geared<f16, batch, 4>, geared<f16, batch, 2>, geared<f16, batch, 2>>>);
static_assert(test::is<decltype(split_sizes<0, 3>(plain<i32, 3, 5>{})), recorded<plain<i32, 3, 5>>>);

namespace {

/// SplitV of x [6, 2] along dimension 0.
apply split(std::vector<extent> sizes, std::int64_t count) {
  apply op{"SplitV"};
  op.input(f32, {6, 2}).list(std::move(sizes)).input(i32, test::shape({}), {extent{0}});
  op.set("num_split", count).outputs(static_cast<std::size_t>(count));
  return op;
}

}  // namespace

TEST_CASE("SplitV R1: the axis lies in the rank") {
  apply op{"SplitV"};
  op.input(f32, {6, 2}).list({3, 3}).input(i32, test::shape({}), {extent{2}}).set("num_split", 2).outputs(2);
  const auto wrong = op.run();
  CHECK(wrong.found.need == relation::below);
  CHECK(op.part(wrong.found.left) == "split_dim");
}

TEST_CASE("SplitV R2: the sizes add up, and at most one is open") {
  CHECK(split({4, 2}, 2).run().shapes[0] == test::shape({4, 2}));
  CHECK(split({1, -1, 2}, 3).run().shapes[1] == test::shape({3, 2}));
  const auto wrong = split({3, 4}, 2).run();
  CHECK(wrong.found.need == relation::equal);
  CHECK(wrong.found.left_size == 7);
  CHECK(wrong.found.right_size == 6);
  CHECK(split({-1, -1, 2}, 3).run().found.need == relation::below);
  CHECK(split({7, -1}, 2).run().found.need == relation::at_least);
  CHECK(split({8, -2}, 2).run().found.need == relation::at_least);
}

TEST_CASE("SplitV R2 holds in every gear: what is left may move") {
  apply op{"SplitV"};
  op.in(test::free_view)
      .input(f32, {2, test::seq_extent})
      .list({10, -1})
      .input(i32, test::shape({}), {extent{1}});
  const auto pieces = op.set("num_split", 2).outputs(2).run();
  REQUIRE(pieces.holds());
  CHECK(pieces.shapes[0][1].is(10));
  CHECK(pieces.shapes[1][1] == test::seq_extent - extent{10});
}

TEST_CASE("SplitV R3: as many sizes and outputs as num_split") {
  CHECK(split({3, 3}, 3).run().found.need == relation::equal);
  CHECK(split({3, 3}, 2).outputs(3).run().found.need == relation::exactly);
}

TEST_CASE("SplitV: while the sizes are not known, only the other dimensions are") {
  const auto open = apply{"SplitV"}
                        .input(f32, {6, 2})
                        .input(i64, {2})
                        .input(i32, test::shape({}), {extent{0}})
                        .set("num_split", 2)
                        .outputs(2)
                        .run();
  REQUIRE(open.holds());
  CHECK(open.shapes[1] == test::shape({extent::unknown(), 2}));
}

static_assert(test::is<decltype(unpack<1, 2>(geared<f32, batch, 2, 8>{})),
                       recorded<geared<f32, batch, 8>, geared<f32, batch, 8>>>);

TEST_CASE("Unpack R1, R2, R3: as many places as num and outputs") {
  const auto taken = [](std::int64_t count, std::int64_t axis, std::size_t outputs) {
    return apply{"Unpack"}
        .input(f32, {3, 4})
        .set("num", count)
        .set("axis", axis)
        .outputs(outputs)
        .run()
        .found;
  };
  CHECK(taken(3, 0, 3).holds());
  CHECK(taken(3, 2, 3).need == relation::below);
  CHECK(taken(2, 0, 2).need == relation::equal);
  CHECK(taken(3, 0, 2).need == relation::exactly);
}

TEST_CASE("Concat and Split, whose axis comes first, need what ConcatV2 and SplitD need") {
  const auto joined = [](std::int64_t axis, const shape_value& second) {
    return apply{"Concat"}.scalar(axis).input(f16, {2, 3}).input(f16, second).run();
  };
  CHECK(joined(-2, test::shape({4, 3})).shapes[0] == test::shape({6, 3}));
  CHECK(joined(-2, test::shape({4, 3})).types[0] == f16);
  CHECK(joined(2, test::shape({4, 3})).found.need == relation::below);
  CHECK(joined(0, test::shape({2, 4})).found.need == relation::equal);
  CHECK(joined(0, test::shape({2, 3, 1})).found.need == relation::rank);
  const auto split = [](std::int64_t axis, std::int64_t count) {
    apply op{"Split"};
    op.input(i32, test::shape({}), {extent{axis}}).input(f32, {6, 2}).set("num_split", count);
    return op.outputs(static_cast<std::size_t>(count)).run();
  };
  CHECK(split(0, 3).shapes[2] == test::shape({2, 2}));
  CHECK(split(3, 2).found.need == relation::below);
  CHECK(split(0, 4).found.need == relation::divides);
}
