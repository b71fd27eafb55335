#include <doctest/doctest.h>
#include <airloom/ops/norm.hpp>

#include "gears.hpp"
#include "support/apply.hpp"

using namespace airloom;
using test::apply;
using test::batch;
using test::geared;
using test::plain;
using test::seq;

static_assert(test::is<decltype(rms_norm(geared<bf16, batch, seq, 8>{}, parameter<bf16, 8>{}, 1e-6)),
                       geared<bf16, batch, seq, 8>>);
static_assert(
    test::is<decltype(add_rms_norm(plain<f16, 2, 8>{}, plain<f16, 2, 8>{}, parameter<f16, 8>{}, 1e-6)),
             recorded<plain<f16, 2, 8>, plain<f32, 2, 1>, plain<f16, 2, 8>>>);

TEST_CASE("RmsNorm: rstd is f32, and 1 where x is normalised") {
  const auto result = apply{"RmsNorm"}.input(f16, {3, 4, 8}).input(f16, {4, 8}).run();
  REQUIRE(result.holds());
  CHECK(result.shapes[0] == test::shape({3, 4, 8}));
  CHECK(result.shapes[1] == test::shape({3, 1, 1}));
  CHECK(result.types[0] == f16);
  CHECK(result.types[1] == f32);
}

TEST_CASE("RmsNorm R1: gamma is the tail of x") {
  const auto size = apply{"RmsNorm"}.input(f32, {4, 16}).input(f32, {8}).run();
  CHECK(size.found.need == relation::equal);
  CHECK(apply{"RmsNorm"}.part(size.found.left) == "gamma_size");
  CHECK(size.found.dimension == 1);
  CHECK(apply{"RmsNorm"}.input(f32, {16}).input(f32, {2, 16}).run().found.need == relation::at_least);
}

TEST_CASE("AddRmsNorm R1, R2: gamma is the tail, and both summands have one shape") {
  const auto gamma = apply{"AddRmsNorm"}.input(f16, {4, 16}).input(f16, {4, 16}).input(f16, {8}).run();
  CHECK(apply{"AddRmsNorm"}.part(gamma.found.left) == "gamma_size");
  const auto summands = apply{"AddRmsNorm"}.input(f16, {4, 16}).input(f16, {4, 8}).input(f16, {16}).run();
  CHECK(summands.found.need == relation::equal);
  CHECK(apply{"AddRmsNorm"}.part(summands.found.right) == "x2_size");
  CHECK(apply{"AddRmsNorm"}.input(f16, {4, 16}).input(f32, {4, 16}).input(f16, {16}).run().found.need ==
        relation::same_dtype);
}

static_assert(test::is<decltype(log_softmax<-1>(geared<f16, batch, seq>{})), geared<f16, batch, seq>>);

TEST_CASE("LogSoftmaxV2 R1: axes lie in the rank") {
  CHECK(apply{"LogSoftmaxV2"}.input(f32, {2, 3}).set("axes", {0, 5}).run().found.need == relation::below);
}
