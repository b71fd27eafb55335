#pragma once
// Layers of convolution nets, on [batch, channels, height, width].

#include <airloom/model/module.hpp>
#include <airloom/ops/convolution.hpp>
#include <boost/hana/define_struct.hpp>

namespace airloom::nn {

/// How a convolution moves: stride and zero padding on all four sides, the same in both directions.
struct step {
  int stride = 1;
  int padding = 0;
};

constexpr conv2d_options options_of(step moving) {
  return {.strides = {moving.stride, moving.stride},
          .pads = {moving.padding, moving.padding, moving.padding, moving.padding}};
}

template <int In, int Out, int Kernel, step Moving, dtype Type>
struct conv2d_layer {
  using weight_type = parameter<Type, Out, In, Kernel, Kernel>;
  using bias_type = parameter<Type, Out>;
  BOOST_HANA_DEFINE_STRUCT(conv2d_layer, (weight_type, weight), (bias_type, bias));

  template <operand_like X>
  constexpr auto operator()(const X& x, const line& where) const {
    return airloom::conv2d<options_of(Moving)>(x, weight, bias, where);
  }
};
template <int In, int Out, int Kernel, step Moving, dtype Type>
struct conv2d_layer_without_bias {
  using weight_type = parameter<Type, Out, In, Kernel, Kernel>;
  BOOST_HANA_DEFINE_STRUCT(conv2d_layer_without_bias, (weight_type, weight));

  template <operand_like X>
  constexpr auto operator()(const X& x, const line& where) const {
    return airloom::conv2d<options_of(Moving)>(x, weight, unfed, where);
  }
};

/// conv2d<In, Out, Kernel, step{.stride = 2, .padding = 1}>: cross-correlation with a bias.
/// Inputs   x [batch, In, height, width]
/// Output   [batch, Out, (height + 2·padding - Kernel) / stride + 1, …]
/// Weights  weight [Out, In, Kernel, Kernel] and bias [Out], as torch.nn.Conv2d keeps them
template <int In, int Out, int Kernel, step Moving = step{}, dtype Type = f32>
using conv2d = module<conv2d_layer<In, Out, Kernel, Moving, Type>>;
/// The same without a bias.
template <int In, int Out, int Kernel, step Moving = step{}, dtype Type = f32>
using conv2d_without_bias = module<conv2d_layer_without_bias<In, Out, Kernel, Moving, Type>>;

template <int Channels, dtype Type>
struct batch_norm_layer {
  using vector = parameter<Type, Channels>;
  BOOST_HANA_DEFINE_STRUCT(batch_norm_layer, (vector, weight), (vector, bias), (vector, running_mean),
                           (vector, running_var));
  double epsilon = 1e-5;

  template <operand_like X>
  constexpr auto operator()(const X& x, const line& where) const {
    return batch_norm_inference(x, weight, bias, running_mean, running_var, epsilon, where);
  }
};

/// batch_norm<Channels>: (x - running_mean) / sqrt(running_var + epsilon) · weight + bias, channel by
/// channel. Inputs   x [batch, Channels, height, width] Weights  weight, bias, running_mean, running_var
/// [Channels]; epsilon is a member, 1e-5 as in torch
template <int Channels, dtype Type = f32>
using batch_norm = module<batch_norm_layer<Channels, Type>>;

template <int Kernel, int Stride>
struct max_pool_layer {
  template <operand_like X>
  constexpr auto operator()(const X& x, const line& where) const {
    return airloom::max_pool<pool_options{.kernel = {Kernel, Kernel}, .strides = {Stride, Stride}}>(x, where);
  }
};

/// max_pool<Kernel, Stride>: the largest value of each window, without padding.
template <int Kernel, int Stride = Kernel>
using max_pool = module<max_pool_layer<Kernel, Stride>>;

}  // namespace airloom::nn
