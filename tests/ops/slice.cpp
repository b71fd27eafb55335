#include <doctest/doctest.h>
#include <airloom/ops/slice.hpp>

#include "gears.hpp"
#include "support/apply.hpp"

using namespace airloom;
using test::apply;
using test::batch;
using test::geared;
using test::plain;
using test::seq;

static_assert(test::is<decltype(pad_with<0, 0, 1, 2>(geared<f32, batch, 8>{}, 0.5)), geared<f32, batch, 11>>);
static_assert(test::is<decltype(reverse<0>(geared<i32, seq>{})), geared<i32, seq>>);
static_assert(test::is<decltype(tril(geared<f16, seq, seq>{})), geared<f16, seq, seq>>);
static_assert(test::is<decltype(triu<1>(plain<boolean, 3, 4>{})), plain<boolean, 3, 4>>);

namespace {

finding pad_of(std::string_view mode, std::vector<extent> paddings) {
  return apply{"PadV3"}.input(f32, {2, 3}).list(std::move(paddings)).unfed().set("mode", mode).run().found;
}

}  // namespace

TEST_CASE("PadV3 R1, R2: two numbers a dimension, and none that the mode has no elements for") {
  CHECK(pad_of("constant", {1, 0, 1}).need == relation::equal);
  CHECK(pad_of("constant", {-1, 0, 0, 0}).need == relation::at_least);
  CHECK(pad_of("constant", {9, 9, 9, 9}).holds());
  CHECK(pad_of("reflect", {1, 1, 2, 2}).holds());
  CHECK(pad_of("reflect", {2, 0, 0, 0}).need == relation::at_least);
  CHECK(pad_of("symmetric", {2, 2, 3, 3}).holds());
  CHECK(pad_of("symmetric", {3, 0, 0, 0}).need == relation::at_least);
  CHECK(apply{"PadV3"}.input(f32, {0}).list({1, 0}).unfed().set("mode", "edge").run().found.need ==
        relation::exactly);
}

TEST_CASE("PadV3 R3, R4: one number, a known mode") {
  CHECK(apply{"PadV3"}.input(f32, {2}).list({1, 0}).input(f32, {2}).run().found.need == relation::exactly);
  CHECK(pad_of("wrapped", {1, 0, 1, 0}).need == relation::text_known);
}

TEST_CASE("PadV3: the numbers before and after may come apart") {
  const auto apart =
      apply{"PadV3"}.input(f32, {2, 3}).list({1, 2, 3, 4}).unfed().set("paddings_contiguous", false).run();
  CHECK(apart.shapes[0] == test::shape({2 + 1 + 3, 3 + 2 + 4}));
}

TEST_CASE("ReverseV2 R1, R2: axes lie in the rank, none twice") {
  CHECK(apply{"ReverseV2"}.input(f32, {3, 2}).list({2}).run().found.need == relation::below);
  CHECK(apply{"ReverseV2"}.part(apply{"ReverseV2"}.input(f32, {3, 2}).list({0, -2}).run().found.left) ==
        "entries_for_one_dimension");
}

TEST_CASE("Tril and Triu R1: matrices") {
  CHECK(apply{"Tril"}.input(f32, {3}).run().found.need == relation::rank_at_least);
  CHECK(apply{"Triu"}.input(f32, {}).run().found.need == relation::rank_at_least);
}

TEST_CASE("Slice R1, R2, R3: a block inside x") {
  const auto block = [](std::vector<extent> offsets, std::vector<extent> size) {
    return apply{"Slice"}.input(f32, {4, 5}).list(std::move(offsets)).list(std::move(size)).run();
  };
  CHECK(block({1, 2}, {-1, 3}).shapes[0] == test::shape({3, 3}));
  CHECK(block({1}, {2}).found.need == relation::equal);
  CHECK(block({-1, 0}, {1, 1}).found.need == relation::at_least);
  CHECK(block({0, 0}, {-2, 1}).found.need == relation::at_least);
  CHECK(block({1, 2}, {4, 3}).found.need == relation::at_least);
}
