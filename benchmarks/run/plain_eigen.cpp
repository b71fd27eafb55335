#include "plain_eigen.hpp"

#include <Eigen/Core>
#include <cstring>
#include <stdexcept>
#include <unsupported/Eigen/SpecialFunctions>
#include <vector>

namespace plain_eigen {

namespace {

using matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using vector = Eigen::RowVectorXf;
using matrix_map = Eigen::Map<matrix>;
using const_matrix_map = Eigen::Map<const matrix>;

Eigen::Index index(std::size_t size) {
  return static_cast<Eigen::Index>(size);
}

/// A weights file, whose tensors are copied into matrices.
class weights_file {
 public:
  explicit weights_file(const std::string& path) : file_{airloom::weights::read_safetensors(path)} {}

  /// A tensor as [first dimension, all others].
  matrix rows(const std::string& name) const {
    const airloom::weights::array& tensor = find(name);
    const auto first = static_cast<Eigen::Index>(tensor.shape.at(0));
    matrix result(first, index(tensor.bytes.size / sizeof(float)) / first);
    std::memcpy(result.data(), tensor.bytes.data, tensor.bytes.size);
    return result;
  }
  vector row(const std::string& name) const {
    const matrix values = rows(name);
    return Eigen::Map<const vector>(values.data(), values.size());
  }

 private:
  const airloom::weights::array& find(const std::string& name) const {
    for (const auto& tensor : file_.tensors)
      if (tensor.name == name) return tensor.value;
    throw std::runtime_error{"The weights file has no tensor " + name + "."};
  }

  airloom::weights::safetensors_file file_;
};

/// y = x wᵀ + b, the weights [out, in] as PyTorch keeps them.
struct linear {
  matrix weight;
  vector bias;

  linear() = default;
  linear(const weights_file& file, const std::string& name)
      : weight{file.rows(name + ".weight")}, bias{file.row(name + ".bias")} {}

  template <class X, class Y>
  void operator()(const X& x, Y&& y) const {
    y.noalias() = x * weight.transpose();
    y.rowwise() += bias;
  }
};

}  // namespace

// --- perceptron

struct perceptron::state {
  linear fc1, fc2, fc3;
  matrix first, second;
};

perceptron::perceptron(const std::string& weights, std::size_t batch) {
  const weights_file file{weights};
  state_ = std::make_unique<state>(state{
      {file, "fc1"}, {file, "fc2"}, {file, "fc3"}, matrix(index(batch), 128), matrix(index(batch), 64)});
}
perceptron::~perceptron() = default;

void perceptron::run(const float* x, float* logits) {
  auto& [fc1, fc2, fc3, first, second] = *state_;
  fc1(const_matrix_map{x, first.rows(), 64}, first);
  first = first.cwiseMax(0.0F);
  fc2(first, second);
  second = second.cwiseMax(0.0F);
  fc3(second, matrix_map{logits, first.rows(), 10});
}

// --- convolution net

namespace {

/// 3x3 over planes with a border of one, by copying windows and one product: [out, in * 9] * [in * 9,
/// places].
struct convolution {
  matrix weight;
  Eigen::VectorXf bias;
  Eigen::Index size, stride;
  matrix windows;

  convolution(matrix values, Eigen::VectorXf offsets, Eigen::Index side, Eigen::Index step)
      : weight{std::move(values)},
        bias{std::move(offsets)},
        size{side},
        stride{step},
        windows{matrix::Zero(weight.cols(), side / step * (side / step))} {}

  Eigen::Index places() const { return size / stride; }

  void operator()(const float* x, matrix& y) {
    copy_windows(x);
    y.noalias() = weight * windows;
    y = (y.colwise() + bias).cwiseMax(0.0F);
  }

