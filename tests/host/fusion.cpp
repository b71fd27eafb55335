// Operators that run together give what they give one by one, on random shapes; and they do run together.

#include <doctest/doctest.h>

#include "host/random_graphs.hpp"

namespace al = airloom;
using test::random_source;
using test::shape_list;
using test::trial;

namespace {

/// How many cases of `write` hold; each is compared with the plan of single reference kernels.
template <class Write>
void hold(Write write, unsigned cases = 150) {
  for (unsigned seed = 1; seed <= cases; ++seed) {
    CAPTURE(seed);
    random_source random{seed};
    trial t{random};
    t.build.result({write(t)});
    CHECK_NOTHROW(test::compare(t.build.g, t.inputs));
  }
}

/// The bytes between operators: nothing where all of them run together.
std::size_t arena(const trial& t) {
  return al::host::engine{t.build.g}.arena_bytes(0);
}

// --- convolution, batch norm, relu

int write_convolution(trial& t, bool norm, bool relu) {
  random_source& random = t.random;
  const bool is_wide = random.one_in(3);  // so many channels that they are transformed first
  const std::int64_t groups = is_wide ? 1 : random.between(1, 2),
                     in = groups * (is_wide ? random.between(16, 24) : random.between(1, 5)),
                     out = groups * (is_wide ? random.between(16, 40) : random.between(1, 9));
  std::vector<int> operands{t.input({random.between(1, 3), in, random.between(3, 9), random.between(3, 9)}),
                            t.constant({out, in / groups, 3, 3})};
  if (random.one_in(2)) operands.push_back(random.one_in(2) ? t.constant({out}) : t.input({out}));
  int last = t.build.node("Conv2D", operands,
                          {{"strides", {shape_list{1, 1, 1, 1}}},
                           {"pads", {shape_list{1, 1, 1, 1}}},
                           {"groups", {groups}},
                           {"data_format", {std::string{"NCHW"}}}});
  if (norm) {
    const int scale = t.constant({out}), offset = t.constant({out}), mean = t.constant({out}),
              variance = t.constant({out}, 0.1F);
    last = t.build.node("BNInfer", {last, scale, offset, mean, variance}, {{"epsilon", {1e-3F}}});
  }
  return relu ? t.build.node("Relu", {last}) : last;
}

// --- a product and element-wise operators

int write_product(trial& t, const shape_list& rows, std::int64_t columns, std::int64_t inner) {
  shape_list left = rows;
  left.push_back(inner);
  std::vector<int> operands{t.input(left), t.constant({columns, inner})};
  if (t.random.one_in(2)) operands.push_back(t.constant({columns}));
  const bool batched = rows.size() > 1;
  return t.build.node(batched ? "BatchMatMulV2" : "MatMulV2", operands,
                      {{batched ? "adj_x2" : "transpose_x2", {true}}});
}

/// One more operator behind `before`, a tensor of this shape.
int write_next(trial& t, int before, const shape_list& shape) {
  const auto pair = [&](const char* type, const shape_list& other) {
    const int operand = t.operand(other);
    return t.random.one_in(2) ? t.build.node(type, {before, operand}) : t.build.node(type, {operand, before});
  };
  switch (t.random.between(1, 8)) {
    case 1:
      return t.build.node("Relu", {before});
    case 2:
      return t.build.node("GeluV2", {before}, {{"approximate", {std::string{"none"}}}});
    case 3:
      return t.build.node("Tanh", {before});
    case 4:
      return pair("Add", shape);
    case 5:
      return pair("Mul", {shape.back()});
    case 6:
      return pair("Sub", {1});
    case 7:
      return pair("Add", {shape[shape.size() - 2], 1});  // a column, which no row holds
    default:
      return t.build.node("Muls", {before}, {{"value", {0.5F}}});
  }
}

int write_chain(trial& t) {
  shape_list rows{t.random.between(1, 130)};
  if (t.random.one_in(2)) rows.insert(rows.begin(), t.random.between(1, 3));
  const std::int64_t columns = t.random.between(1, 40);
  int last = write_product(t, rows, columns, t.random.between(1, 40));
  shape_list shape = rows;
  shape.push_back(columns);
  for (std::int64_t left = t.random.between(1, 4); left != 0; --left) last = write_next(t, last, shape);
  return last;
}

// --- attention

struct attention_sizes {
  std::int64_t batch, heads, queries, keys, size, columns;
};

/// [batch, heads, length, size], given so or as [batch, length, heads, size] and transposed, or without the
/// heads' dimension.
int write_heads(trial& t, const attention_sizes& s, std::int64_t length, std::int64_t size, bool turned) {
  if (!turned) return t.input({s.batch, s.heads, length, size});
  return t.build.node("Transpose", {t.input({s.batch, length, s.heads, size}), t.integers({0, 2, 1, 3})});
}
int write_keys(trial& t, const attention_sizes& s, bool adjoint) {
  if (adjoint) return write_heads(t, s, s.keys, s.size, t.random.one_in(2));
  if (t.random.one_in(2)) return t.input({s.batch, s.heads, s.size, s.keys});
  return t.build.node("Transpose", {t.input({s.batch, s.keys, s.heads, s.size}), t.integers({0, 2, 3, 1})});
}
int write_scale(trial& t, int scores) {
  switch (t.random.between(1, 4)) {
    case 1:
      return t.build.node("Mul", {scores, t.constant({})});
    case 2:
      return t.build.node("RealDiv", {scores, t.constant({1}, 1, 4)});
    case 3:
      return t.build.node("Muls", {scores}, {{"value", {0.25F}}});
    default:
      return scores;
  }
}
int write_mask(trial& t, const attention_sizes& s, int scores) {
  switch (t.random.between(1, 4)) {
    case 1:
      return t.build.node("Add", {scores, t.operand({s.batch, 1, 1, s.keys})});
    case 2:
      return t.build.node("Add", {t.operand({s.queries, s.keys}), scores});
    case 3:
      return t.build.node("Add", {scores, t.operand({s.batch, s.heads, s.queries, s.keys})});
    default:
      return scores;
  }
}
int write_attention(trial& t) {
  const attention_sizes s{t.random.between(1, 3),  t.random.between(1, 3),  t.random.between(1, 60),
                          t.random.between(1, 40), t.random.between(1, 20), t.random.between(1, 20)};
  const int query = write_heads(t, s, s.queries, s.size, t.random.one_in(2));
  const bool adjoint = t.random.one_in(2);
  const int key = write_keys(t, s, adjoint);
  int scores = t.build.node("BatchMatMulV2", {query, key}, {{"adj_x2", {adjoint}}});
  scores = write_mask(t, s, write_scale(t, scores));
  const int weights =
      t.build.node("SoftmaxV2", {scores}, {{"axes", {shape_list{t.random.one_in(5) ? 2 : -1}}}});
  const int value = write_heads(t, s, s.keys, s.columns, t.random.one_in(2));
  const int result = t.build.node("BatchMatMulV2", {weights, value});
  return t.random.one_in(2) ? t.build.node("Transpose", {result, t.integers({0, 2, 1, 3})}) : result;
}

}  // namespace

