// Models of tables, lists of results and weights.

#include <airloom/dsl.hpp>

#include "cases.hpp"

namespace al = airloom;

namespace {

inline constexpr struct batch final : al::axis<batch> {
} batch;
inline constexpr struct third final : al::axis<third> {
} third;
inline constexpr struct width final : al::axis<width> {
} width;
inline constexpr auto thirds = third.in<2, 3>;
inline constexpr auto planes = al::product(batch.in<1, 2>, width.in<3, 4>);

struct lookup {
  al::nn::embedding<10, 6> emb;
  al::parameter<al::f32, 10, 6> table;
  constexpr auto operator()(auto ids, auto idx) const {
    return al::outputs(al::sum<1>(emb(ids)), al::gather<0>(table, idx), al::gather<0>(table, idx));
  }
};

/// The numbers and None among PyTorch's results are no tensors, and stand in no graph.
struct lists {
  al::parameter<al::f32, 4> w;
  constexpr auto operator()(auto x, auto y) const {
    auto [a, b, c] = al::split<0, 3>(x * w);
    auto total = al::sum(x * y);
    return al::outputs(a, b, c, total, al::named("out6", y), al::named("out7", a),
                       al::named("out8", al::transpose<1, 0>(x)));
  }
};

/// The size that PyTorch returns beside the sum is a number.
struct sum_and_size {
  constexpr auto operator()(auto x, auto y) const { return al::outputs(al::named("out1", x + y)); }
};

// --- weights

template <al::dtype Type>
struct block {
  using layer = al::nn::linear<4, 4, Type>;
  using vector = al::parameter<Type, 4>;
  BOOST_HANA_DEFINE_STRUCT(block, (layer, fc), (vector, scale));
  constexpr auto operator()(auto x) const { return fc(x) * scale; }
};
template <al::dtype Type>
struct blocks {
  using table = al::parameter<Type, 3, 4>;
  using two_blocks = al::repeat<2, block<Type>>;
  BOOST_HANA_DEFINE_STRUCT(blocks, (table, p1), (two_blocks, layers));
  constexpr auto operator()(auto x) const { return layers(x + p1); }
};
template <al::dtype Type>
al::tape record_blocks() {
  return al::record_model(blocks<Type>{}, al::input<al::static_model, Type, 3, 4>("x"));
}

/// One weight under two names is one parameter here; PyTorch counts it by its first name.
struct inner {
  al::parameter<al::f32, 2, 3> b;
};
struct tied {
  al::parameter<al::f32, 2, 3> emb, a_b;
  inner a;
  constexpr auto operator()(auto x) const { return x * emb + emb + al::as_tensor(a_b, x) * a.b; }
};

struct scaled_table {
  al::parameter<al::f32, 10, 10> p1;
  al::parameter<al::f32, 10> p2;
  constexpr auto operator()(auto x) const { return x + al::as_tensor(p1, x) * p2; }
};

/// The buffer that does not lie in one piece is a weight like any other: arrays of files lie in one piece.
struct views {
  al::parameter<al::f32, 2, 3> part;
  al::parameter<al::f32, 3, 2> turned;
  constexpr auto operator()(auto x) const { return al::outputs(x + part, al::matmul(x, turned)); }
};

}  // namespace

BOOST_HANA_ADAPT_STRUCT(lookup, emb, table);
BOOST_HANA_ADAPT_STRUCT(lists, w);
BOOST_HANA_ADAPT_STRUCT(inner, b);
BOOST_HANA_ADAPT_STRUCT(tied, emb, a_b, a);
BOOST_HANA_ADAPT_STRUCT(scaled_table, p1, p2);
BOOST_HANA_ADAPT_STRUCT(views, part, turned);

namespace {

al::tape record_scaled_table() {
  return al::record_model(scaled_table{}, al::input<al::static_model, al::f32, 10, 10>("x"));
}

al::tape record_lists() {
  return al::record_model(lists{}, al::input<al::static_model, al::f32, 6, 4>("x"),
                          al::input<al::static_model, al::f32, 6, 4>("y"));
}

const test::described registered[]{
    {"m_embedding",
     [] {
       return al::record_model(lookup{}, al::input<al::static_model, al::i64, 2, 3>("ids"),
                               al::input<al::static_model, al::i64, 4>("idx"));
     }},
    {"m_list_scalar_out", record_lists},
    {"m_list_scalar_out_npu", record_lists},
    {"m_list_scalar_out_dynamic",
     [] {
       return al::record_model(lists{}, al::input<thirds, al::f32, al::size<3> * third, 4>("x"),
                               al::input<thirds, al::f32, al::size<3> * third, 4>("y"));
     }},
    {"u_dynamic_symbols",
     [] {
       return al::record_model(sum_and_size{}, al::input<planes, al::f32, batch, width>("x"),
                               al::input<planes, al::f32, batch, width>("y"));
     }},
    {"w_external_relative", record_blocks<al::f32>},
    {"w_external_absolute", record_blocks<al::f32>},
    {"w_external_bf16", record_blocks<al::bf16>},
    {"w_tied_and_collision",
     [] { return al::record_model(tied{}, al::input<al::static_model, al::f32, 2, 3>("x")); }},
    {"w_threshold_edge_above", record_scaled_table},
    {"w_threshold_edge_below", record_scaled_table},
    {"w_view_of_storage",
     [] { return al::record_model(views{}, al::input<al::static_model, al::f32, 2, 3>("x")); }},
};

}  // namespace
