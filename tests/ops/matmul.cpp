#include <doctest/doctest.h>
#include <airloom/ops/matmul.hpp>

#include "gears.hpp"
#include "support/apply.hpp"

using namespace airloom;
using test::apply;
using test::batch;
using test::geared;
using test::plain;
using test::seq;
using test::tied_tensor;

static_assert(test::is<decltype(matmul(plain<f32, 3, 5>{}, plain<f32, 5, 4>{})), plain<f32, 3, 4>>);
static_assert(
    test::is<decltype(matmul<transposed::x2>(plain<f16, 3, 5>{}, parameter<f16, 4, 5>{})), plain<f16, 3, 4>>);
static_assert(
    test::is<decltype(matmul<transposed::both>(plain<f32, 4, 2>{}, plain<f32, 3, 4>{})), plain<f32, 2, 3>>);
static_assert(test::is<decltype(matmul<transposed::x2>(geared<f32, batch, 12, seq, 64>{},
                                                       geared<f32, batch, 12, seq, 64>{})),
                       geared<f32, batch, 12, seq, seq>>);
static_assert(test::is<decltype(matmul(geared<f32, batch, 1, seq, 4>{}, geared<f32, 5, 4, 2>{})),
                       geared<f32, batch, 5, seq, 2>>);
static_assert(test::is<decltype(matmul(tied_tensor<f32, 7, batch>{}, tied_tensor<f32, seq, 7>{})),
                       tied_tensor<f32, 7, 7>>);
static_assert(test::is<decltype(matmul_bias(geared<f32, batch, 768>{}, parameter<f32, 3072, 768>{},
                                            parameter<f32, 3072>{})),
                       geared<f32, batch, 3072>>);
static_assert(test::is<decltype(matmul_bias(geared<f16, batch, seq, 768>{}, parameter<f16, 3072, 768>{},
                                            parameter<f16, 3072>{})),
                       geared<f16, batch, seq, 3072>>);

namespace {

/// The step that a model of one input records last, as "MatMulV2 0 1".
std::string last_step(auto model, auto... declared) {
  const tape record = record_model(model, declared...);
  const tape_step& step = record.steps()[record.steps().size() - 1];
  std::string text{step.op->type};
  for (const std::string_view name : {"transpose_x1", "transpose_x2", "adj_x1", "adj_x2"})
    if ((*step.attributes)[name].integer != 0) text.append(" ").append(name);
  return text;
}

}  // namespace

TEST_CASE("matmul R1: the columns of x1 equal the rows of x2 in every gear") {
  apply product{"MatMul"};
  product.in(test::free_view).input(f32, {test::seq_extent, test::seq_extent}).input(f32, {64, 8});
  const finding found = product.run().found;
  CHECK(found.need == relation::equal);
  CHECK(product.part(found.left) == "x1_columns");
  CHECK(product.part(found.right) == "x2_rows");
  CHECK(found.left_size == 128);
  CHECK(found.right_size == 64);
  CHECK(found.gear == 1);
}

TEST_CASE("matmul R2: the batches broadcast") {
  apply product{"BatchMatMul"};
  const finding found = product.input(f32, {2, 3, 5}).input(f32, {4, 5, 2}).run().found;
  CHECK(found.need == relation::equal_or_one);
  CHECK(product.part(found.left) == "x1_batch");
}

TEST_CASE("matmul R3: the bias is as long as a row of the product") {
  const auto with_bias = [](std::initializer_list<extent> bias) {
    return apply{"BatchMatMulV2"}.input(f32, {2, 3, 5}).input(f32, {5, 4}).input(f32, bias).run();
  };
  CHECK(with_bias({4}).holds());
  CHECK(with_bias({1, 4}).holds());
  CHECK(with_bias({2, 1, 4}).holds());
  CHECK(with_bias({3}).found.need == relation::equal);
  CHECK(with_bias({3, 4}).found.need == relation::exactly);
  CHECK(with_bias({5, 1, 4}).found.need == relation::equal);
  CHECK(with_bias({2, 2, 1, 4}).found.need == relation::rank_at_most);
  CHECK(with_bias({}).found.need == relation::rank_at_least);
}

TEST_CASE("vectors are rows or columns, and unknown sizes pass") {
  CHECK(apply{"MatMulV2"}.input(f32, {5}).input(f32, {5, 3}).run().shapes[0] == test::shape({3}));
  CHECK(apply{"MatMulV2"}.input(f32, {4, 6}).input(f32, {6}).run().shapes[0] == test::shape({4}));
  CHECK(apply{"MatMul"}.input(f32, {}).input(f32, {6, 2}).run().found.need == relation::rank_at_least);
  CHECK(apply{"MatMul"}.input(f32, {1, 2, 3}).input(f32, {3, 2}).run().found.need == relation::rank_at_most);
  const auto open =
      apply{"BatchMatMul"}.input(f32, {extent::unknown(), 3, extent::unknown()}).input(f32, {7, 9}).run();
  CHECK(open.shapes[0] == test::shape({extent::unknown(), 3, 9}));
}

TEST_CASE("products of i8 are i32") {
  CHECK(apply{"MatMulV2"}.input(i8, {2, 3}).input(i8, {3, 2}).run().types[0] == i32);
  CHECK(apply{"MatMul"}.input(i8, {2, 3}).input(i8, {3, 2}).run().found.need == relation::dtype_accepted);
}

TEST_CASE("the rank decides the operator") {
  constexpr auto square = [](auto x) { return matmul<transposed::x1>(x, x); };
  CHECK(last_step(square, input<static_model, f32, 3, 5>("x")) == "MatMul transpose_x1");
  CHECK(last_step(square, input<static_model, f32, 2, 3, 5>("x")) == "BatchMatMul adj_x1");
  constexpr auto linear = [](auto x, auto weight, auto bias) { return matmul_bias(x, weight, bias); };
  CHECK(last_step(linear, input<static_model, f32, 3, 5>("x"), input<static_model, f32, 7, 5>("w"),
                  input<static_model, f32, 7>("b")) == "MatMulV2 transpose_x2");
  CHECK(last_step(linear, input<static_model, f32, 2, 3, 5>("x"), input<static_model, f32, 7, 5>("w"),
                  input<static_model, f32, 7>("b")) == "BatchMatMulV2 adj_x2");
}
