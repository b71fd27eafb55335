// Models of layers: perceptrons, a feed-forward block, a convolution net, attention, module stacks.

#include <airloom/dsl.hpp>

#include "cases.hpp"

namespace al = airloom;

namespace {

inline constexpr struct batch final : al::axis<batch> {
} batch;
inline constexpr struct seq final : al::axis<seq> {
} seq;
inline constexpr auto rows = batch.in<1, 3>;
inline constexpr auto images = batch.in<1, 2>;
inline constexpr auto texts = al::product(batch.in<1, 2>, seq.in<3, 5>);

template <al::dtype Type>
struct perceptron {
  using up = al::nn::linear<8, 16, Type>;
  using down = al::nn::linear<16, 4, Type>;
  BOOST_HANA_DEFINE_STRUCT(perceptron, (up, fc1), (down, fc2));
  constexpr auto operator()(auto x) const { return al::softmax<-1>(fc2(al::relu(fc1(x)))); }
};
template <al::dtype Type>
al::tape record_perceptron() {
  return al::record_model(perceptron<Type>{}, al::input<al::static_model, Type, 3, 8>("x"));
}

struct feed_forward {
  al::nn::layer_norm<8> norm;
  al::nn::linear<8, 32> up;
  al::nn::linear<32, 8> down;
  constexpr auto operator()(auto x) const { return x + down(al::gelu(up(norm(x)))); }
};

template <auto Images>
struct convolution_net {
  using convolution = al::nn::conv2d<3, 4, 3, al::nn::step{.padding = 1}>;
  using norm = al::nn::batch_norm<4>;
  using projection = al::nn::linear<64, 5>;
  BOOST_HANA_DEFINE_STRUCT(convolution_net, (convolution, conv), (norm, bn), (projection, fc));
  constexpr auto operator()(auto x) const {
    auto pooled = al::max_pool<al::pool_options{.kernel = {2, 2}, .strides = {2, 2}}>(al::relu(bn(conv(x))));
    return fc(al::reshape<Images, 64>(pooled));
  }
};

struct attention {
  al::nn::linear<8, 8> q, k, v, o;
  constexpr auto operator()(auto x, auto mask) const {
    const auto where = al::line::current();
    auto queries = al::nn::split_heads<2>(q(x), where), keys = al::nn::split_heads<2>(k(x), where);
    auto scores = al::matmul<al::transposed::x2>(queries, keys) / 2.0;
    auto attended = al::matmul(al::softmax<-1>(scores + mask), al::nn::split_heads<2>(v(x), where));
    return o(al::nn::merge_heads(attended, where));
  }
};

// --- module stacks

struct mlp {
  al::nn::linear<4, 8> up;
  al::nn::relu act;
  al::nn::linear<8, 4> down;
  constexpr auto operator()(auto x) const { return down(act(up(x))); }
};
struct layer {
  al::nn::layer_norm<4> norm;
  al::module<::mlp> mlp;
  constexpr auto operator()(auto x) const { return x + mlp(norm(x)); }
};
struct stacked {
  al::repeat<2, layer> layers;
  al::nn::linear<4, 3> head;
  constexpr auto operator()(auto x) const { return head(layers(x * 2)); }
};

struct flat {
  al::parameter<al::f32, 4> p;
  constexpr auto operator()(auto x) const { return al::relu(x + p); }
};

}  // namespace

BOOST_HANA_ADAPT_STRUCT(feed_forward, norm, up, down);
BOOST_HANA_ADAPT_STRUCT(attention, q, k, v, o);
BOOST_HANA_ADAPT_STRUCT(mlp, up, act, down);
BOOST_HANA_ADAPT_STRUCT(layer, norm, mlp);
BOOST_HANA_ADAPT_STRUCT(stacked, layers, head);
BOOST_HANA_ADAPT_STRUCT(flat, p);

namespace {

al::tape record_feed_forward_in_gears() {
  return al::record_model(feed_forward{}, al::input<texts, al::f32, batch, seq, 8>("x"));
}

const test::described registered[]{
    {"m_mlp_f32", record_perceptron<al::f32>},
    {"m_mlp_f32_npu", record_perceptron<al::f32>},
    {"m_mlp_f16", record_perceptron<al::f16>},
    {"m_mlp_bf16", record_perceptron<al::bf16>},
    {"m_mlp_f32_dynamic",
     [] { return al::record_model(perceptron<al::f32>{}, al::input<rows, al::f32, batch, 8>("x")); }},
    {"m_ln_gelu_ffn",
     [] { return al::record_model(feed_forward{}, al::input<al::static_model, al::f32, 2, 5, 8>("x")); }},
    {"m_ln_gelu_ffn_dynamic", record_feed_forward_in_gears},
    {"m_ln_gelu_ffn_dynamic_pf", record_feed_forward_in_gears},
    {"m_attention",
     [] {
       return al::record_model(attention{}, al::input<al::static_model, al::f32, 2, 5, 8>("x"),
                               al::input<al::static_model, al::f32, 5, 5>("mask"));
     }},
    {"m_attention_dynamic_pf",
     [] {
       return al::record_model(attention{}, al::input<texts, al::f32, batch, seq, 8>("x"),
                               al::input<texts, al::f32, seq, seq>("mask"));
     }},
    {"m_cnn",
     [] {
       return al::record_model(convolution_net<2>{}, al::input<al::static_model, al::f32, 2, 3, 8, 8>("x"));
     }},
    {"m_cnn_dynamic",
     [] {
       return al::record_model(convolution_net<batch>{}, al::input<images, al::f32, batch, 3, 8, 8>("x"));
     }},
    {"s_module_stack",
     [] { return al::record_model(stacked{}, al::input<al::static_model, al::f32, 3, 4>("x")); }},
    {"s_module_stack_flat",
     [] { return al::record_model(flat{}, al::input<al::static_model, al::f32, 3, 4>("x")); }},
};

}  // namespace
