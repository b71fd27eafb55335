#include <doctest/doctest.h>
#include <airloom/ops/activation.hpp>

#include "gears.hpp"
#include "support/apply.hpp"

using namespace airloom;
using test::apply;
using test::batch;
using test::geared;
using test::plain;
using test::seq;

static_assert(test::is<decltype(silu(geared<f16, batch, 8>{})), geared<f16, batch, 8>>);
static_assert(test::is<decltype(swish(plain<f32, 3>{}, 1.5)), plain<f32, 3>>);
static_assert(test::is<decltype(swiglu(geared<bf16, batch, 8>{})), geared<bf16, batch, 4>>);
static_assert(test::is<decltype(swiglu<0>(plain<f32, 6, 3>{})), plain<f32, 3, 3>>);

static_assert(
    test::is<decltype(hard_swish(leaky_relu(geared<f16, batch, 8>{}, 0.1))), geared<f16, batch, 8>>);
static_assert(test::is<decltype(mish(hard_sigmoid(plain<f32, 3>{}))), plain<f32, 3>>);

TEST_CASE("activations of one number keep shape and element type") {
  for (const std::string_view type : {"Swish", "LeakyRelu", "HardSwish", "HardSigmoid", "Mish"}) {
    CAPTURE(type);
    const auto result = apply{type}.input(bf16, {2, extent::unknown(), 3}).run();
    CHECK(result.shapes[0] == test::shape({2, extent::unknown(), 3}));
    CHECK(result.types[0] == bf16);
    CHECK(apply{type}.input(u16, {2}).run().found.need == relation::dtype_accepted);
  }
}

TEST_CASE("silu writes scale 1, swish the number given") {
  const tape record =
      record_model([](auto x) { return swish(silu(x), 1.5); }, input<static_model, f32, 3>("x"));
  REQUIRE(record.steps().size() == 3);
  CHECK(!(*record.steps()[1].attributes)["scale"].is_set());  // the default
  REQUIRE(record.numbers().size() == 1);
  CHECK(record.numbers()[0].name == "scale");
  CHECK(record.numbers()[0].value == 1.5);
}

TEST_CASE("SwiGlu R1: dim lies in the rank") {
  const auto wrong = apply{"SwiGlu"}.input(f32, {4, 6}).set("dim", 2).run();
  CHECK(wrong.found.need == relation::below);
  CHECK(apply{"SwiGlu"}.part(wrong.found.left) == "dim");
}

TEST_CASE("SwiGlu R2: the size is even in every gear") {
  CHECK(apply{"SwiGlu"}.input(f32, {4, 7}).run().found.need == relation::divides);
  const auto by_gear =
      apply{"SwiGlu"}.in(test::free_view).input(f32, {test::batch_extent, 2}).set("dim", 0).run();
  CHECK(by_gear.found.need == relation::divides);
  CHECK(by_gear.found.left_size == 1);
  CHECK(by_gear.found.gear == 0);
  const auto halved = apply{"SwiGlu"}.in(test::free_view).input(f32, {2, extent{2} * test::seq_extent}).run();
  REQUIRE(halved.holds());
  CHECK(halved.shapes[0][1] == test::seq_extent);
}
