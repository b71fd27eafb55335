#include <doctest/doctest.h>
#include <airloom/ops/unary.hpp>

#include "gears.hpp"
#include "support/apply.hpp"

using namespace airloom;
using test::apply;
using test::batch;
using test::geared;
using test::plain;

static_assert(test::is<decltype(relu(geared<f16, batch, 8>{})), geared<f16, batch, 8>>);
static_assert(test::is<decltype(-plain<i32, 2, 3>{}), plain<i32, 2, 3>>);
static_assert(test::is<decltype(sqrt(plain<f64>{})), plain<f64>>);
static_assert(test::is<decltype(log(exp(abs(plain<f16, 2>{})))), plain<f16, 2>>);
static_assert(test::is<decltype(sign(round(ceil(floor(square(plain<f32, 2>{})))))), plain<f32, 2>>);
static_assert(test::is<decltype(reciprocal(cos(sin(plain<f64, 2>{})))), plain<f64, 2>>);
static_assert(test::is<decltype(logical_not(geared<boolean, batch>{})), geared<boolean, batch>>);

namespace {

std::string_view type_of_gelu(auto model) {
  const tape record = record_model(model, input<static_model, f32, 3>("x"));
  return record.steps()[1].op->type;
}

}  // namespace

TEST_CASE("unary operators keep shape and element type") {
  for (const std::string_view type :
       {"Neg", "Sqrt", "Rsqrt", "Tanh", "Sigmoid", "Erf", "Relu", "Gelu", "GeluV2", "Abs", "Sin", "Cos",
        "Reciprocal", "Square", "Floor", "Ceil", "Round", "Sign", "Exp"}) {
    CAPTURE(type);
    const auto result = apply{type}.input(bf16, {2, extent::unknown(), 3}).run();
    CHECK(result.holds());
    CHECK(result.shapes[0] == test::shape({2, extent::unknown(), 3}));
    CHECK(result.types[0] == bf16);
    CHECK(apply{type}.input(boolean, {2}).run().found.need == relation::dtype_accepted);
    CHECK(apply{type}.unfed().run().found.need == relation::fed);
  }
}

TEST_CASE("GeluV2 R1: approximate is none or tanh") {
  CHECK(apply{"GeluV2"}.input(f32, {2}).set("approximate", "tanh").run().holds());
  CHECK(apply{"GeluV2"}.input(f32, {2}).set("approximate", "erf").run().found.need == relation::text_known);
}

TEST_CASE("gelu is the erf form, gelu_tanh the tanh form, which Ascend calls Gelu") {
  CHECK(type_of_gelu([](auto x) { return gelu(x); }) == "GeluV2");
  CHECK(type_of_gelu([](auto x) { return gelu_tanh(x); }) == "Gelu");
}

TEST_CASE("LogicalNot takes bool alone") {
  CHECK(apply{"LogicalNot"}.input(boolean, {2}).run().types[0] == boolean);
  CHECK(apply{"LogicalNot"}.input(u8, {2}).run().found.need == relation::dtype_accepted);
}

TEST_CASE("Real and Imag R1: Tout is the element type of the parts") {
  for (const std::string_view type : {"Real", "Imag"}) {
    CHECK(apply{type}.input(dtype::c64, {2, 3}).run().types[0] == f32);
    CHECK(apply{type}.input(dtype::c128, {2}).set("Tout", f64).run().types[0] == f64);
    CHECK(apply{type}.input(dtype::c128, {2}).run().found.need == relation::dtype_accepted);
    CHECK(apply{type}.input(f32, {2}).run().found.need == relation::dtype_accepted);
  }
}

TEST_CASE("Log gives f32 of whole numbers") {
  CHECK(apply{"Log"}.input(u8, {2}).run().types[0] == f32);
  CHECK(apply{"Log"}.input(bf16, {2}).run().types[0] == bf16);
  CHECK(apply{"Log"}.input(u16, {2}).run().found.need == relation::dtype_accepted);
}
