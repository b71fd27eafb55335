#pragma once
// Activations and dropout as layers, for models that list their layers.

#include <airloom/model/module.hpp>
#include <airloom/ops/unary.hpp>

namespace airloom::nn {

struct relu_layer {
  template <operand_like X>
  constexpr auto operator()(const X& x, const line& where) const {
    return airloom::relu(x, where);
  }
};
struct gelu_layer {
  template <operand_like X>
  constexpr auto operator()(const X& x, const line& where) const {
    return airloom::gelu(x, where);
  }
};
struct tanh_layer {
  template <operand_like X>
  constexpr auto operator()(const X& x, const line& where) const {
    return airloom::tanh(x, where);
  }
};
struct sigmoid_layer {
  template <operand_like X>
  constexpr auto operator()(const X& x, const line& where) const {
    return airloom::sigmoid(x, where);
  }
};
struct dropout_layer {
  template <operand_like X>
  constexpr X operator()(const X& x, const line&) const {
    return x;
  }
};

/// max(x, 0).
using relu = module<relu_layer>;
/// x/2 · (1 + erf(x/√2)), the exact form.
using gelu = module<gelu_layer>;
using tanh = module<tanh_layer>;
using sigmoid = module<sigmoid_layer>;
/// Inference drops nothing: the input itself, and no operator.
using dropout = module<dropout_layer>;

}  // namespace airloom::nn
