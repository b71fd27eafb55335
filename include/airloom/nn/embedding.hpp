#pragma once
// A table of vectors, read by index.

#include <airloom/model/module.hpp>
#include <airloom/ops/gather.hpp>
#include <boost/hana/define_struct.hpp>

namespace airloom::nn {

template <int Rows, int Width, dtype Type>
struct embedding_layer {
  using table = parameter<Type, Rows, Width>;
  BOOST_HANA_DEFINE_STRUCT(embedding_layer, (table, weight));

  template <operand_like Ids>
  constexpr auto operator()(const Ids& ids, const line& where) const {
    return airloom::embedding(weight, ids, where);
  }
};

/// embedding<Rows, Width>: row ids[i] of the table for every i.
/// Inputs   ids [...], i32 or i64, each in [0, Rows)
/// Output   [..., Width]
/// Weights  weight [Rows, Width]
template <int Rows, int Width, dtype Type = f32>
using embedding = module<embedding_layer<Rows, Width, Type>>;

}  // namespace airloom::nn
