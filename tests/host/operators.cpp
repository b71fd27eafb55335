// What single operators do where golden vectors say nothing: at the edges, and with indices of the caller's.

#include <doctest/doctest.h>
#include <airloom/host/engine.hpp>
#include <cmath>
#include <cstring>
#include <limits>

#include "host/float8.hpp"
#include "support/graphs.hpp"

namespace al = airloom;
using al::host::kernels;
using al::host::status_code;
using floats = std::vector<float>;
using longs = std::vector<std::int64_t>;
using bytes = std::vector<std::uint8_t>;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
const float not_a_number = std::numeric_limits<float>::quiet_NaN();

/// One operator in a graph, its operands given when it runs or as constants.
class single_operator {
 public:
  explicit single_operator(std::string type) : type_{std::move(type)} {}

  template <class T>
  single_operator& input(const al::shape_value& shape, const std::vector<T>& values, al::dtype type) {
    const std::string name = "x" + std::to_string(inputs_.size());
    inputs_.push_back(builder_.input(name, type, shape));
    operand& kept = operands_.emplace_back();
    kept.type = type;
    kept.bytes = values.size() * sizeof(T);
    kept.memory.resize(kept.bytes / sizeof(std::max_align_t) + 1);
    if (kept.bytes != 0) std::memcpy(kept.memory.data(), values.data(), kept.bytes);
    return *this;
  }
  template <class T>
  single_operator& input(std::initializer_list<al::extent> shape, const std::vector<T>& values) {
    return input(test::shape(shape), values, al::host::dtype_of_element<T>());
  }
  template <class T>
  single_operator& constant(std::initializer_list<al::extent> shape, const std::vector<T>& values) {
    const std::string name = "c" + std::to_string(inputs_.size());
    inputs_.push_back(builder_.constant(name, al::host::dtype_of_element<T>(), test::shape(shape), values));
    return *this;
  }
  single_operator& unfed() {
    inputs_.push_back(-1);
    return *this;
  }
  template <class Value>
  single_operator& set(const std::string& name, Value value) {
    attributes_[name].value = value;
    return *this;
  }

  /// The status of a run; the elements of one output go to `result`.
  template <class T>
  status_code run(kernels kind, std::vector<T>& result, std::size_t output = 0, std::size_t outputs = 1) {
    test::graph_builder builder = builder_;
    const int node = builder.node(type_, inputs_, attributes_, outputs);
    builder.result({node});
    builder.g.nodes.back().inputs[0].output = static_cast<int>(output);
    const al::host::engine ready{builder.g, {kind}};
    result.resize(ready.outputs()[0].bytes(0) / sizeof(T));
    const std::vector<al::host::output_buffer> out{
        {result.data(), result.size() * sizeof(T), ready.outputs()[0].type}};
    std::vector<al::host::input_buffer> in;
    for (const operand& one : operands_) in.emplace_back(one.memory.data(), one.bytes, one.type);
    return ready.make_context().run({}, in, out).code();
  }
  template <class T>
  std::vector<T> result(std::size_t output = 0, std::size_t outputs = 1, kernels kind = kernels::reference) {
    std::vector<T> values;
    CHECK(run(kind, values, output, outputs) == status_code::ok);
    return values;
  }

 private:
  struct operand {
    std::vector<std::max_align_t> memory;
    std::size_t bytes = 0;
    al::dtype type = al::dtype::undefined;
  };
  std::string type_;
  test::graph_builder builder_;
  std::vector<int> inputs_;
  al::attribute_map attributes_;
  std::vector<operand> operands_;
};

constexpr kernels both_kernels[]{kernels::reference, kernels::fast};

}  // namespace

// --- whole numbers

