#include <doctest/doctest.h>
#include <airloom/ops/reduce.hpp>

#include "gears.hpp"
#include "support/apply.hpp"

using namespace airloom;
using test::apply;
using test::batch;
using test::geared;
using test::plain;
using test::seq;

static_assert(test::is<decltype(any<-1>(geared<boolean, batch, 8>{})), geared<boolean, batch>>);
static_assert(test::is<decltype(all<dims::kept, 0>(plain<boolean, 4, 8>{})), plain<boolean, 1, 8>>);
static_assert(test::is<decltype(any(plain<boolean, 4, 8>{})), plain<boolean>>);
static_assert(test::is<decltype(min<1>(geared<f32, batch, seq>{})), geared<f32, batch>>);
static_assert(test::is<decltype(prod<dims::kept, -1>(plain<i32, 2, 3>{})), plain<i32, 2, 1>>);
static_assert(test::is<decltype(cumsum<1>(geared<f16, batch, seq>{})), geared<f16, batch, seq>>);
static_assert(test::is<decltype(topk<-1, 3>(geared<bf16, batch, 8>{})),
                       recorded<geared<bf16, batch, 3>, geared<i32, batch, 3>>>);

TEST_CASE("ReduceAny and ReduceAll R1: axes lie in the rank; without any, everything is reduced") {
  for (const std::string_view type : {"ReduceAny", "ReduceAll"}) {
    CHECK(apply{type}.input(boolean, {2, 3}).list({2}).run().found.need == relation::below);
    CHECK(apply{type}.input(boolean, {2, 3}).list({}).run().shapes[0] == test::shape({}));
    CHECK(apply{type}.input(i64, {2, 3}).list({1}).run().found.need == relation::dtype_accepted);
  }
}

TEST_CASE("Cumsum R1: the axis lies in the rank") {
  const auto wrong = apply{"Cumsum"}.input(f32, {2, 3}).scalar(-3).run();
  CHECK(wrong.found.need == relation::at_least);
  CHECK(apply{"Cumsum"}.part(wrong.found.left) == "axis");
}

TEST_CASE("TopKV2 R1: dim lies in the rank") {
  const auto wrong = apply{"TopKV2"}.input(f32, {3, 4}).scalar(2).set("dim", 2).run();
  CHECK(apply{"TopKV2"}.part(wrong.found.left) == "dim");
}

TEST_CASE("TopKV2 R2: no more than there are, in every gear") {
  CHECK(apply{"TopKV2"}.input(f32, {3, 4}).scalar(-1).run().found.need == relation::at_least);
  const auto many = apply{"TopKV2"}.in(test::tied_view).input(f32, {test::batch_extent}).scalar(3).run();
  CHECK(many.found.need == relation::at_least);
  CHECK(many.found.left_size == 2);
  CHECK(many.found.gear == 0);
  const auto open = apply{"TopKV2"}.input(f32, {3, 4}).input(i32, test::shape({})).run();
  CHECK(open.shapes[0] == test::shape({3, extent::unknown()}));
  CHECK(open.types[1] == i32);
}

TEST_CASE("ReduceMin and ReduceProd R1: axes lie in the rank") {
  for (const std::string_view type : {"ReduceMin", "ReduceProd"}) {
    CHECK(apply{type}.input(f32, {2, 3}).list({0, 7}).run().found.need == relation::below);
    CHECK(apply{type}.input(f32, {2, 3}).list({-1}).run().shapes[0] == test::shape({2}));
  }
}
