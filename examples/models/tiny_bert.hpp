#pragma once
// A BERT encoder (two layers, width 128, four heads) that tells in which of eight languages a text is.
// Members carry the names of Hugging Face's BertForSequenceClassification, so that its weights file is read
// as it is.

#include <airloom/dsl.hpp>

namespace bert {

namespace al = airloom;

inline constexpr struct batch final : al::axis<batch> {
} batch;
inline constexpr struct seq final : al::axis<seq> {
} seq;

inline constexpr auto traffic = al::product(batch.in<1, 4>, seq.in<64, 128>);

inline constexpr int width = 128;
inline constexpr int heads = 4;
inline constexpr int longest = 128;
using projection = al::nn::linear<width, width>;
using norm = al::nn::layer_norm<width>;
inline constexpr norm post_norm = al::nn::with_epsilon<norm>(1e-12);

struct embeddings {
  al::nn::embedding<4096, width> word_embeddings;
  al::nn::embedding<longest, width> position_embeddings;
  al::nn::embedding<2, width> token_type_embeddings;
  norm LayerNorm = post_norm;

  constexpr auto operator()(auto ids, auto types) const {
    auto places = al::slice<0, 0, seq>(al::as_tensor(position_embeddings.weight, ids));
    return LayerNorm(word_embeddings(ids) + token_type_embeddings(types) + places);
  }
};

struct self_attention {
  projection query, key, value;

  constexpr auto operator()(auto x, auto mask) const {
    constexpr double scale = 0.17677669529663687;  // 1 / sqrt(width / heads)
    return al::nn::attention<heads>(query(x), key(x), value(x), mask, scale);
  }
};

/// dense, then the sum with what went around it, then the norm.
template <int In>
struct residual_output {
  using dense_layer = al::nn::linear<In, width>;
  BOOST_HANA_DEFINE_STRUCT(residual_output, (dense_layer, dense), (norm, LayerNorm));

  constexpr residual_output() : LayerNorm{post_norm} {}
  constexpr auto operator()(auto x, auto around) const { return LayerNorm(dense(x) + around); }
};

struct attention {
  al::module<self_attention> self;
  al::module<residual_output<width>> output;

  constexpr auto operator()(auto x, auto mask) const { return output(self(x, mask), x); }
};

struct intermediate {
  al::nn::linear<width, 4 * width> dense;

  constexpr auto operator()(auto x) const { return al::gelu(dense(x)); }
};

struct encoder_layer {
  al::module<bert::attention> attention;
  al::module<bert::intermediate> intermediate;
  al::module<residual_output<4 * width>> output;

  constexpr auto operator()(auto x, auto mask) const {
    auto attended = attention(x, mask);
    return output(intermediate(attended), attended);
  }
};

struct encoder {
  al::repeat<2, encoder_layer> layer;

  constexpr auto operator()(auto x, auto mask) const { return layer(x, mask); }
};

struct pooler {
  projection dense;

  constexpr auto operator()(auto x) const { return al::tanh(dense(al::at<1, 0>(x))); }
};

struct model {
  al::module<bert::embeddings> embeddings;
  al::module<bert::encoder> encoder;
  al::module<bert::pooler> pooler;

  /// `mask` is 1 where there is a token and 0 where there is padding.
  constexpr auto operator()(auto ids, auto mask, auto types) const {
    // 0 for tokens; for padding a number so low that its softmax is 0.
    auto hidden_keys = (al::cast<al::f32>(al::unsqueeze<1, 2>(mask)) - 1.0) * 1e9;
    return pooler(encoder(embeddings(ids, types), hidden_keys));
  }
};

struct classifier_model {
  al::module<bert::model> bert;
  al::nn::linear<width, 8> classifier;

  constexpr auto operator()(auto ids, auto mask, auto types) const {
    auto pooled = bert(ids, mask, types);
    return al::outputs(al::named("logits", classifier(pooled)), al::named("pooler", pooled));
  }
};

inline constexpr auto input_ids = al::input<traffic, al::i64, batch, seq>("input_ids");
inline constexpr auto attention_mask = al::input<traffic, al::i64, batch, seq>("attention_mask");
inline constexpr auto token_type_ids = al::input<traffic, al::i64, batch, seq>("token_type_ids");

}  // namespace bert

BOOST_HANA_ADAPT_STRUCT(bert::embeddings, word_embeddings, position_embeddings, token_type_embeddings,
                        LayerNorm);
BOOST_HANA_ADAPT_STRUCT(bert::self_attention, query, key, value);
BOOST_HANA_ADAPT_STRUCT(bert::attention, self, output);
BOOST_HANA_ADAPT_STRUCT(bert::intermediate, dense);
BOOST_HANA_ADAPT_STRUCT(bert::encoder_layer, attention, intermediate, output);
BOOST_HANA_ADAPT_STRUCT(bert::encoder, layer);
BOOST_HANA_ADAPT_STRUCT(bert::pooler, dense);
BOOST_HANA_ADAPT_STRUCT(bert::model, embeddings, encoder, pooler);
BOOST_HANA_ADAPT_STRUCT(bert::classifier_model, bert, classifier);