TEST_CASE("whole numbers divided by 0 give 0, and the lowest by -1 wraps around") {
  constexpr std::int64_t lowest = std::numeric_limits<std::int64_t>::min();
  const longs a{7, -7, 7, -7, lowest, 5}, b{2, 2, -2, -2, -1, 0};
  const auto of = [&](const char* type) {
    return single_operator{type}.input({6}, a).input({6}, b).result<std::int64_t>();
  };
  CHECK(of("FloorDiv") == longs{3, -4, -4, 3, lowest, 0});
  CHECK(of("FloorMod") == longs{1, 1, -1, -1, 0, 0});
  CHECK(of("Div") == longs{3, -3, -3, 3, lowest, 0});
}

TEST_CASE("whole numbers to a negative power give 0, but 1 and -1") {
  const longs base{2, 1, -1, -1, 0, 3}, exponent{-1, -5, -3, -2, -1, 4};
  CHECK(single_operator{"Pow"}.input({6}, base).input({6}, exponent).result<std::int64_t>() ==
        longs{0, 1, -1, 1, 0, 81});
}

TEST_CASE("the logarithm of whole numbers, to any base") {
  single_operator log{"Log"};
  log.input({3}, longs{1, 8, 1024}).set("base", 2.0F);
  CHECK(log.result<float>() == floats{0, 3, 10});
}

// --- floats

TEST_CASE("activations at minus infinity have their limits") {
  for (const kernels kind : both_kernels)
    for (const char* type : {"Swish", "HardSwish", "Mish"})
      CHECK(single_operator{type}.input({1}, floats{-infinity}).result<float>(0, 1, kind) == floats{0});
}

TEST_CASE("a square is exact to the last place with both kernels") {
  const floats x{0, -0.0F, 3, -1.7F, 1e-30F, 1e30F, infinity, 0.3F};
  for (const kernels kind : both_kernels) {
    const floats y = single_operator{"Pow"}.input({8}, x).constant({}, floats{2}).result<float>(0, 1, kind);
    for (std::size_t i = 0; i != x.size(); ++i) CHECK(y[i] == x[i] * x[i]);
  }
}

TEST_CASE("8-bit floats: every pattern survives, ties go to even, and what lies beyond is as torch has it") {
  using al::host::float8_e4m3fn;
  using al::host::float8_e5m2;
  for (unsigned bits = 0; bits != 256; ++bits) {
    float8_e4m3fn small;
    float8_e5m2 wide;
    small.bits = wide.bits = static_cast<std::uint8_t>(bits);
    if (!std::isnan(static_cast<float>(small))) CHECK(float8_e4m3fn{static_cast<float>(small)}.bits == bits);
    if (!std::isnan(static_cast<float>(wide))) CHECK(float8_e5m2{static_cast<float>(wide)}.bits == bits);
  }
  const auto small = [](float x) { return static_cast<float>(float8_e4m3fn{x}); };
  const auto wide = [](float x) { return static_cast<float>(float8_e5m2{x}); };
  CHECK(small(448) == 448);
  CHECK(small(464) == 448);
  CHECK(std::isnan(small(465)));
  CHECK(std::isnan(small(-infinity)));
  CHECK(small(17) == 16);
  CHECK(small(19) == 20);
  CHECK(small(0x1p-9F) == 0x1p-9F);
  CHECK(small(0x1p-10F) == 0);
  CHECK(wide(57344) == 57344);
  CHECK(wide(61439) == 57344);
  CHECK(wide(61440) == infinity);
  CHECK(wide(-1e30F) == -infinity);
  CHECK(wide(0x1p-16F) == 0x1p-16F);
  CHECK(std::signbit(wide(-0.0F)));
}

// --- the largest

TEST_CASE("the largest: NaN before every number, of equal ones the first") {
  const floats x{1, not_a_number, 3, 3, -infinity};
  const auto top = [&x](bool largest, std::size_t output) {
    return single_operator{"TopKV2"}
        .input({5}, x)
        .constant({}, longs{3})
        .set("largest", largest)
        .result<std::int32_t>(output, 2);
  };
  CHECK(top(true, 1) == std::vector<std::int32_t>{1, 2, 3});
  CHECK(top(false, 1) == std::vector<std::int32_t>{4, 0, 2});
}

