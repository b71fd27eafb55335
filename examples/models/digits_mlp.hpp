#pragma once
// A perceptron that reads handwritten digits: 8x8 pixels in, ten scores out.

#include <airloom/dsl.hpp>

namespace digits {

namespace al = airloom;

inline constexpr struct batch final : al::axis<batch> {
} batch;

// Requests come one by one, in tens or in fifties.
inline constexpr auto traffic = batch.in<1, 10, 50>;

struct perceptron {
  al::nn::linear<64, 128> fc1;
  al::nn::linear<128, 64> fc2;
  al::nn::linear<64, 10> fc3;

  constexpr auto operator()(auto x) const {
    auto hidden = al::relu(fc2(al::relu(fc1(x))));
    return al::named("logits", fc3(hidden));
  }
};

inline constexpr auto pixels = al::input<traffic, al::f32, batch, 64>("x");

}  // namespace digits

BOOST_HANA_ADAPT_STRUCT(digits::perceptron, fc1, fc2, fc3);
