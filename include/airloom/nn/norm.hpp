#pragma once
// Normalisation over the last dimension: by mean and variance, or by the mean square.

#include <airloom/model/module.hpp>
#include <airloom/ops/norm.hpp>
#include <boost/hana/define_struct.hpp>

namespace airloom::nn {

template <int Width, dtype Type>
struct layer_norm_layer {
  using vector = parameter<Type, Width>;
  BOOST_HANA_DEFINE_STRUCT(layer_norm_layer, (vector, weight), (vector, bias));
  double epsilon = 1e-5;

  template <operand_like X>
  constexpr auto operator()(const X& x, const line& where) const {
    return airloom::layer_norm(x, weight, bias, epsilon, where);
  }
};

/// layer_norm<Width>: (x - mean) / sqrt(variance + epsilon) · weight + bias over the last dimension.
/// Inputs   x [..., Width]
/// Weights  weight, bias [Width]; epsilon is a member, 1e-5 as in torch
template <int Width, dtype Type = f32>
using layer_norm = module<layer_norm_layer<Width, Type>>;

template <int Width, dtype Type>
struct rms_norm_layer {
  using vector = parameter<Type, Width>;
  BOOST_HANA_DEFINE_STRUCT(rms_norm_layer, (vector, weight));
  double epsilon = 1e-6;

  template <operand_like X>
  constexpr auto operator()(const X& x, const line& where) const {
    return airloom::rms_norm(x, weight, epsilon, where);
  }
};

/// rms_norm<Width>: x / √(mean of x² + epsilon) · weight over the last dimension.
/// Inputs   x [..., Width]
/// Weights  weight [Width]; epsilon is a member, 1e-6 as in the Llama family
template <int Width, dtype Type = f32>
using rms_norm = module<rms_norm_layer<Width, Type>>;

/// A layer with another epsilon than its default: `with_epsilon<layer_norm<768>>(1e-12)`.
template <class Layer>
constexpr Layer with_epsilon(double epsilon) {
  Layer layer;
  layer.epsilon = epsilon;
  return layer;
}

}  // namespace airloom::nn
