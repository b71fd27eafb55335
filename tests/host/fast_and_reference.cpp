// The fast kernel of every operator that has one against its reference kernel, on random shapes, element
// types and values; which operands are constants is random too.

#include <doctest/doctest.h>
#include <algorithm>

#include "host/kernel.hpp"
#include "host/random_graphs.hpp"
#include "support/data.hpp"
#include "support/golden.hpp"

namespace al = airloom;
using test::random_source;
using test::shape_list;
using test::trial;

namespace {

// --- random cases

/// Writes an operator into the graph; returns it, and how many outputs of it are compared.
struct written {
  int node;
  int outputs = 1;
};
using write_function = written (*)(trial&, const std::string& type);

written write_unary(trial& t, const std::string& type) {
  al::attribute_map attributes;
  if (type == "GeluV2") attributes["approximate"].value = std::string{t.random.one_in(2) ? "tanh" : "none"};
  if (type == "Muls" || type == "Adds") attributes["value"].value = t.random.real(-2, 2);
  const bool positive = type == "Sqrt" || type == "Rsqrt";
  return {t.build.node(type, {t.input(t.random.shape(0, 5, 7), positive ? 0.01F : -6, 6)},
                       std::move(attributes))};
}

/// A shape that broadcasts to `whole`.
shape_list broadcast_part(random_source& random, const shape_list& whole) {
  shape_list part = whole;
  for (std::int64_t& size : part)
    if (random.one_in(3)) size = 1;
  part.erase(part.begin(), part.begin() + static_cast<std::ptrdiff_t>(
                                              random.between(0, static_cast<std::int64_t>(part.size()))));
  return part;
}

written write_binary(trial& t, const std::string& type) {
  const shape_list whole = t.random.shape(0, 4, 9);
  shape_list left = whole, right = whole;
  if (t.random.one_in(2)) (t.random.one_in(2) ? left : right) = broadcast_part(t.random, whole);
  const float low = type == "Pow" || type == "RealDiv" ? 0.3F : -2;
  return {t.build.node(type, {t.input(left, low), t.operand(right, low)})};
}

written write_product(trial& t, const std::string& type) {
  const bool batched = type.starts_with("Batch");
  const std::int64_t rows = t.random.between(1, 60), inner = t.random.between(1, 70),
                     columns = t.random.between(1, 70);
  const bool turn_left = t.random.one_in(4), turn_right = t.random.one_in(2),
             has_bias = type != "BatchMatMul" && t.random.one_in(2);
  shape_list left = batched ? t.random.shape(0, 2, 3) : shape_list{}, right;
  if (batched && t.random.one_in(2)) right = broadcast_part(t.random, left);
  for (const std::int64_t size : {turn_left ? inner : rows, turn_left ? rows : inner}) left.push_back(size);
  for (const std::int64_t size : {turn_right ? columns : inner, turn_right ? inner : columns})
    right.push_back(size);
  const int x1 = t.input(left), x2 = t.random.one_in(2) ? t.constant(right) : t.input(right);
  std::vector<int> operands{x1, x2};
  if (has_bias) operands.push_back(t.operand({columns}));
  return {t.build.node(type, operands,
                       {{batched ? "adj_x1" : "transpose_x1", {turn_left}},
                        {batched ? "adj_x2" : "transpose_x2", {turn_right}}})};
}

/// Three by three taps in one group, of so many channels that they are transformed first.
written write_wide_convolution(trial& t, const std::string& type) {
  const std::int64_t in = t.random.between(16, 40), out = t.random.between(16, 70);
  const shape_list pads{t.random.between(0, 2), t.random.between(0, 2), t.random.between(0, 2),
                        t.random.between(0, 2)};
  std::vector<int> operands{
      t.input({t.random.between(1, 3), in, t.random.between(5, 20), t.random.between(5, 20)}),
      t.constant({out, in, 3, 3})};
  if (t.random.one_in(2)) operands.push_back(t.operand({out}));
  return {t.build.node(type, operands,
                       {{"strides", {shape_list{1, 1, 1, 1}}},
                        {"pads", {pads}},
                        {"groups", {std::int64_t{1}}},
                        {"data_format", {std::string{"NCHW"}}}})};
}

written write_convolution(trial& t, const std::string& type) {
  if (t.random.one_in(3)) return write_wide_convolution(t, type);
  const std::int64_t groups = t.random.between(1, 3), in = groups * t.random.between(1, 6),
                     out = groups * t.random.between(1, 20);
  const std::int64_t kernel_height = t.random.between(1, 3), kernel_width = t.random.between(1, 3);
  const shape_list pads{t.random.between(0, 2), t.random.between(0, 2), t.random.between(0, 2),
                        t.random.between(0, 2)};
  const shape_list steps{1, 1, t.random.between(1, 2), t.random.between(1, 2)};
  const shape_list dilations{1, 1, t.random.between(1, 2), t.random.between(1, 2)};
  std::vector<int> operands{
      t.input({t.random.between(1, 3), in, t.random.between(5, 12), t.random.between(5, 12)}),
      t.constant({out, in / groups, kernel_height, kernel_width})};
  if (t.random.one_in(2)) operands.push_back(t.operand({out}));
  return {t.build.node(type, operands,
                       {{"strides", {steps}},
                        {"pads", {pads}},
                        {"dilations", {dilations}},
                        {"groups", {groups}},
                        {"data_format", {std::string{"NCHW"}}}})};
}

written write_batch_norm(trial& t, const std::string& type) {
  shape_list shape = t.random.shape(2, 4, 9);
  const shape_list channels{shape[1]};
  const bool known = t.random.one_in(2);
  const auto statistic = [&](float low) {
    return known ? t.constant(channels, low) : t.input(channels, low);
  };
  const int x = t.input(shape), scale = statistic(-2), offset = statistic(-2), mean = statistic(-2),
            variance = statistic(0.1F);
  return {t.build.node(type, {x, scale, offset, mean, variance}, {{"epsilon", {1e-3F}}})};
}

written write_pool(trial& t, const std::string& type) {
  const shape_list kernel{1, 1, t.random.between(1, 3), t.random.between(1, 3)};
  const shape_list steps{1, 1, t.random.between(1, 3), t.random.between(1, 3)};
  al::attribute_map attributes{
      {"ksize", {kernel}}, {"strides", {steps}}, {"data_format", {std::string{"NCHW"}}}};
  if (type == "MaxPool") {
    attributes["padding"].value = std::string{t.random.one_in(2) ? "SAME" : "VALID"};
  } else {
    attributes["padding_mode"].value = std::string{"CALCULATED"};
    attributes["pads"].value =
        shape_list{t.random.between(0, kernel[2] / 2), t.random.between(0, kernel[2] / 2),
                   t.random.between(0, kernel[3] / 2), t.random.between(0, kernel[3] / 2)};
  }
  if (type == "AvgPoolV2") attributes["exclusive"].value = t.random.one_in(2);
  const shape_list shape{t.random.between(1, 3), t.random.between(1, 5), t.random.between(3, 12),
                         t.random.between(3, 12)};
  return {t.build.node(type, {t.input(shape)}, std::move(attributes))};
}

written write_softmax(trial& t, const std::string& type) {
  const shape_list shape = t.random.shape(1, 4, 20);
  const auto rank = static_cast<std::int64_t>(shape.size());
  return {t.build.node(type, {t.input(shape, -20, 20)},
                       {{"axes", {shape_list{t.random.between(-rank, rank - 1)}}}})};
}

written write_layer_norm(trial& t, const std::string& type) {
  const shape_list shape = t.random.shape(1, 4, 20);
  const std::int64_t first = t.random.between(0, static_cast<std::int64_t>(shape.size()) - 1);
  const shape_list tail{shape.begin() + first, shape.end()};
  const int x = t.input(shape);
  if (type == "LayerNormV4") {
    const int sizes = t.integers(tail), gamma = t.random.one_in(4) ? -1 : t.operand(tail),
              beta = t.random.one_in(4) ? -1 : t.operand(tail);
    return {t.build.node(type, {x, sizes, gamma, beta}, {}, 3), 3};
  }
  const int gamma = t.operand(tail), beta = t.operand(tail);
  return {
      t.build.node(type, {x, gamma, beta}, {{"begin_norm_axis", {first}}, {"begin_params_axis", {first}}}, 3),
      3};
}

written write_mean(trial& t, const std::string& type) {
  const shape_list shape = t.random.shape(1, 4, 9);
  shape_list axes;
  for (std::size_t d = 0; d != shape.size(); ++d)
    if (t.random.one_in(2)) axes.push_back(static_cast<std::int64_t>(d));
  if (axes.empty()) axes.push_back(-1);
  return {t.build.node(type, {t.input(shape), t.integers(axes)}, {{"keep_dims", {t.random.one_in(2)}}})};
}

written write_transpose(trial& t, const std::string& type) {
  const shape_list shape = t.random.shape(1, 5, 9);
  shape_list order(shape.size());
  for (std::size_t d = 0; d != order.size(); ++d) {
    const auto place = static_cast<std::size_t>(t.random.between(0, static_cast<std::int64_t>(d)));
    order[d] = order[place];
    order[place] = static_cast<std::int64_t>(d);
  }
  return {t.build.node(type, {t.input(shape), t.integers(order)})};
}

const std::map<std::string_view, write_function> writers{
    {"Relu", write_unary},
    {"Sqrt", write_unary},
    {"Rsqrt", write_unary},
    {"Tanh", write_unary},
    {"Sigmoid", write_unary},
    {"Erf", write_unary},
    {"Gelu", write_unary},
    {"GeluV2", write_unary},
    {"Muls", write_unary},
    {"Adds", write_unary},
    {"Swish", write_unary},
    {"Add", write_binary},
    {"Sub", write_binary},
    {"Mul", write_binary},
    {"RealDiv", write_binary},
    {"Maximum", write_binary},
    {"Pow", write_binary},
    {"MatMul", write_product},
    {"MatMulV2", write_product},
    {"BatchMatMul", write_product},
    {"BatchMatMulV2", write_product},
    {"Conv2D", write_convolution},
    {"BNInfer", write_batch_norm},
    {"MaxPool", write_pool},
    {"MaxPoolV3", write_pool},
    {"AvgPoolV2", write_pool},
    {"SoftmaxV2", write_softmax},
    {"LayerNormV4", write_layer_norm},
    {"LayerNormV3", write_layer_norm},
    {"LayerNorm", write_layer_norm},
    {"ReduceMean", write_mean},
    {"Transpose", write_transpose},
};

// --- trying

void try_operator(const std::string& type, write_function write, unsigned seed) {
  random_source random{seed};
  trial t{random};
  const std::int64_t kind = random.between(1, 5);
  if (kind == 4) t.type = al::f16;
  if (kind == 5) t.type = al::bf16;
  const written done = write(t, type);
  t.build.node("NetOutput", {}, {}, 0);
  al::node& results = t.build.g.nodes.back();
  results.name = "NetOutput";
  for (int o = 0; o != done.outputs; ++o) {
    results.inputs.push_back({done.node, o});
    results.input_names.emplace_back();
    results.input_descriptions.emplace_back();
  }
  test::compare(t.build.g, t.inputs);
}

/// The golden case with random floats, in the range of its own.
void try_golden(const test::golden_case& golden, const al::prototype& ir, random_source& random) {
  const al::graph model = test::golden_graph(golden, ir);
  test::buffers inputs;
  for (const int at : model.inputs())
    for (const test::golden_input& input : golden.inputs) {
      if (input.name != model.nodes[static_cast<std::size_t>(at)].name) continue;
      std::vector<std::byte> bytes(input.data->data, input.data->data + input.data->size);
      if (input.type == al::f32 || input.type == al::f16 || input.type == al::bf16) {
        double low = 0, high = 0;
        for (std::size_t i = 0; i != bytes.size() / test::width_of(input.type); ++i)
          if (const double value = test::number_at(bytes, input.type, i); std::abs(value) < 100) {
            low = std::min(low, value);
            high = std::max(high, value);
          }
        bytes = test::random_bytes(random, input.type, bytes.size() / test::width_of(input.type),
                                   static_cast<float>(low), static_cast<float>(high) + 1e-3F);
      }
      inputs.push_back(std::move(bytes));
    }
  test::compare(model, inputs);
}

}  // namespace

