// The documents' examples, and the models of upstream's own tests.

#include <airloom/dsl.hpp>

#include "cases.hpp"

namespace al = airloom;

namespace {

inline constexpr struct batch final : al::axis<batch> {
} batch;
/// Three rows, or one: what TorchAir exports as -1.
inline constexpr auto rows = batch.in<1, 3>;
inline constexpr struct width final : al::axis<width> {
} width;
inline constexpr auto planes = al::product(batch.in<1, 3>, width.in<2, 4>);

struct sum {
  constexpr auto operator()(auto x, auto y) const { return x + y; }
};
constexpr auto static_x = al::input<al::static_model, al::f32, 2, 4>("x");
constexpr auto static_y = al::input<al::static_model, al::f32, 2, 4>("y");

// --- the documents

struct linear_add {
  al::nn::linear<2, 2> linear1, linear2;
  constexpr auto operator()(auto x, auto y) const { return linear1(x) + linear2(y); }
};

struct p1p2 {
  al::parameter<al::f32, 2, 4> p1, p2;
  constexpr auto operator()(auto x, auto y) const { return x + y + p1 + p2; }
};

// --- upstream's tests

struct bf16_mixed {
  al::parameter<al::bf16, 10> p1;
  constexpr auto operator()(auto x, auto y) const {
    return al::outputs(al::cast<al::f32>(x + y) + 1.0, al::as_tensor(p1, x) * 2.0);
  }
};

struct scaled_parameter {
  al::parameter<al::f16, 10, 10, 10> p1;
  constexpr auto operator()(auto x, auto y) const { return al::outputs(x + y, al::as_tensor(p1, x) * 2.0); }
};

struct scalars {
  constexpr auto operator()(auto x, auto y) const { return x * 7 + 0.25 + y; }
};

/// The number is known only when the model runs.
struct number_as_input {
  constexpr auto operator()(auto x, auto n, auto y) const { return x * al::cast<al::f32>(n) + 0.25 + y; }
};

struct two_products {
  al::parameter<al::f32, 16, 32> w;
  constexpr auto operator()(auto x, auto v) const { return al::outputs(al::matmul(x, w), al::matmul(x, v)); }
};

struct turned {
  constexpr auto operator()(auto x, auto y, auto z) const {
    return al::outputs(al::reshape<8>(x), al::reshape<2, 4>(y), al::transpose<1, 0>(z));
  }
};

}  // namespace

BOOST_HANA_ADAPT_STRUCT(linear_add, linear1, linear2);
BOOST_HANA_ADAPT_STRUCT(p1p2, p1, p2);
BOOST_HANA_ADAPT_STRUCT(bf16_mixed, p1);
BOOST_HANA_ADAPT_STRUCT(two_products, w);
BOOST_HANA_ADAPT_STRUCT(scaled_parameter, p1);

namespace {

const test::described registered[]{
    {"u_static_add", [] { return al::record_model(sum{}, static_x, static_y); }},
    {"u_static_add_npu", [] { return al::record_model(sum{}, static_x, static_y); }},
    {"u_static_add_no_torch_npu", [] { return al::record_model(sum{}, static_x, static_y); }},
    {"ex1_linear_add_static",
     [] {
       return al::record_model(linear_add{}, al::input<al::static_model, al::f32, 2, 2>("x"),
                               al::input<al::static_model, al::f32, 2, 2>("y"));
     }},
    {"ex1_linear_add_dynamic",  // without a single -1: every size meets one of a weight
     [] {
       return al::record_model(linear_add{}, al::input<al::static_model, al::f32, 2, 2>("x"),
                               al::input<al::static_model, al::f32, 2, 2>("y"));
     }},
    {"ex1_linear_add_dynamic_b3",
     [] {
       return al::record_model(linear_add{}, al::input<rows, al::f32, batch, 2>("x"),
                               al::input<rows, al::f32, batch, 2>("y"));
     }},
    {"ex2_p1p2_static", [] { return al::record_model(p1p2{}, static_x, static_y); }},
    {"u_bf16_mixed",
     [] {
       return al::record_model(bf16_mixed{}, al::input<al::static_model, al::bf16, 2, 4>("x"),
                               al::input<al::static_model, al::bf16, 2, 4>("y"));
     }},
    {"u_e7_external_fp16", [] { return al::record_model(scaled_parameter{}, static_x, static_y); }},
    {"u_scalar_args_static",
     [] {
       return al::record_model(scalars{}, al::input<al::static_model, al::f32, 3, 4>("x"),
                               al::input<al::static_model, al::f32, 3, 4>("y"));
     }},
    {"u_scalar_args",
     [] {
       return al::record_model(number_as_input{}, al::input<planes, al::f32, batch, width>("x"),
                               al::input<planes, al::i64>("n"),
                               al::input<planes, al::f32, batch, width>("y"));
     }},
    {"u_private_format_npu",
     [] {
       return al::record_model(two_products{}, al::input<al::static_model, al::f32, 4, 16>("x"),
                               al::input<al::static_model, al::f32, 16, 32>("v"));
     }},
    {"u_uint",
     [] {
       return al::record_model(turned{}, al::input<al::static_model, al::u16, 4, 2>("x"),
                               al::input<al::static_model, al::u32, 4, 2>("y"),
                               al::input<al::static_model, al::u64, 4, 2>("z"));
     }},
};

}  // namespace
