#pragma once
// Multi-head attention.

#include <airloom/nn/linear.hpp>
#include <airloom/ops/norm.hpp>
#include <airloom/ops/reshape.hpp>

namespace airloom::nn {

/// [batch, length, heads · size] -> [batch, heads, length, size]
template <int Heads, class Gears, dtype Type, auto Batch, auto Length, auto Width>
constexpr auto split_heads(const tensor<Gears, Type, shape<Batch, Length, Width>>& x, const line& where) {
  return transpose<0, 2, 1, 3>(reshape<Batch, Length, Heads, Width / Heads>(x, where), where);
}
/// [batch, heads, length, size] -> [batch, length, heads · size]
template <class Gears, dtype Type, auto Batch, int Heads, auto Length, int Size>
constexpr auto merge_heads(const tensor<Gears, Type, shape<Batch, Heads, Length, Size>>& x,
                           const line& where) {
  return reshape<Batch, Length, Heads * Size>(transpose<0, 2, 1, 3>(x, where), where);
}
template <int Heads>
constexpr no_shape split_heads(const no_shape& x, const line&) {
  return x;
}
constexpr no_shape merge_heads(const no_shape& x, const line&) {
  return x;
}

/// repeat_heads<Times>(x): every head Times times in a row, for attention in which groups of queries share a
/// key and a value (grouped-query attention). Inputs   x [batch, heads, length, size] Output   [batch, heads
/// · Times, length, size] Lowers   Unsqueeze, BroadcastTo, Reshape
template <int Times, class Gears, dtype Type, auto Batch, int Heads, auto Length, int Size>
constexpr auto repeat_heads(const tensor<Gears, Type, shape<Batch, Heads, Length, Size>>& x,
                            const line& where = line::current()) {
  const auto repeated = broadcast_to<Batch, Heads, Times, Length, Size>(unsqueeze<2>(x, where), where);
  return reshape<Batch, Heads * Times, Length, Size>(repeated, where);
}
template <int Times>
constexpr no_shape repeat_heads(const no_shape& x, const line& = line::current()) {
  return x;
}

/// attention<Heads>(q, k, v, mask): softmax(q·kᵀ / √size + mask) · v, head by head.
/// Inputs   q [batch, queries, width], k and v [batch, keys, width], width divisible by Heads;
///          mask: broadcasts to [batch, Heads, queries, keys], added to the scores (0 keeps, a large negative
///          number hides)
/// Output   [batch, queries, width]
/// Lowers   Reshape, Transpose, BatchMatMul, Mul, Add, SoftmaxV2, BatchMatMul, Transpose, Reshape
template <int Heads, operand_like Query, operand_like Key, operand_like Value, operand_like Mask>
constexpr auto attention(const Query& q, const Key& k, const Value& v, const Mask& mask, double scale,
                         const line& where = line::current()) {
  const auto queries = split_heads<Heads>(q, where);
  const auto keys = split_heads<Heads>(k, where);
  const auto values = split_heads<Heads>(v, where);
  const auto scores = add(mul(matmul<transposed::x2>(queries, keys, where), scale, where), mask, where);
  return merge_heads(matmul(softmax<-1>(scores, where), values, where), where);
}

template <int Width, int Heads, dtype Type>
struct multi_head_attention_layer {
  static_assert(Width % Heads == 0,
                "multi_head_attention: the width has to be a multiple of the number of heads");
  using projection = linear<Width, Width, Type>;
  BOOST_HANA_DEFINE_STRUCT(multi_head_attention_layer, (projection, query), (projection, key),
                           (projection, value), (projection, output));

  /// 1 / √(width of a head), found by Newton's method because std::sqrt is no constant expression.
  static constexpr double scale() {
    constexpr double size = Width / Heads;
    double root = size;
    for (int i = 0; i != 64; ++i) root = (root + size / root) / 2;
    return 1 / root;
  }

  template <operand_like X, operand_like Mask>
  constexpr auto operator()(const X& x, const Mask& mask, const line& where) const {
    return output(attention<Heads>(query(x, where), key(x, where), value(x, where), mask, scale(), where),
                  where);
  }
};

/// multi_head_attention<Width, Heads>: self-attention with four projections.
/// Inputs   x [batch, length, Width]; mask as for attention()
/// Output   [batch, length, Width]
/// Weights  query, key, value, output: each a linear<Width, Width>
template <int Width, int Heads, dtype Type = f32>
using multi_head_attention = module<multi_head_attention_layer<Width, Heads, Type>>;

}  // namespace airloom::nn
