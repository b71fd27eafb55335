#pragma once
// Random graphs for tests of the engine, run with the fast and with the reference kernels.

#include <doctest/doctest.h>
#include <Eigen/Core>
#include <airloom/host/engine.hpp>
#include <cmath>
#include <cstring>
#include <random>

#include "support/graphs.hpp"

namespace test {

using shape_list = std::vector<std::int64_t>;

// --- random cases

class random_source {
 public:
  explicit random_source(unsigned seed) : generator_{seed} {}

  std::int64_t between(std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>{low, high}(generator_);
  }
  bool one_in(std::int64_t count) { return between(1, count) == 1; }
  float real(float low, float high) { return std::uniform_real_distribution<float>{low, high}(generator_); }
  shape_list shape(std::int64_t least_rank, std::int64_t most_rank, std::int64_t largest) {
    shape_list result(static_cast<std::size_t>(between(least_rank, most_rank)));
    for (std::int64_t& size : result) size = between(1, largest);
    return result;
  }

 private:
  std::mt19937 generator_;
};

inline std::size_t elements(const shape_list& shape) {
  std::size_t count = 1;
  for (const std::int64_t size : shape) count *= static_cast<std::size_t>(size);
  return count;
}
inline airloom::shape_value as_shape(const shape_list& sizes) {
  airloom::shape_value result;
  for (const std::int64_t size : sizes) result.push(size);
  return result;
}

template <class T>
inline void append(std::vector<std::byte>& bytes, T value) {
  const auto* first = reinterpret_cast<const std::byte*>(&value);
  bytes.insert(bytes.end(), first, first + sizeof value);
}
inline void append(std::vector<std::byte>& bytes, airloom::dtype type, float value) {
  if (type == airloom::f32) append(bytes, value);
  if (type == airloom::f16) append(bytes, Eigen::half{value});
  if (type == airloom::bf16) append(bytes, Eigen::bfloat16{value});
  if (type == airloom::i32) append(bytes, static_cast<std::int32_t>(value));
}
inline std::vector<std::byte> random_bytes(random_source& random, airloom::dtype type, std::size_t count,
                                           float low, float high) {
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i != count; ++i) append(bytes, type, random.real(low, high));
  return bytes;
}

/// A graph around one operator, and what the caller gives it.
struct trial {
  random_source& random;
  airloom::dtype type = airloom::f32;
  test::graph_builder build{};
  std::vector<std::vector<std::byte>> inputs{};

  /// A random operand; now and then a constant.
  int operand(const shape_list& shape, float low = -2, float high = 2) {
    return random.one_in(3) ? constant(shape, low, high) : input(shape, low, high);
  }
  int input(const shape_list& shape, float low = -2, float high = 2) {
    inputs.push_back(random_bytes(random, type, elements(shape), low, high));
    return build.input("input" + std::to_string(inputs.size()), type, as_shape(shape));
  }
  int constant(const shape_list& shape, float low = -2, float high = 2) {
    const std::vector<std::byte> bytes = random_bytes(random, type, elements(shape), low, high);
    return build.constant("constant" + std::to_string(build.g.nodes.size()), type, as_shape(shape),
                          airloom::blob::copy_of(bytes));
  }
  int integers(const std::vector<std::int64_t>& values) {
    return build.integers("integers" + std::to_string(build.g.nodes.size()), values);
  }
};

// --- running and comparing

using buffers = std::vector<std::vector<std::byte>>;

/// The outputs of a graph in one gear.
inline buffers run(const airloom::graph& model, airloom::host::kernels kind, const buffers& inputs) {
  const airloom::host::engine ready{model, {kind}};
  std::vector<airloom::host::input_buffer> in;
  for (std::size_t i = 0; i != inputs.size(); ++i)
    in.emplace_back(inputs[i].data(), inputs[i].size(), ready.inputs()[i].type);
  buffers results;
  std::vector<airloom::host::output_buffer> out;
  for (const airloom::host::tensor_port& port : ready.outputs()) results.emplace_back(port.bytes(0));
  for (std::size_t o = 0; o != results.size(); ++o)
    out.emplace_back(results[o].data(), results[o].size(), ready.outputs()[o].type);
  const airloom::host::status verdict = ready.make_context().run({}, in, out);
  REQUIRE_MESSAGE(verdict.ok(), verdict.message());
  return results;
}

inline double number_at(const std::vector<std::byte>& bytes, airloom::dtype type, std::size_t i) {
  const auto read = [&]<class T>(T value) {
    std::memcpy(&value, bytes.data() + i * sizeof value, sizeof value);
    return value;
  };
  if (type == airloom::f32) return static_cast<double>(read(float{}));
  if (type == airloom::f16) return static_cast<double>(static_cast<float>(read(Eigen::half{})));
  if (type == airloom::bf16) return static_cast<double>(static_cast<float>(read(Eigen::bfloat16{})));
  return static_cast<double>(read(std::uint8_t{}));
}
inline std::size_t width_of(airloom::dtype type) {
  return type == airloom::f32 ? 4 : type == airloom::f16 || type == airloom::bf16 ? 2 : 1;
}

/// What is wrong; empty where nothing is. Both kernels sum in f32, in different orders: they may be apart by
/// a few units of the last place of the largest element. Other types than floats have to be equal.
inline std::string difference(const std::vector<std::byte>& fast, const std::vector<std::byte>& reference,
                              airloom::dtype type) {
  const double unit = type == airloom::f32    ? 0x1p-23
                      : type == airloom::f16  ? 0x1p-10
                      : type == airloom::bf16 ? 0x1p-7
                                              : 0;
  const std::size_t count = reference.size() / width_of(type);
  double largest = 1;
  for (std::size_t i = 0; i != count; ++i)
    if (const double magnitude = std::abs(number_at(reference, type, i)); std::isfinite(magnitude))
      largest = std::max(largest, magnitude);
  for (std::size_t i = 0; i != count; ++i) {
    const double got = number_at(fast, type, i), want = number_at(reference, type, i);
    const bool equal = got == want || (std::isnan(got) && std::isnan(want));
    if (!equal && !(std::abs(got - want) <= 32 * unit * largest))
      return "element " + std::to_string(i) + ": fast " + std::to_string(got) + ", reference " +
             std::to_string(want);
  }
  return {};
}

inline void compare(const airloom::graph& model, const buffers& inputs) {
  const buffers fast = run(model, airloom::host::kernels::fast, inputs),
                reference = run(model, airloom::host::kernels::reference, inputs);
  const airloom::host::engine ready{model};
  for (std::size_t o = 0; o != fast.size(); ++o) {
    const std::string wrong = difference(fast[o], reference[o], ready.outputs()[o].type);
    if (!wrong.empty()) FAIL_CHECK("output " << o << ", " << wrong << "\n" << airloom::to_text(model));
  }
}

}  // namespace test
