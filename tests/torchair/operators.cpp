// Models that show one operator after another: shapes, whole numbers, truth values.

#include <airloom/dsl.hpp>

#include "cases.hpp"

namespace al = airloom;

namespace {

inline constexpr struct rows final : al::axis<rows> {
} rows;
inline constexpr auto traffic = rows.in<4, 5>;

/// The names are the places among PyTorch's results.
template <auto Rows>
struct shape_ops {
  constexpr auto operator()(auto x, auto y) const {
    auto c = al::concat<1>(x, y);
    auto [p, q] = al::split_sizes<1, 6, 6>(c);
    auto s = al::slice<1, 0, al::to_the_end, 2>(al::slice<0, 1, 3>(c));
    auto d = al::pad_with<0, 1, 1, 2>(x, 0.5);
    auto e = al::broadcast_to<Rows, 3>(al::slice<1, 0, 1>(y));
    auto last = al::at<1, -1>(x);
    return al::outputs(c, p * q, s, d, e, al::tile<2, 1>(x), al::pack<0>(x, y), al::transpose<1, 0>(x),
                       al::reverse<0>(x), al::tril(x), last, al::squeeze<1>(al::unsqueeze<1>(x)) + 1.0);
  }
};

struct int_bool {
  constexpr auto operator()(auto x, auto m, auto i) const {
    auto big = al::logical_and(al::greater(x, 0.5), al::logical_not(m));
    auto largest = al::argmax<1>(x);
    auto [values, places] = al::topk<1, 2>(x);
    auto wide = al::cast<al::i64>(i);
    auto column = al::unsqueeze<1>(largest);
    auto ones = al::cast<al::f32>(al::ones_like(column));
    return al::outputs(al::select(big, x, al::zeros_like(x)), largest, values, al::cast<al::i64>(places),
                       al::cumsum<1>(wide), al::gather_elements<1>(x, al::floor_mod(wide, 6)),
                       al::scatter_elements<1>(al::zeros_like(x), column, ones),
                       al::equal(al::floor_mod(i, 3), 0), al::any<1>(al::logical_or(m, big)),
                       al::floor_div(i, 2));
  }
};

struct float8 {
  constexpr auto operator()(auto x, auto y) const {
    return al::outputs(al::cast<al::f32>(al::cast<al::dtype::f8_e4m3fn>(x)), al::cast<al::dtype::f8_e5m2>(y));
  }
};
struct float8_input {
  constexpr auto operator()(auto x, auto z) const {
    return al::outputs(al::cast<al::dtype::f8_e5m2>(al::cast<al::f32>(al::cast<al::dtype::f8_e4m3fn>(x))),
                       al::cast<al::f32>(z));
  }
};

constexpr auto static_x = al::input<al::static_model, al::f32, 2, 4>("x");
constexpr auto static_y = al::input<al::static_model, al::f32, 2, 4>("y");

const test::described registered[]{
    {"m_shape_ops",
     [] {
       return al::record_model(shape_ops<4>{}, al::input<al::static_model, al::f32, 4, 6>("x"),
                               al::input<al::static_model, al::f32, 4, 6>("y"));
     }},
    {"m_shape_ops_dynamic",
     [] {
       return al::record_model(shape_ops<rows>{}, al::input<traffic, al::f32, rows, 6>("x"),
                               al::input<traffic, al::f32, rows, 6>("y"));
     }},
    {"m_int_bool",
     [] {
       return al::record_model(int_bool{}, al::input<al::static_model, al::f32, 4, 6>("x"),
                               al::input<al::static_model, al::boolean, 4, 6>("m"),
                               al::input<al::static_model, al::i32, 4, 6>("i"));
     }},
    {"u_float8", [] { return al::record_model(float8{}, static_x, static_y); }},
    {"u_e15_fp8",
     [] {
       return al::record_model(float8_input{}, static_x,
                               al::input<al::static_model, al::dtype::f8_e4m3fn, 2, 4>("z"));
     }},
};

}  // namespace
