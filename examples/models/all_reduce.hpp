#pragma once
// The two-card example of TorchAir's documents: x + y + p1 + p2 on each card, then the sum over both cards.

#include <airloom/dsl.hpp>

namespace all_reduce {

namespace al = airloom;

struct net {
  al::parameter<al::f32, 2, 2> p1;
  al::parameter<al::f32, 2, 2> p2;

  constexpr auto operator()(auto x, auto y) const {
    // The inputs are integers and the parameters are not: PyTorch converts by itself, here it is written.
    auto sum = al::cast<al::f32>(x + y) + p1 + p2;
    return al::wait(al::all_reduce<al::world<2>>(sum));
  }
};

inline constexpr auto x = al::input<al::static_model, al::i32, 2, 2>("x");
inline constexpr auto y = al::input<al::static_model, al::i32, 2, 2>("y");

}  // namespace all_reduce

BOOST_HANA_ADAPT_STRUCT(all_reduce::net, p1, p2);
