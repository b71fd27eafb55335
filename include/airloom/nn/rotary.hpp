#pragma once
// Rotary position embeddings.

#include <airloom/ops/concat.hpp>
#include <airloom/ops/elementwise.hpp>
#include <airloom/ops/slice.hpp>
#include <airloom/ops/unary.hpp>

namespace airloom::nn {

/// rotary(x, cos, sin): x · cos + (-right, left) · sin, where left and right are the halves of the last
/// dimension: how models of the Llama family turn queries and keys.
/// Inputs   x [..., size], size an even number; cos, sin: broadcast to the shape of x; one element type
/// Output   the shape and element type of x
/// Lowers   StridedSliceV2, Neg, ConcatV2, Mul, Add
template <class Gears, dtype Type, class Shape, operand_like Cos, operand_like Sin>
constexpr auto rotary(const tensor<Gears, Type, Shape>& x, const Cos& cos, const Sin& sin,
                      const line& where = line::current()) {
  constexpr extent size = value_of_shape<typename gear_table<Gears>::axes, Shape>::value.back(1);
  static_assert(size.is_constant() && size.constant() % 2 == 0,
                "rotary: the last dimension has to be an even number");
  constexpr int half = static_cast<int>(size.constant() / 2);
  const auto left = slice<-1, 0, half>(x, where);
  const auto right = slice<-1, half, to_the_end>(x, where);
  return add(mul(x, cos, where), mul(concat<-1>(neg(right, where), left), sin, where), where);
}
template <operand_like Cos, operand_like Sin>
constexpr no_shape rotary(const no_shape& x, const Cos&, const Sin&, const line& = line::current()) {
  return x;
}

}  // namespace airloom::nn
