#pragma once
// One graph with every sort of kernel that a plan takes, fused ones among them, in three gears.

#include <airloom/host/engine.hpp>
#include <string>
#include <vector>

#include "support/graphs.hpp"

namespace test {

namespace geared {

inline std::vector<float> numbers(std::size_t count, float first, float step) {
  std::vector<float> values(count);
  for (std::size_t i = 0; i != count; ++i) values[i] = first + step * static_cast<float>(i % 13);
  return values;
}

/// [n, 8] through two products with element-wise tails, and a layer norm.
inline int write_rows(graph_builder& build, int x) {
  const auto weight = [&](const char* name) {
    return build.constant(name, airloom::f32, shape({8, 8}), numbers(64, -0.5F, 0.1F));
  };
  const int bias = build.constant("bias", airloom::f32, shape({8}), numbers(8, 0.25F, 0.01F));
  const int up = build.node("Relu", {build.node("MatMul", {x, weight("up"), bias})});
  const int down = build.node("Gelu", {build.node("MatMul", {up, weight("down")})});
  const int sum = build.node("Add", {down, x});
  return build.node("LayerNormV4", {sum, build.integers("normalized", {8}), -1, -1}, {}, 3);
}

/// [n, 2, 6, 6] through convolution, batch norm, relu, pool and mean: [n, 3].
inline int write_image(graph_builder& build, int image) {
  using list = std::vector<std::int64_t>;
  const int filter = build.constant("filter", airloom::f32, shape({3, 2, 3, 3}), numbers(54, -0.3F, 0.05F));
  const int channels[4]{build.constant("scale", airloom::f32, shape({3}), numbers(3, 1, 0.5F)),
                        build.constant("offset", airloom::f32, shape({3}), numbers(3, 0, 0.1F)),
                        build.constant("mean", airloom::f32, shape({3}), numbers(3, 0.2F, 0.1F)),
                        build.constant("variance", airloom::f32, shape({3}), numbers(3, 0.5F, 0.1F))};
  const int product = build.node("Conv2D", {image, filter},
                                 {{"strides", {list{1, 1, 1, 1}}},
                                  {"pads", {list{1, 1, 1, 1}}},
                                  {"data_format", {std::string{"NCHW"}}}});
  const int norm = build.node("BNInfer", {product, channels[0], channels[1], channels[2], channels[3]},
                              {{"epsilon", {1e-3F}}});
  const int pool = build.node("MaxPoolV3", {build.node("Relu", {norm})},
                              {{"ksize", {list{1, 1, 2, 2}}}, {"strides", {list{1, 1, 2, 2}}}});
  return build.node("ReduceMean", {pool, build.integers("image_axes", {2, 3})});
}

/// Self-attention over [n, 5, 2, 4], five places with two heads; the result is of that shape.
inline int write_attention(graph_builder& build, int x) {
  const auto turned = [&](const char* name) {
    return build.node("Transpose", {x, build.integers(name, {0, 2, 1, 3})});
  };
  const int query = turned("turn_query"), key = turned("turn_key"), value = turned("turn_value");
  const int scores = build.node("BatchMatMulV2", {query, key}, {{"adj_x2", {true}}});
  const int scale = build.constant("factor", airloom::f32, shape({}), std::vector<float>{0.5F});
  const int mask = build.constant("mask", airloom::f32, shape({1, 5}), std::vector<float>{0, 0, 0, 0, -1e9F});
  const int masked = build.node("Add", {build.node("Mul", {scores, scale}), mask});
  const int result = build.node("BatchMatMulV2", {build.node("SoftmaxV2", {masked}), value});
  return build.node("Transpose", {result, build.integers("back", {0, 2, 1, 3})});
}

}  // namespace geared

/// Inputs x [n, 8], image [n, 2, 6, 6] and places [n, 5, 2, 4]; three results of f32.
inline airloom::graph geared_graph() {
  graph_builder build;
  build.g.gears = {{"n"}, {1, 4, 16}, 3};
  const auto n = airloom::extent::of_axis(0);
  const int x = build.input("x", airloom::f32, shape({n, 8}));
  const int image = build.input("image", airloom::f32, shape({n, 2, 6, 6}));
  const int places = build.input("places", airloom::f32, shape({n, 5, 2, 4}));
  const int rows = geared::write_rows(build, x), means = geared::write_image(build, image),
            attended = geared::write_attention(build, places);
  build.result({rows, means, attended});
  return build.g;
}

/// Buffers for one gear of an engine whose tensors are all f32.
struct gear_buffers {
  std::vector<std::vector<float>> values;
  std::vector<airloom::host::input_buffer> inputs;
  std::vector<airloom::host::output_buffer> outputs;
  std::vector<std::vector<float>> results;

  gear_buffers(const airloom::host::engine& engine, std::size_t gear) {
    for (const airloom::host::tensor_port& port : engine.inputs())
      values.push_back(geared::numbers(port.bytes(gear) / sizeof(float), -1, 0.17F));
    for (const airloom::host::tensor_port& port : engine.outputs())
      results.emplace_back(port.bytes(gear) / sizeof(float));
    inputs.assign(values.begin(), values.end());
    outputs.assign(results.begin(), results.end());
  }
};

}  // namespace test
