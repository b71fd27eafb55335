#include <doctest/doctest.h>
#include <airloom/ops/elementwise.hpp>

#include "gears.hpp"
#include "support/apply.hpp"

using namespace airloom;
using test::apply;
using test::batch;
using test::geared;
using test::plain;
using test::seq;
using test::tied_tensor;

// Types of results.
static_assert(test::is<decltype(add(plain<f32, 2, 3>{}, plain<f32, 3>{})), plain<f32, 2, 3>>);
static_assert(test::is<decltype(add(plain<f32, 4, 1>{}, plain<f32, 3, 1, 5>{})), plain<f32, 3, 4, 5>>);
static_assert(
    test::is<decltype(geared<f16, batch, seq, 8>{} * geared<f16, seq, 1>{}), geared<f16, batch, seq, 8>>);
static_assert(test::is<decltype(geared<f32, batch, 1>{} - geared<f32, seq>{}), geared<f32, batch, seq>>);
static_assert(
    test::is<decltype(tied_tensor<f32, batch>{} / tied_tensor<f32, seq>{}), tied_tensor<f32, batch>>);
static_assert(test::is<decltype(pow(plain<f32, 2, 3>{}, 2)), plain<f32, 2, 3>>);
static_assert(test::is<decltype(less(plain<i32, 2>{}, plain<i32, 2>{})), plain<boolean, 2>>);
static_assert(test::is<decltype(clip(geared<f16, batch, 3>{}, 0, 6)), geared<f16, batch, 3>>);
static_assert(
    test::is<decltype(masked_fill(plain<f32, 2, 3>{}, plain<boolean, 3>{}, -1e4)), plain<f32, 2, 3>>);
static_assert(test::is<decltype(minimum(plain<f32, 2>{}, 6)), plain<f32, 2>>);
static_assert(test::is<decltype(greater_equal(plain<f16, 2, 1>{}, plain<f16, 3>{})), plain<boolean, 2, 3>>);
static_assert(test::is<decltype(greater(plain<f32, 2>{}, 0.5)), plain<boolean, 2>>);
static_assert(test::is<decltype(less_equal(geared<i64, batch>{}, 3)), geared<boolean, batch>>);
static_assert(test::is<decltype(not_equal(plain<i32, 2>{}, 3)), plain<boolean, 2>>);
static_assert(
    test::is<decltype(logical_and(plain<boolean, 2, 1>{}, plain<boolean, 3>{})), plain<boolean, 2, 3>>);
static_assert(test::is<decltype(logical_or(plain<boolean, 2>{}, plain<boolean, 2>{})), plain<boolean, 2>>);
static_assert(test::is<decltype(floor_div(plain<i32, 2>{}, 3)), plain<i32, 2>>);
static_assert(test::is<decltype(floor_mod(plain<i64, 2, 1>{}, plain<i64, 3>{})), plain<i64, 2, 3>>);
static_assert(test::is<decltype(equal(plain<i32, 2>{}, 3)), plain<boolean, 2>>);
static_assert(test::is<decltype(maximum(plain<f32, 2>{}, 0)), plain<f32, 2>>);
static_assert(test::is<decltype(1.0 - plain<f32, 2>{}), plain<f32, 2>>);
static_assert(test::is<decltype(2 * plain<bf16, 2>{}), plain<bf16, 2>>);
static_assert(test::is<decltype(plain<f32, 2>{} + parameter<f32, 3, 1>{}), plain<f32, 3, 2>>);
static_assert(test::is<decltype(select(plain<boolean, 4, 1>{}, plain<f16, 3, 1, 5>{}, plain<f16, 5>{})),
                       plain<f16, 3, 4, 5>>);
static_assert(test::is<decltype(select(plain<boolean, 4>{}, plain<f32, 4>{}, -1e4)), plain<f32, 4>>);

TEST_CASE("R1: right-aligned dimensions are equal or 1 in every gear") {
  const auto sum = apply{"Add"}.input(f32, {2, 3}).input(f32, {2, 4}).run();
  CHECK(sum.found.need == relation::equal_or_one);
  CHECK(sum.found.left_size == 3);
  CHECK(sum.found.right_size == 4);
  CHECK(sum.found.dimension == 1);
  CHECK(sum.found.gear == 0);

  const auto by_gear =
      apply{"Mul"}.in(test::free_view).input(f32, {test::batch_extent}).input(f32, {4}).run();
  CHECK(by_gear.holds());  // 1 and 4 broadcast with 4
  CHECK(by_gear.shapes[0][0].is(4));
  const auto tied = apply{"Add"}.in(test::tied_view).input(f32, {test::batch_extent}).input(f32, {2}).run();
  CHECK(tied.found.gear == 1);
  CHECK(tied.found.left_size == 3);
}

TEST_CASE("SelectV2 R1: the condition broadcasts with both branches") {
  const auto wrong = apply{"SelectV2"}.input(boolean, {4}).input(f32, {2, 3}).input(f32, {3}).run();
  CHECK(wrong.found.need == relation::equal_or_one);
  CHECK(apply{"SelectV2"}.part(wrong.found.left) == "condition");
  CHECK(apply{"SelectV2"}.part(wrong.found.right) == "both_branches");
}

