#pragma once
// The affine layer.

#include <airloom/model/module.hpp>
#include <airloom/ops/matmul.hpp>
#include <boost/hana/define_struct.hpp>

namespace airloom::nn {

template <int In, int Out, dtype Type>
struct linear_layer {
  using weight_type = parameter<Type, Out, In>;
  using bias_type = parameter<Type, Out>;
  BOOST_HANA_DEFINE_STRUCT(linear_layer, (weight_type, weight), (bias_type, bias));

  template <operand_like X>
  constexpr auto operator()(const X& x, const line& where) const {
    return matmul_bias(x, weight, bias, where);
  }
};

template <int In, int Out, dtype Type>
struct linear_layer_without_bias {
  using weight_type = parameter<Type, Out, In>;
  BOOST_HANA_DEFINE_STRUCT(linear_layer_without_bias, (weight_type, weight));

  template <operand_like X>
  constexpr auto operator()(const X& x, const line& where) const {
    return matmul<transposed::x2>(x, weight, where);
  }
};

/// linear<In, Out>: x · weightᵀ + bias.
/// Inputs   x [..., In], rank 2 or more
/// Output   [..., Out]
/// Weights  weight [Out, In] and bias [Out], as torch.nn.Linear keeps them
/// Lowers   MatMulV2 (rank 2) or BatchMatMulV2, with the bias inside and the weight read transposed
template <int In, int Out, dtype Type = f32>
using linear = module<linear_layer<In, Out, Type>>;
/// The same without a bias.
/// Weights  weight [Out, In]
/// Lowers   MatMul (rank 2) or BatchMatMul, with the weight read transposed
template <int In, int Out, dtype Type = f32>
using linear_without_bias = module<linear_layer_without_bias<In, Out, Type>>;

}  // namespace airloom::nn
