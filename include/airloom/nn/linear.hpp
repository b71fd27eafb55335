#pragma once
// The affine layer.

#include <airloom/model/module.hpp>
#include <airloom/ops/matmul.hpp>

namespace airloom::nn {

/// linear<In, Out>: y = x · weightᵀ + bias.
/// Inputs   x [..., In], rank 2 or more
/// Output   [..., Out]
/// Weights  weight [Out, In], bias [Out], as torch.nn.Linear keeps them
template <std::int64_t In, std::int64_t Out, dtype Type = f32>
struct linear_layer {
  using weight_type = parameter<Type, static_cast<int>(Out), static_cast<int>(In)>;
  using bias_type = parameter<Type, static_cast<int>(Out)>;
  BOOST_HANA_DEFINE_STRUCT(linear_layer, (weight_type, weight), (bias_type, bias));

  template <operand_like X>
  constexpr auto operator()(const X& x, const line& where) const {
    return matmul_bias(x, weight, bias, where);
  }
};

}  // namespace airloom::nn