TEST_CASE("one element type on both sides, and one that the operator takes") {
  CHECK(apply{"Add"}.input(f32, {2}).input(f16, {2}).run().found.need == relation::same_dtype);
  CHECK(apply{"Add"}.input(u16, {2}).input(u16, {2}).run().found.need == relation::dtype_accepted);
  CHECK(apply{"SelectV2"}.input(boolean, {2}).input(boolean, {2}).input(boolean, {2}).run().found.need ==
        relation::dtype_accepted);
}

TEST_CASE("an unknown size next to a size above 1 is that size, next to 1 it stays unknown") {
  const auto known = apply{"Add"}.input(f32, {extent::unknown()}).input(f32, {5}).run();
  CHECK(known.shapes[0][0].is(5));
  const auto open = apply{"Add"}.input(f32, {extent::unknown()}).input(f32, {1}).run();
  CHECK(open.shapes[0][0] == extent::unknown());
  const auto no_rank = apply{"Add"}.input(f32, shape_value::of_unknown_rank()).input(f32, {5}).run();
  CHECK(no_rank.holds());
  CHECK(!no_rank.shapes[0].rank_known);
}

TEST_CASE("contents of small integer tensors are followed through arithmetic") {
  const auto product = apply{"Mul"}.list({3, extent::of_axis(0)}).scalar(4).run();
  REQUIRE(product.values.size() == 2);
  CHECK(product.values[0].is(12));
  CHECK(product.values[1] == extent{4} * extent::of_axis(0));
  CHECK(apply{"Sub"}.scalar(7).scalar(9).run().values[0].is(-2));
  CHECK(apply{"Add"}.scalar(7).scalar(9).run().values[0].is(16));
}

TEST_CASE("a number beside a tensor becomes a Const of its element type, beside f16 and bf16 a Muls") {
  constexpr auto count = [](auto model, auto declared, std::string_view type) {
    const tape record = record_model(model, declared);
    int found = 0;
    for (const tape_step& step : record.steps()) found += step.op->type == type ? 1 : 0;
    return found;
  };
  constexpr auto scaled = [](auto x) { return 2.5 * x + 1; };
  static_assert(count(scaled, input<static_model, f32, 3>("x"), "Mul") == 1);
  static_assert(count(scaled, input<static_model, f32, 3>("x"), "Const") == 2);
  static_assert(count(scaled, input<static_model, bf16, 3>("x"), "Muls") == 1);
  static_assert(count(scaled, input<static_model, bf16, 3>("x"), "Const") == 1);
  const tape record = record_model(scaled, input<static_model, f16, 3>("x"));
  REQUIRE(record.numbers().size() == 1);
  CHECK(record.numbers()[0].value == 2.5);
  CHECK(record.numbers()[0].name == "value");
}

TEST_CASE("comparisons, logic and floor division R1: right-aligned dimensions are equal or 1") {
  for (const std::string_view type : {"Pow", "NotEqual", "LessEqual", "Greater", "GreaterEqual", "FloorDiv",
                                      "FloorMod", "Minimum", "Div"}) {
    CAPTURE(type);
    CHECK(apply{type}.input(f32, {2, 3}).input(f32, {2, 4}).run().found.need == relation::equal_or_one);
    CHECK(apply{type}.input(f32, {2, 1}).input(f32, {4}).run().shapes[0] == test::shape({2, 4}));
    CHECK(apply{type}.input(f32, {2}).input(i32, {2}).run().found.need == relation::same_dtype);
  }
  for (const std::string_view type : {"LogicalAnd", "LogicalOr"}) {
    CHECK(apply{type}.input(boolean, {3}).input(boolean, {2}).run().found.need == relation::equal_or_one);
    CHECK(apply{type}.input(u8, {2}).input(u8, {2}).run().found.need == relation::dtype_accepted);
  }
}

TEST_CASE("ClipByValueV2 R1: the bounds broadcast with x") {
  const auto clip = [](const shape_value& low, const shape_value& high) {
    return apply{"ClipByValueV2"}.input(f32, {2, 3}).input(f32, low).input(f32, high).run();
  };
  CHECK(clip(test::shape({}), test::shape({3})).shapes[0] == test::shape({2, 3}));
  CHECK(clip(test::shape({2}), test::shape({})).found.need == relation::equal_or_one);
  CHECK(clip(test::shape({2}), test::shape({3})).found.need == relation::equal_or_one);
}

TEST_CASE("MaskedFill R1, R2: the mask broadcasts with x, the value is one element") {
  const auto fill = [](const shape_value& mask, const shape_value& value) {
    return apply{"MaskedFill"}.input(f32, {2, 3}).input(boolean, mask).input(f32, value).run();
  };
  CHECK(fill(test::shape({4, 1, 3}), test::shape({})).shapes[0] == test::shape({4, 2, 3}));
  CHECK(fill(test::shape({2}), test::shape({})).found.need == relation::equal_or_one);
  CHECK(fill(test::shape({3}), test::shape({3})).found.need == relation::exactly);
}