TEST_CASE("the mask of a pool has the bit of each window's first largest element") {
  // Two windows of two columns: (1, 3) and (5, 5).
  single_operator pool{"MaxPoolWithArgmaxV1"};
  pool.input({1, 1, 1, 4}, floats{1, 3, 5, 5});
  pool.set("ksize", longs{1, 1, 2, 1}).set("strides", longs{1, 1, 2, 1}).set("pads", longs{1, 0, 0, 1});
  CHECK(pool.result<float>(0, 2) == floats{3, 5});
  // A line of two words for each element of the window: the second window takes element 0, the first
  // element 1.
  CHECK(pool.result<std::uint16_t>(1, 2) == std::vector<std::uint16_t>{0b10, 0, 0b01, 0});
}

// --- indices of the caller's

TEST_CASE("an index that its tensor does not have is a status") {
  const floats x{10, 20, 30};
  floats y;
  const auto status = [&y](single_operator op) { return op.run(kernels::reference, y); };
  for (const std::int64_t index : {3, -4}) {
    single_operator picked{"IndexByTensor"};
    CHECK(status(picked.input({3}, x).input({1}, longs{index}).set("indices_mask", longs{1})) ==
          status_code::index_out_of_range);
    CHECK(status(single_operator{"GatherElements"}.input({3}, x).input({1}, longs{index})) ==
          status_code::index_out_of_range);
    CHECK(status(single_operator{"ScatterElements"}
                     .input({3}, x)
                     .input({1}, longs{index})
                     .input({1}, floats{1})) == status_code::index_out_of_range);
    single_operator bag{"EmbeddingBag"};
    bag.input({3, 1}, x).input({1}, longs{index}).input({1}, longs{0}).unfed();
    CHECK(bag.run(kernels::reference, y, 0, 4) == status_code::index_out_of_range);
  }
  single_operator backwards{"IndexByTensor"};
  CHECK(backwards.input({3}, x).input({2}, longs{-1, 0}).set("indices_mask", longs{1}).result<float>() ==
        floats{30, 10});
}

TEST_CASE("bags that do not follow each other within the indices are a status") {
  for (const longs& offsets : {longs{2, 1}, longs{0, 4}, longs{-1, 0}}) {
    single_operator bag{"EmbeddingBag"};
    bag.input({3, 1}, floats{1, 2, 3}).input({3}, longs{0, 1, 2}).input({2}, offsets).unfed();
    floats y;
    CHECK(bag.run(kernels::reference, y, 0, 4) == status_code::index_out_of_range);
  }
}

TEST_CASE("bags: where each index went, how many count, and 0 for an empty one") {
  single_operator bag{"EmbeddingBag"};
  bag.input({3, 2}, floats{1, 2, 3, 4, 5, 6}).input({3}, longs{2, 0, 1}).input({3}, longs{0, 2, 2}).unfed();
  bag.set("mode", std::string{"max"}).set("padding_idx", std::int64_t{1});
  CHECK(bag.result<float>(0, 4) == floats{5, 6, 0, 0, 0, 0});
  CHECK(bag.result<std::int64_t>(1, 4) == longs{0, 0, 2});
  CHECK(bag.result<std::int64_t>(2, 4) == longs{2, 0, 0});
  CHECK(bag.result<std::int64_t>(3, 4) == longs{2, 2, 0, 0, 0, 0});
}

// --- attention: of queries that are 0, every key that is seen weighs the same