 private:
  void copy_windows(const float* x) {
    for (Eigen::Index channel = 0; channel != weight.cols() / 9; ++channel, x += size * size)
      for (Eigen::Index i = 0; i != 3; ++i)
        for (Eigen::Index j = 0; j != 3; ++j) {
          float* to = windows.row((channel * 3 + i) * 3 + j).data();
          for (Eigen::Index row = 0; row != places(); ++row, to += places())
            copy_row(x, row * stride + i - 1, j - 1, to);
        }
  }
  /// What lies beyond the border was set to zero once and is never written.
  void copy_row(const float* x, Eigen::Index row, Eigen::Index shift, float* to) const {
    if (row < 0 || row >= size) return;
    for (Eigen::Index column = 0; column != places(); ++column) {
      const Eigen::Index from = column * stride + shift;
      if (from >= 0 && from < size) to[column] = x[row * size + from];
    }
  }
};

/// A convolution without bias, and the batch norm behind it folded in.
convolution folded(const weights_file& file, const std::string& layer, const std::string& norm,
                   Eigen::Index size) {
  const vector scale =
      file.row(norm + ".weight").array() / (file.row(norm + ".running_var").array() + 1e-5F).sqrt();
  const vector offset =
      file.row(norm + ".bias").array() - file.row(norm + ".running_mean").array() * scale.array();
  return {scale.transpose().asDiagonal() * file.rows(layer + ".weight"), offset.transpose(), size, 1};
}

}  // namespace

struct convolution_net::state {
  std::size_t batch;
  convolution conv1, conv2, conv3;
  linear fc;
  matrix first, second, pooled, third, features;
};

convolution_net::convolution_net(const std::string& weights, std::size_t batch) {
  const weights_file file{weights};
  state_ = std::make_unique<state>(
      state{batch,
            folded(file, "conv1", "bn1", 8),
            folded(file, "conv2", "bn2", 8),
            convolution{file.rows("conv3.weight"), file.row("conv3.bias").transpose(), 4, 2},
            {file, "fc"},
            matrix(16, 64),
            matrix(32, 64),
            matrix(32, 16),
            matrix(64, 4),
            matrix(index(batch), 64)});
}
convolution_net::~convolution_net() = default;

void convolution_net::run(const float* x, float* logits) {
  auto& [batch, conv1, conv2, conv3, fc, first, second, pooled, third, features] = *state_;
  for (std::size_t image = 0; image != batch; ++image, x += 64) {
    conv1(x, first);
    conv2(first.data(), second);
    for (Eigen::Index channel = 0; channel != 32; ++channel) {
      const const_matrix_map plane{second.row(channel).data(), 8, 8};
      matrix_map to{pooled.row(channel).data(), 4, 4};
      const auto even = Eigen::seqN(0, 4, 2), odd = Eigen::seqN(1, 4, 2);
      to = plane(even, even).cwiseMax(plane(even, odd)).cwiseMax(plane(odd, even).cwiseMax(plane(odd, odd)));
    }
    conv3(pooled.data(), third);
    features.row(index(image)) = third.rowwise().mean().transpose();
  }
  fc(features, matrix_map{logits, index(batch), 10});
}

// --- encoder

namespace {

constexpr Eigen::Index width = 128, heads = 4, head_size = width / heads;

struct layer_norm {
  vector gamma, beta;

  layer_norm(const weights_file& file, const std::string& name)
      : gamma{file.row(name + ".weight")}, beta{file.row(name + ".bias")} {}

  void operator()(matrix& x) const {
    for (Eigen::Index row = 0; row != x.rows(); ++row) {
      auto values = x.row(row).array();
      values -= values.mean();
      const float factor = 1 / std::sqrt(values.square().mean() + 1e-12F);
      values = values * factor * gamma.array() + beta.array();
    }
  }
};

/// Query, key and value as one product.
linear joined(const weights_file& file, const std::string& name) {
  linear all;
  all.weight.resize(3 * width, width);
  all.bias.resize(3 * width);
  Eigen::Index at = 0;
  for (const std::string part : {".query", ".key", ".value"}) {
    all.weight.middleRows(at, width) = file.rows(name + part + ".weight");
    all.bias.segment(at, width) = file.row(name + part + ".bias");
    at += width;
  }
  return all;
}

struct layer {
  linear projections, attended, up, down;
  layer_norm attention_norm, output_norm;

