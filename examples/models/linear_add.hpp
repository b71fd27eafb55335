#pragma once
// The example of TorchAir's documents: two linear layers with all-one weights, and the sum of their results.

#include <airloom/dsl.hpp>

namespace linear_add {

namespace al = airloom;

struct net {
  al::nn::linear<2, 2> linear1;
  al::nn::linear<2, 2> linear2;

  constexpr auto operator()(auto x, auto y) const {
    // Two statements: C++ leaves open which side of a + is evaluated, and so recorded, first.
    auto left = linear1(x);
    auto right = linear2(y);
    return left + right;
  }
};

inline constexpr auto x = al::input<al::static_model, al::f32, 2, 2>("x");
inline constexpr auto y = al::input<al::static_model, al::f32, 2, 2>("y");

}  // namespace linear_add

BOOST_HANA_ADAPT_STRUCT(linear_add::net, linear1, linear2);
