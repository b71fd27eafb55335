#include <doctest/doctest.h>
#include <airloom/ops/gather.hpp>

#include "gears.hpp"
#include "support/apply.hpp"

using namespace airloom;
using test::apply;
using test::batch;
using test::geared;
using test::plain;
using test::seq;

static_assert(
    test::is<decltype(index<1>(geared<f32, seq, 3>{}, geared<i64, batch, 5>{})), geared<f32, batch, 5, 3>>);
static_assert(test::is<decltype(index<0, 1, 1>(plain<f16, 2, 3, 4>{}, plain<i64, 5, 1>{}, plain<i64, 6>{})),
                       plain<f16, 2, 5, 6>>);
static_assert(test::is<decltype(gather_elements<1>(geared<f32, batch, 8>{}, geared<i64, batch, 2>{})),
                       geared<f32, batch, 2>>);
static_assert(test::is<decltype(scatter_elements<1>(geared<f32, batch, 8>{}, geared<i64, batch, 2>{},
                                                    geared<f32, batch, 2>{})),
                       geared<f32, batch, 8>>);

TEST_CASE("Gather R1, R2, R4: the axis is the dimension behind the batch") {
  const auto rows = apply{"Gather"}.input(f32, {6, 3}).input(i64, {2, 5}).run();
  CHECK(rows.shapes[0] == test::shape({2, 5, 3}));
  CHECK(apply{"Gather"}.input(f32, {}).input(i64, {1}).run().found.need == relation::rank_at_least);
  const auto batch_differs = apply{"Gather"}.input(f32, {2, 4}).input(i64, {3, 5}).set("batch_dims", 1).run();
  CHECK(apply{"Gather"}.part(batch_differs.found.left) == "x_batch");
  const auto deep = apply{"Gather"}.input(f32, {2, 2, 2, 2, 2}).input(i64, {2, 2, 2, 2, 2}).run();
  CHECK(deep.found.need == relation::rank_at_most);
}

TEST_CASE("Gather R3: a size read from a shape stays known, and its place has to be there") {
  const auto size = apply{"Gather"}.list({4, extent::of_axis(0)}).scalar(1).run();
  REQUIRE(size.values.size() == 1);
  CHECK(size.values[0] == extent::of_axis(0));
  const auto outside = apply{"Gather"}.list({4, 5}).scalar(2).run();
  CHECK(apply{"Gather"}.part(outside.found.right) == "places_up_to_index");
}

TEST_CASE("IndexByTensor: indexed dimensions side by side stay in place, others come first") {
  const auto x = test::shape({2, 3, 4, 5});
  const auto picked = [&x](std::initializer_list<std::int64_t> mask) {
    return apply{"IndexByTensor"}
        .input(f32, x)
        .input(i64, {6, 1})
        .input(i64, {7})
        .set("indices_mask", mask)
        .run()
        .shapes[0];
  };
  CHECK(picked({1, 1}) == test::shape({6, 7, 4, 5}));
  CHECK(picked({0, 1, 1, 0}) == test::shape({2, 6, 7, 5}));
  CHECK(picked({0, 0, 1, 1}) == test::shape({2, 3, 6, 7}));
  CHECK(picked({0, 1, 0, 1}) == test::shape({6, 7, 2, 4}));
  CHECK(picked({1, 0, 0, 1}) == test::shape({6, 7, 3, 4}));
}

TEST_CASE("IndexByTensor R1 to R4") {
  const auto one = [](const shape_value& x, std::initializer_list<std::int64_t> mask) {
    return apply{"IndexByTensor"}.input(f32, x).input(i64, {3}).set("indices_mask", mask).run().found;
  };
  CHECK(one(test::shape({4}), {0, 1}).need == relation::at_least);
  CHECK(one(test::shape({4, 5}), {0, 2}).need == relation::below);
  CHECK(one(test::shape({4, 5}), {1, 1}).need == relation::equal);
  CHECK(apply{"IndexByTensor"}
            .input(f32, {4, 5})
            .input(i64, {3})
            .input(i64, {2})
            .set("indices_mask", {1, 1})
            .run()
            .found.need == relation::equal_or_one);
  CHECK(apply{"IndexByTensor"}
            .input(f32, {2, 2, 2, 2, 2})
            .input(i64, {1, 1, 1, 1, 1})
            .set("indices_mask", {1})
            .run()
            .found.need == relation::rank_at_most);
}

