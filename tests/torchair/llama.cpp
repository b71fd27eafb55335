// Decoder layers as in the Llama family: written out, and with fused operators.

#include <airloom/dsl.hpp>

#include "cases.hpp"

namespace al = airloom;

namespace {

inline constexpr struct batch final : al::axis<batch> {
} batch;
inline constexpr struct seq final : al::axis<seq> {
} seq;
inline constexpr auto traffic = al::product(batch.in<1, 3>, seq.in<4, 6>);

/// x in another element type; x itself where it has it.
template <al::dtype Type>
constexpr auto to(auto x) {
  if constexpr (al::type_of<decltype(x)> == Type)
    return x;
  else
    return al::cast<Type>(x);
}

template <al::dtype Type>
struct norm {
  using vector = al::parameter<Type, 16>;
  BOOST_HANA_DEFINE_STRUCT(norm, (vector, weight));
  constexpr auto operator()(auto x) const {
    auto wide = to<al::f32>(x);
    auto normal = wide * al::rsqrt(al::mean<al::dims::kept, -1>(wide * wide) + 1e-6);
    return weight * to<Type>(normal);
  }
};

template <al::dtype Type>
struct attention {
  using wide = al::nn::linear_without_bias<16, 16, Type>;
  using narrow = al::nn::linear_without_bias<16, 8, Type>;
  BOOST_HANA_DEFINE_STRUCT(attention, (wide, q_proj), (narrow, k_proj), (narrow, v_proj), (wide, o_proj));
  constexpr auto operator()(auto x, auto cos, auto sin, auto mask) const {
    const auto where = al::line::current();
    auto queries = al::nn::rotary(al::nn::split_heads<4>(q_proj(x), where), cos, sin);
    auto keys = al::nn::rotary(al::nn::split_heads<2>(k_proj(x), where), cos, sin);
    auto values = al::nn::repeat_heads<2>(al::nn::split_heads<2>(v_proj(x), where));
    auto scores = al::matmul<al::transposed::x2>(queries, al::nn::repeat_heads<2>(keys)) * 0.5 + mask;
    auto weights = to<Type>(al::softmax<-1>(to<al::f32>(scores)));
    return o_proj(al::nn::merge_heads(al::matmul(weights, values), where));
  }
};

template <al::dtype Type>
struct layer {
  using norm_module = al::module<norm<Type>>;
  using attention_module = al::module<attention<Type>>;
  using mlp_module = al::nn::swi_glu<16, 24, Type>;
  BOOST_HANA_DEFINE_STRUCT(layer, (norm_module, input_layernorm), (attention_module, self_attn),
                           (norm_module, post_attention_layernorm), (mlp_module, mlp));
  constexpr auto operator()(auto x, auto cos, auto sin, auto mask) const {
    auto attended = x + self_attn(input_layernorm(x), cos, sin, mask);
    return attended + mlp(post_attention_layernorm(attended));
  }
};

template <al::dtype Type>
struct decoder {
  using one_layer = al::repeat<1, layer<Type>>;
  BOOST_HANA_DEFINE_STRUCT(decoder, (one_layer, layers));
  constexpr auto operator()(auto x, auto cos, auto sin, auto mask) const { return layers(x, cos, sin, mask); }
};

// --- with fused operators

struct fused_layer {
  al::parameter<al::f16, 16> norm1, norm2;
  al::nn::linear_without_bias<16, 32, al::f16> qkv;
  al::nn::linear_without_bias<16, 16, al::f16> o;
  al::nn::linear_without_bias<16, 48, al::f16> gate_up;
  al::nn::linear_without_bias<24, 16, al::f16> down;

  constexpr auto operator()(auto x, auto cos, auto sin, auto mask) const {
    const auto where = al::line::current();
    auto [q, k, v] = al::split_sizes<-1, 16, 8, 8>(qkv(al::rms_norm(x, norm1, 1e-6)));
    auto queries = al::rotary_mul(al::nn::split_heads<4>(q, where), cos, sin);
    auto keys = al::rotary_mul(al::nn::split_heads<2>(k, where), cos, sin);
    constexpr al::attention_options options{
        .heads = 4, .key_value_heads = 2, .pre_tokens = 2147473647, .next_tokens = 0};
    auto attended =
        al::prompt_flash_attention<options>(queries, keys, al::nn::split_heads<2>(v, where), 0.5, mask);
    auto [y, rstd, sum] = al::add_rms_norm(x, o(al::nn::merge_heads(attended, where)), norm2, 1e-6);
    return sum + down(al::swiglu(gate_up(y)));
  }
};
/// sin before cos: TorchAir numbers inputs in the order of their first use.
struct fused_decoder {
  al::repeat<1, fused_layer> layers;
  constexpr auto operator()(auto x, auto sin, auto cos, auto mask) const { return layers(x, cos, sin, mask); }
};

}  // namespace

BOOST_HANA_ADAPT_STRUCT(fused_layer, norm1, norm2, qkv, o, gate_up, down);
BOOST_HANA_ADAPT_STRUCT(fused_decoder, layers);

namespace {

template <al::dtype Type>
al::tape record_decoder() {
  return al::record_model(decoder<Type>{}, al::input<al::static_model, Type, 1, 6, 16>("x"),
                          al::input<al::static_model, Type, 6, 4>("cos"),
                          al::input<al::static_model, Type, 6, 4>("sin"),
                          al::input<al::static_model, Type, 6, 6>("mask"));
}

const test::described registered[]{
    {"m_llama_layer", record_decoder<al::f32>},
    {"m_llama_layer_bf16", record_decoder<al::bf16>},
    {"m_llama_fused",
     [] {
       return al::record_model(fused_decoder{}, al::input<al::static_model, al::f16, 1, 6, 16>("x"),
                               al::input<al::static_model, al::f16, 1, 1, 6, 4>("sin"),
                               al::input<al::static_model, al::f16, 1, 1, 6, 4>("cos"),
                               al::input<al::static_model, al::boolean, 1, 1, 6, 6>("mask"));
     }},
    {"m_llama_layer_dynamic_pf",
     [] {
       return al::record_model(decoder<al::f32>{}, al::input<traffic, al::f32, batch, seq, 16>("x"),
                               al::input<traffic, al::f32, seq, 4>("cos"),
                               al::input<traffic, al::f32, seq, 4>("sin"),
                               al::input<traffic, al::f32, seq, seq>("mask"));
     }},
};

}  // namespace