TEST_CASE("fast kernels give what reference kernels give, on random shapes and element types") {
  std::size_t cases = 0;
  for (const auto& [name, write] : writers) {
    const std::string type{name};
    CAPTURE(type);
    const al::host::kernel* const found = al::host::all_kernels().find(type);
    REQUIRE(found != nullptr);
    const bool has_fast_kernel = found->fast != nullptr;
    CHECK(has_fast_kernel);
    for (unsigned seed = 1; seed != 121; ++seed, ++cases) {
      CAPTURE(seed);
      CHECK_NOTHROW(try_operator(type, write, seed));
    }
  }
  CHECK(cases >= 3000);
}

TEST_CASE(
    "fast kernels give what reference kernels give, on random values in the shapes of the golden cases") {
  const std::vector<std::string> golden = test::golden_operators();
  for (const auto& [type, kernel] : al::host::all_kernels()) {
    if (kernel.fast == nullptr) continue;
    CAPTURE(type);
    const bool is_golden = std::find(golden.begin(), golden.end(), type) != golden.end();
    // Either random shapes above, or golden ones here.
    CHECK((is_golden || writers.contains(type)));
    const al::operator_entry* const entry = al::find_operator(type);
    REQUIRE(entry != nullptr);
    if (!is_golden) continue;
    random_source random{1};
    for (const test::golden_case& one : test::read_golden(*entry->ir).cases) {
      CAPTURE(one.name);
      for (int round = 0; round != 3; ++round) CHECK_NOTHROW(try_golden(one, *entry->ir, random));
    }
  }
}
