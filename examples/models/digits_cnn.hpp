#pragma once
// A small convolution net that reads handwritten digits: conv-bn-relu twice, max pool, strided conv, mean,
// linear.

#include <airloom/dsl.hpp>

namespace digits_cnn {

namespace al = airloom;

inline constexpr struct batch final : al::axis<batch> {
} batch;

inline constexpr auto traffic = batch.in<1, 10>;

struct net {
  al::nn::conv2d_without_bias<1, 16, 3, al::nn::step{.padding = 1}> conv1;
  al::nn::batch_norm<16> bn1;
  al::nn::conv2d_without_bias<16, 32, 3, al::nn::step{.padding = 1}> conv2;
  al::nn::batch_norm<32> bn2;
  al::nn::max_pool<2> pool;
  al::nn::conv2d<32, 64, 3, al::nn::step{.stride = 2, .padding = 1}> conv3;
  al::nn::linear<64, 10> fc;

  constexpr auto operator()(auto image) const {
    auto wide = al::relu(bn2(conv2(al::relu(bn1(conv1(image))))));
    auto features = al::relu(conv3(pool(wide)));
    return al::named("logits", fc(al::mean<2, 3>(features)));
  }
};

inline constexpr auto image = al::input<traffic, al::f32, batch, 1, 8, 8>("x");

}  // namespace digits_cnn

BOOST_HANA_ADAPT_STRUCT(digits_cnn::net, conv1, bn1, conv2, bn2, pool, conv3, fc);