TEST_CASE("a convolution with the batch norm and the relu behind it") {
  hold([](trial& t) { return write_convolution(t, t.random.one_in(2), t.random.one_in(2)); });
}

TEST_CASE("a product and a chain of element-wise operators behind it") {
  hold(write_chain, 300);
}

TEST_CASE("attention: two products, the softmax between them, and what stands around them") {
  hold(write_attention, 300);
}

TEST_CASE("they run together: nothing lies between them") {
  random_source random{1};
  for (const bool norm : {false, true}) {
    trial t{random};
    t.build.result({write_convolution(t, norm, true)});
    CHECK(arena(t) == 0);
  }
  trial chain{random};
  const int product = write_product(chain, {60}, 7, 5);
  const int sum = chain.build.node("Add", {chain.build.node("Gelu", {product}), chain.input({60, 7})});
  chain.build.result({chain.build.node("Relu", {sum})});
  CHECK(arena(chain) == 0);

  trial attends{random};
  const attention_sizes s{2, 3, 10, 9, 8, 5};
  const int scores = attends.build.node(
      "BatchMatMulV2", {write_heads(attends, s, 10, 8, true), write_heads(attends, s, 9, 8, true)},
      {{"adj_x2", {true}}});
  const int masked = attends.build.node(
      "Add", {attends.build.node("Mul", {scores, attends.constant({})}), attends.input({2, 1, 1, 9})});
  const int result = attends.build.node(
      "BatchMatMulV2", {attends.build.node("SoftmaxV2", {masked}), write_heads(attends, s, 9, 5, true)});
  attends.build.result({attends.build.node("Transpose", {result, attends.integers({0, 2, 1, 3})})});
  CHECK(arena(attends) == 0);
}

TEST_CASE("what somebody else reads is not hidden: it is a result, or has a second reader") {
  random_source random{2};
  trial t{random};
  const int product = write_product(t, {20}, 6, 5);
  const int positive = t.build.node("Relu", {product});
  const int twice = t.build.node("Add", {positive, positive});
  t.build.result({product, positive, t.build.node("Tanh", {twice})});
  CHECK_NOTHROW(test::compare(t.build.g, t.inputs));
}

TEST_CASE("a fused plan never takes a larger arena than the compiler counted") {
  for (unsigned seed = 1; seed != 100; ++seed) {
    CAPTURE(seed);
    random_source random{seed};
    trial t{random};
    t.build.result({seed % 2 == 0 ? write_chain(t) : write_attention(t)});
    const al::host::engine reference{t.build.g, {al::host::kernels::reference}};
    CHECK(arena(t) <= reference.arena_bytes(0));
  }
}
