#pragma once
// Feed-forward blocks.

#include <airloom/nn/linear.hpp>
#include <airloom/ops/activation.hpp>
#include <airloom/ops/elementwise.hpp>

namespace airloom::nn {

template <int Width, int Hidden, dtype Type>
struct swi_glu_layer {
  using into = linear_without_bias<Width, Hidden, Type>;
  using out_of = linear_without_bias<Hidden, Width, Type>;
  BOOST_HANA_DEFINE_STRUCT(swi_glu_layer, (into, gate_proj), (into, up_proj), (out_of, down_proj));

  template <operand_like X>
  constexpr auto operator()(const X& x, const line& where) const {
    return down_proj(mul(silu(gate_proj(x, where), where), up_proj(x, where), where), where);
  }
};

/// swi_glu<Width, Hidden>: down_proj(silu(gate_proj(x)) · up_proj(x)), the block of the Llama family.
/// Inputs   x [..., Width]
/// Output   [..., Width]
/// Weights  gate_proj and up_proj: linear_without_bias<Width, Hidden>; down_proj: <Hidden, Width>
template <int Width, int Hidden, dtype Type = f32>
using swi_glu = module<swi_glu_layer<Width, Hidden, Type>>;

}  // namespace airloom::nn
