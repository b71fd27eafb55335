#include <doctest/doctest.h>
#include <airloom/ops/reshape.hpp>

#include "gears.hpp"
#include "support/apply.hpp"

using namespace airloom;
using test::apply;
using test::batch;
using test::geared;
using test::plain;
using test::seq;

static_assert(test::is<decltype(tile<2, 3>(plain<f32, 4>{})), plain<f32, 2, 12>>);
static_assert(test::is<decltype(tile<1, 2>(geared<f32, batch, 4>{})), geared<f32, batch, 8>>);
static_assert(test::is<decltype(zeros_like(geared<boolean, batch, 4>{})), geared<boolean, batch, 4>>);

TEST_CASE("Tile R1, R2: a multiple a dimension, none negative") {
  CHECK(apply{"Tile"}.input(f32, {2, 3}).list({2}).run().found.need == relation::at_least);
  CHECK(apply{"Tile"}.input(f32, {2}).list({1, 1, 1, 1, 1, 1, 1, 1, 1}).run().found.need ==
        relation::rank_at_most);
  CHECK(apply{"Tile"}.input(f32, {2}).list({-1}).run().found.need == relation::at_least);
  CHECK(apply{"Tile"}.input(f32, {2, 3}).list({0, 2}).run().shapes[0] == test::shape({0, 6}));
}

TEST_CASE("Tile: the length of the list says the rank while its contents are not known") {
  const auto open = apply{"Tile"}.input(f32, {2}).input(i64, {3}).run();
  CHECK(open.shapes[0] == shape_value::of_unknown_sizes(3));
}

static_assert(test::is<decltype(ones_like(geared<f16, batch>{})), geared<f16, batch>>);

TEST_CASE("ExpandDims R1: the axis counts in the output") {
  const auto expanded = [](std::int64_t axis) {
    return apply{"ExpandDims"}.input(f32, {2, 3}).scalar(axis).run();
  };
  CHECK(expanded(-1).shapes[0] == test::shape({2, 3, 1}));
  CHECK(expanded(0).shapes[0] == test::shape({1, 2, 3}));
  CHECK(expanded(3).found.need == relation::below);
  CHECK(expanded(-4).found.need == relation::at_least);
}

TEST_CASE("TensorMove keeps shape, element type and known contents") {
  const auto moved = apply{"TensorMove"}.list({4, extent::of_axis(0)}).run();
  REQUIRE(moved.values.size() == 2);
  CHECK(moved.values[1] == extent::of_axis(0));
}
