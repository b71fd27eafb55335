#pragma once
// The three trained models as an engineer writes them with Eigen in an afternoon: the same weights, every
// buffer allocated beforehand, batch norm folded into the convolutions, query, key and value as one product,
// Eigen's own vectorised functions. This file includes no Eigen, so that the library's copy and this one
// never meet.

#include <airloom/weights/safetensors.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace plain_eigen {

/// A perceptron 64-128-64-10.
class perceptron {
 public:
  perceptron(const std::string& weights, std::size_t batch);
  ~perceptron();
  /// x [batch, 64], logits [batch, 10]
  void run(const float* x, float* logits);

 private:
  struct state;
  std::unique_ptr<state> state_;
};

/// The convolution net on images of 8x8.
class convolution_net {
 public:
  convolution_net(const std::string& weights, std::size_t batch);
  ~convolution_net();
  /// x [batch, 1, 8, 8], logits [batch, 10]
  void run(const float* x, float* logits);

 private:
  struct state;
  std::unique_ptr<state> state_;
};

/// The BERT encoder with its classifier.
class encoder {
 public:
  encoder(const std::string& weights, std::size_t batch, std::size_t tokens);
  ~encoder();
  /// ids, mask and types [batch, tokens]; logits [batch, 8], pooled [batch, 128]
  void run(const std::int64_t* ids, const std::int64_t* mask, const std::int64_t* types, float* logits,
           float* pooled);

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace plain_eigen