  layer(const weights_file& file, const std::string& name)
      : projections{joined(file, name + ".attention.self")},
        attended{file, name + ".attention.output.dense"},
        up{file, name + ".intermediate.dense"},
        down{file, name + ".output.dense"},
        attention_norm{file, name + ".attention.output.LayerNorm"},
        output_norm{file, name + ".output.LayerNorm"} {}
};

/// Every row becomes exp(x - max) / sum.
void softmax(matrix& scores) {
  for (Eigen::Index row = 0; row != scores.rows(); ++row) {
    auto values = scores.row(row).array();
    values = (values - values.maxCoeff()).exp();
    values *= 1 / values.sum();
  }
}

}  // namespace

struct encoder::state {
  Eigen::Index batch, tokens;
  matrix words, places, kinds;
  layer_norm norm;
  std::vector<layer> layers;
  linear pooler, classifier;
  matrix x, projected, scores, context, inner, first_tokens;
  vector hidden;

  state(const weights_file& file, Eigen::Index batch_size, Eigen::Index token_count)
      : batch{batch_size},
        tokens{token_count},
        words{file.rows("bert.embeddings.word_embeddings.weight")},
        places{file.rows("bert.embeddings.position_embeddings.weight")},
        kinds{file.rows("bert.embeddings.token_type_embeddings.weight")},
        norm{file, "bert.embeddings.LayerNorm"},
        layers{{file, "bert.encoder.layer.0"}, {file, "bert.encoder.layer.1"}},
        pooler{file, "bert.pooler.dense"},
        classifier{file, "classifier"},
        x(batch * tokens, width),
        projected(batch * tokens, 3 * width),
        scores(tokens, tokens),
        context(batch * tokens, width),
        inner(batch * tokens, 4 * width),
        first_tokens(batch, width),
        hidden(tokens) {}

  void embed(const std::int64_t* ids, const std::int64_t* types) {
    for (Eigen::Index row = 0; row != x.rows(); ++row)
      x.row(row) = words.row(ids[row]) + kinds.row(types[row]) + places.row(row % tokens);
    norm(x);
  }
  void attend(const std::int64_t* mask) {
    const float scale = 1 / std::sqrt(static_cast<float>(head_size));
    for (Eigen::Index text = 0; text != batch; ++text) {
      for (Eigen::Index key = 0; key != tokens; ++key)
        hidden[key] = mask[text * tokens + key] == 0 ? -1e9F : 0.0F;
      const auto rows = projected.middleRows(text * tokens, tokens);
      for (Eigen::Index head = 0; head != heads; ++head) {
        const Eigen::Index at = head * head_size;
        scores.noalias() =
            rows.middleCols(at, head_size) * rows.middleCols(width + at, head_size).transpose();
        scores = (scores * scale).rowwise() + hidden;
        softmax(scores);
        context.block(text * tokens, at, tokens, head_size).noalias() =
            scores * rows.middleCols(2 * width + at, head_size);
      }
    }
  }
  void run_layer(const layer& weights, const std::int64_t* mask) {
    weights.projections(x, projected);
    attend(mask);
    x.noalias() += context * weights.attended.weight.transpose();
    x.rowwise() += weights.attended.bias;
    weights.attention_norm(x);
    weights.up(x, inner);
    inner.array() = 0.5F * inner.array() * (1.0F + (inner.array() * 0.70710678F).erf());
    x.noalias() += inner * weights.down.weight.transpose();
    x.rowwise() += weights.down.bias;
    weights.output_norm(x);
  }
};

encoder::encoder(const std::string& weights, std::size_t batch, std::size_t tokens)
    : state_{std::make_unique<state>(weights_file{weights}, index(batch), index(tokens))} {}
encoder::~encoder() = default;

void encoder::run(const std::int64_t* ids, const std::int64_t* mask, const std::int64_t* types, float* logits,
                  float* pooled) {
  state& s = *state_;
  s.embed(ids, types);
  for (const layer& weights : s.layers) s.run_layer(weights, mask);
  for (Eigen::Index text = 0; text != s.batch; ++text) s.first_tokens.row(text) = s.x.row(text * s.tokens);
  matrix_map to{pooled, s.batch, width};
  s.pooler(s.first_tokens, to);
  to.array() = to.array().tanh();
  s.classifier(to, matrix_map{logits, s.batch, 8});
}

}  // namespace plain_eigen