TEST_CASE("GatherElements R1, R2") {
  const auto found = [](const shape_value& index, std::int64_t dim) {
    return apply{"GatherElements"}.input(f32, {4, 3}).input(i64, index).set("dim", dim).run().found;
  };
  CHECK(found(test::shape({9, 3}), 0).holds());
  CHECK(found(test::shape({4, 3}), 2).need == relation::below);
  CHECK(found(test::shape({4}), 0).need == relation::rank);
  CHECK(found(test::shape({4, 4}), 0).need == relation::at_least);
}

TEST_CASE("ScatterElements R1 to R4") {
  const auto found = [](const shape_value& indices, const shape_value& updates, std::int64_t axis = 0,
                        std::string_view reduction = "none") {
    apply op{"ScatterElements"};
    op.input(f32, {4, 3}).input(i64, indices).input(f32, updates);
    return op.set("axis", axis).set("reduction", reduction).run().found;
  };
  const auto two = test::shape({2, 3});
  CHECK(found(two, two).holds());
  CHECK(found(two, two, -3).need == relation::at_least);
  CHECK(found(test::shape({2, 4}), test::shape({2, 4})).need == relation::at_least);
  CHECK(found(test::shape({4}), test::shape({4})).need == relation::rank);
  CHECK(found(two, test::shape({2, 2})).need == relation::equal);
  CHECK(found(two, two, 0, "mul").need == relation::text_known);
}

static_assert(test::is<decltype(one_hot<5>(geared<i64, batch>{}, number<f16>{{}, 1}, number<f16>{})),
                       geared<f16, batch, 5>>);

TEST_CASE("OneHot R1, R2, R3") {
  const auto hot = [](std::int64_t depth, std::int64_t axis, const shape_value& on) {
    return apply{"OneHot"}
        .input(i32, {2, 3})
        .scalar(depth)
        .input(f32, on)
        .input(f32, {})
        .set("axis", axis)
        .run();
  };
  CHECK(hot(4, 0, test::shape({})).shapes[0] == test::shape({4, 2, 3}));
  CHECK(hot(4, -1, test::shape({})).shapes[0] == test::shape({2, 3, 4}));
  CHECK(hot(4, 3, test::shape({})).found.need == relation::below);
  CHECK(hot(4, -2, test::shape({})).found.need == relation::at_least);
  CHECK(hot(-1, 0, test::shape({})).found.need == relation::at_least);
  CHECK(hot(4, 0, test::shape({2})).found.need == relation::exactly);
}

TEST_CASE("EmbeddingBag R1 to R4") {
  const auto bags = [](const shape_value& weight, const shape_value& factors, std::string_view mode,
                       bool last) {
    apply op{"EmbeddingBag"};
    op.input(f32, weight).input(i64, {6}).input(i64, {2});
    factors.rank_known ? op.input(f32, factors) : op.unfed();
    return op.set("mode", mode).set("include_last_offset", last).run();
  };
  const auto table = test::shape({8, 3});
  const auto none = shape_value::of_unknown_rank();
  CHECK(bags(table, none, "mean", false).shapes[0] == test::shape({2, 3}));
  CHECK(bags(table, none, "max", true).shapes[3] == test::shape({1, 3}));
  CHECK(bags(table, none, "max", true).types[1] == i64);
  CHECK(bags(test::shape({8}), none, "sum", false).found.need == relation::rank);
  CHECK(bags(table, none, "min", false).found.need == relation::text_known);
  CHECK(bags(table, test::shape({5}), "sum", false).found.need == relation::equal);
  CHECK(apply{"EmbeddingBag"}
            .input(f32, table)
            .input(i32, {6})
            .input(i32, {0})
            .unfed()
            .set("include_last_offset", true)
            .run()
            .found.need == relation::at_least);
}