namespace {

/// Attention of `queries` over the values 1, 2, 3, …, which stand alone in their heads.
single_operator mean_of_seen(std::int64_t queries, std::int64_t keys) {
  floats values;
  for (std::int64_t k = 1; k <= keys; ++k) values.push_back(static_cast<float>(k));
  single_operator op{"PromptFlashAttention"};
  op.input({1, 1, queries, 1}, floats(static_cast<std::size_t>(queries), 0.0F));
  op.input({1, 1, keys, 1}, floats(values.size(), 1.0F)).input({1, 1, keys, 1}, values);
  op.set("num_heads", std::int64_t{1}).set("input_layout", std::string{"BNSD"});
  return op;
}
void unfed(single_operator& op, int count) {
  while (count-- != 0) op.unfed();
}
single_operator masked(std::int64_t mode, std::int64_t before, std::int64_t after, std::int64_t queries,
                       std::int64_t keys, const al::shape_value& shape) {
  single_operator op = mean_of_seen(queries, keys);
  unfed(op, 1);
  op.input(shape, bytes(static_cast<std::size_t>(shape.elements().constant())), al::boolean);
  unfed(op, 7);
  return op.set("sparse_mode", mode).set("pre_tokens", before).set("next_tokens", after);
}

}  // namespace

TEST_CASE("attention: sparse modes hide keys by place") {
  const al::shape_value plain = test::shape({3, 4}), compressed = test::shape({2048, 2048});
  constexpr std::int64_t all = 2147483647;
  for (const kernels kind : both_kernels) {
    CAPTURE(static_cast<int>(kind));
    const auto seen = [kind](single_operator op) { return op.result<float>(0, 1, kind); };
    CHECK(seen(masked(0, all, all, 3, 4, plain)) == floats{2.5F, 2.5F, 2.5F});
    CHECK(seen(masked(0, 1, 0, 3, 4, plain)) == floats{1, 1.5F, 2.5F});
    CHECK(seen(masked(1, 1, 0, 3, 4, plain)) == floats{2.5F, 2.5F, 2.5F});
    CHECK(seen(masked(2, 0, 0, 3, 4, compressed)) == floats{1, 1.5F, 2});
    CHECK(seen(masked(3, 0, 0, 3, 4, compressed)) == floats{1.5F, 2, 2.5F});
    CHECK(seen(masked(4, 1, 0, 3, 4, compressed)) == floats{1.5F, 2.5F, 3.5F});
  }
}

TEST_CASE("attention: without a mask, sparse_mode 0 has no band") {
  for (const kernels kind : both_kernels) {
    single_operator op = mean_of_seen(2, 4);
    unfed(op, 9);
    CHECK(op.set("next_tokens", std::int64_t{0}).result<float>(0, 1, kind) == floats{2.5F, 2.5F});
  }
}

TEST_CASE("attention: a query that sees no key gives 0, and actual lengths count") {
  for (const kernels kind : both_kernels) {
    single_operator blind = mean_of_seen(2, 3);
    unfed(blind, 1);
    blind.input(test::shape({2, 3}), bytes{1, 1, 1, 0, 1, 0}, al::boolean);
    unfed(blind, 7);
    blind.set("next_tokens", std::int64_t{2147483647});
    CHECK(blind.result<float>(0, 1, kind) == floats{0, 2});

    const auto with_lengths = [](std::int64_t queries, std::int64_t keys) {
      single_operator op = mean_of_seen(2, 3);
      unfed(op, 2);
      op.input({1}, longs{queries}).input({1}, longs{keys});
      unfed(op, 5);
      return op;
    };
    CHECK(with_lengths(1, 2).result<float>(0, 1, kind) == floats{1.5F, 0});
    floats y;
    CHECK(with_lengths(3, 2).run(kind, y) == status_code::index_out_of_range);
    CHECK(with_lengths(1, -1).run(kind, y) == status_code::index_out_of_range);
  }
}

TEST_CASE("attention of quantised operands is refused with a clear error") {
  single_operator op{"PromptFlashAttention"};
  for (int operand = 0; operand != 3; ++operand) op.input({1, 1, 1, 1}, std::vector<std::int8_t>{1});
  unfed(op, 9);
  op.set("num_heads", std::int64_t{1}).set("input_layout", std::string{"BNSD"});
  floats y;
  CHECK_THROWS_WITH_AS(op.run(kernels::fast, y), doctest::Contains("quantised attention"), al::error);
}
