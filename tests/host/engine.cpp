#include <doctest/doctest.h>
#include <airloom/graph/from_tape.hpp>
#include <airloom/host/engine.hpp>
#include <airloom/host/memory_plan.hpp>
#include <airloom/model/record.hpp>
#include <airloom/ops/elementwise.hpp>
#include <airloom/ops/unary.hpp>
#include <array>
#include <thread>

#include "support/graphs.hpp"

namespace al = airloom;
using al::host::context;
using al::host::engine;
using al::host::input_buffer;
using al::host::output_buffer;
using al::host::status_code;
using floats = std::vector<float>;

namespace {

inline constexpr struct batch final : al::axis<batch> {
} batch;
inline constexpr struct seq final : al::axis<seq> {
} seq;
inline constexpr auto traffic = al::product(batch.in<1, 2>, seq.in<3, 5>);

/// relu(a + b) and (a + b) * (a + b) of [batch, seq]
struct two_results {
  constexpr auto operator()(auto a, auto b) const {
    const auto sum = a + b;
    return al::outputs(al::named("positive", al::relu(sum)), al::named("square", sum * sum));
  }
};

constexpr al::tape record_two_results() {
  return al::record_model(two_results{}, al::input<traffic, al::f32, batch, seq>("a"),
                          al::input<traffic, al::f32, batch, seq>("b"));
}

al::graph two_results_graph() {
  return al::make_graph(record_two_results()).lowered;
}

/// y = x + 1 for [batch, seq]
struct plus_one {
  constexpr auto operator()(auto x) const { return x + 1; }
};
al::graph plus_one_graph() {
  return al::make_graph(al::record_model(plus_one{}, al::input<traffic, al::f32, batch, seq>("x"))).lowered;
}

al::error_code code_of(const al::graph& model) {
  try {
    engine{model};
  } catch (const al::error& refused) {
    return refused.code();
  }
  return al::error_code::internal;
}

}  // namespace

TEST_CASE("a model runs in every gear, chosen by settings or by number") {
  const engine ready{two_results_graph()};
  context runs = ready.make_context();
  CHECK(ready.gears() == 4);
  const floats a{1, -2, 3}, b{4, -5, -6};
  floats positive(3), square(3);
  REQUIRE(runs.run({batch(1), seq(3)}, {a, b}, {positive, square}).ok());
  CHECK(positive == floats{5, 0, 0});
  CHECK(square == floats{25, 49, 9});

  // The order of settings does not matter, and the last gear is number 3.
  const floats ones(10, 1), twos(10, 2);
  positive.assign(10, 0);
  square.assign(10, 0);
  REQUIRE(runs.run({seq(5), batch(2)}, {ones, twos}, {positive, square}).ok());
  CHECK(positive == floats(10, 3));
  REQUIRE(runs.run(3, {ones, ones}, {positive, square}).ok());
  CHECK(square == floats(10, 4));
  REQUIRE(runs.run(al::gear<traffic, batch(2), seq(5)>, {ones, ones}, {positive, square}).ok());
}

TEST_CASE("one input and one output are given as they are") {
  const engine ready{plus_one_graph()};
  context runs = ready.make_context();
  const std::array<float, 3> x{1, 2, 3};
  std::array<float, 3> y{};
  REQUIRE(runs.run({batch(1), seq(3)}, x, y).ok());
  CHECK(y == std::array<float, 3>{2, 3, 4});
}

TEST_CASE("ports say name, type and shape in every gear") {
  const engine ready{two_results_graph()};
  REQUIRE(ready.inputs().size() == 2);
  CHECK(ready.inputs()[1].name == "b");
  CHECK(ready.inputs()[1].type == al::f32);
  CHECK(ready.inputs()[1].shapes[3] == std::vector<std::int64_t>{2, 5});
  CHECK(ready.inputs()[1].bytes(3) == 40);
  REQUIRE(ready.outputs().size() == 2);
  CHECK(ready.outputs()[0].name == "positive");
  CHECK(ready.outputs()[1].name == "square");
}

TEST_CASE("what does not fit is refused with a status, and nothing is written") {
  const engine ready{two_results_graph()};
  context runs = ready.make_context();
  const floats a{1, 2, 3}, b{4, 5, 6}, longer(4);
  floats positive(3, 7), square(3, 7), shorter(2, 7);
  const std::vector<double> wide(3);
  const auto refused = [&](al::host::gear_choice gear, std::initializer_list<input_buffer> inputs,
                           std::initializer_list<output_buffer> outputs) {
    const al::host::status verdict = runs.run(gear, inputs, outputs);
    CHECK(positive == floats(3, 7));
    CHECK(square == floats(3, 7));
    return verdict;
  };

  const auto unlisted = refused({batch(7), seq(3)}, {a, b}, {positive, square});
  CHECK(unlisted.code() == status_code::gear_unknown);
  CHECK(unlisted.message() ==
        "The model has no such gear. The gears are (batch = 1, seq = 3), (batch = 1, seq = 5), "
        "(batch = 2, seq = 3), (batch = 2, seq = 5).");
  CHECK(refused({batch(1)}, {a, b}, {positive, square}).code() == status_code::gear_unknown);
  CHECK(refused({batch(1), batch(1)}, {a, b}, {positive, square}).code() == status_code::gear_unknown);
  CHECK(refused(4, {a, b}, {positive, square}).code() == status_code::gear_unknown);

  const auto fewer = refused(0, {a}, {positive, square});
  CHECK(fewer.code() == status_code::wrong_count);
  CHECK(fewer.message() == "The model has 2 inputs, but 1 were given.");
  CHECK(refused(0, {a, b}, {positive}).code() == status_code::wrong_count);

  const auto null = refused(0, {a, input_buffer{nullptr, 12, al::f32}}, {positive, square});
  CHECK(null.code() == status_code::buffer_missing);
  CHECK(null.message() == "The input 'b' is a null pointer.");
  CHECK(refused(0, {a, b}, {positive, output_buffer{nullptr, 12, al::f32}}).code() ==
        status_code::buffer_missing);

  const auto type = refused(0, {a, wide}, {positive, square});
  CHECK(type.code() == status_code::wrong_dtype);
  CHECK(type.message() == "The input 'b' is of type f64 but has to be f32.");

  const auto size = refused(0, {a, longer}, {positive, square});
  CHECK(size.code() == status_code::wrong_size);
  CHECK(size.message() ==
        "The input 'b' has 16 bytes but takes 12, f32 [1, 3] in gear (batch = 1, seq = 3).");
  CHECK(refused(0, {a, b}, {positive, shorter}).code() == status_code::wrong_size);

  const auto* odd = reinterpret_cast<const std::byte*>(longer.data()) + 1;
  CHECK(refused(0, {a, input_buffer{odd, 12, al::f32}}, {positive, square}).code() ==
        status_code::buffer_misaligned);

  CHECK(refused(0, {a, b}, {positive, positive}).code() == status_code::buffers_overlap);
  CHECK(refused(0, {a, positive}, {positive, square}).code() == status_code::buffers_overlap);
}

TEST_CASE("the arena that the compiler counts is the arena of the engine") {
  constexpr std::size_t counted[]{
      al::host::arena_bytes(record_two_results(), 0), al::host::arena_bytes(record_two_results(), 1),
      al::host::arena_bytes(record_two_results(), 2), al::host::arena_bytes(record_two_results(), 3)};
  const engine ready{two_results_graph()};
  for (std::size_t gear = 0; gear != 4; ++gear) CHECK(ready.arena_bytes(gear) == counted[gear]);
}

TEST_CASE("the kernels of both kinds agree, and copies of an engine share its plan") {
  const engine fast{two_results_graph()};
  const engine reference{two_results_graph(), {al::host::kernels::reference}};
  const engine copy = fast;
  const floats a{1, -2, 3}, b{4, -5, -6};
  floats first(3), second(3), third(3), rest(3);
  REQUIRE(fast.make_context().run(0, {a, b}, {first, rest}).ok());
  REQUIRE(reference.make_context().run(0, {a, b}, {second, rest}).ok());
  REQUIRE(copy.make_context().run(0, {a, b}, {third, rest}).ok());
  CHECK(first == second);
  CHECK(first == third);
}

TEST_CASE("a context outlives its engine") {
  context runs = engine{plus_one_graph()}.make_context();
  const floats x{1, 2, 3};
  floats y(3);
  REQUIRE(runs.run(0, x, y).ok());
  CHECK(y == floats{2, 3, 4});
}

// --- results that are no computed values

TEST_CASE("inputs, constants, views and repeated values may be results") {
  test::graph_builder build;
  const int x = build.input("x", al::f32, test::shape({2, 3}));
  const int weight = build.constant("weight", al::f32, test::shape({2}), floats{8, 9});
  const int shape = build.integers("shape", {3, 2});
  const int view = build.node("Reshape", {x, shape});
  const int sum = build.node("Add", {x, x});
  const int sum_view = build.node("Reshape", {sum, shape});
  build.result({x, weight, view, sum, sum, sum_view});
  const engine ready{build.g};
  CHECK(ready.arena_bytes(0) == 0);
  context runs = ready.make_context();
  const floats in{1, 2, 3, 4, 5, 6}, twice{2, 4, 6, 8, 10, 12};
  floats same(6), constant(2), seen(6), first(6), second(6), third(6);
  REQUIRE(runs.run({}, {in}, {same, constant, seen, first, second, third}).ok());
  CHECK(same == in);
  CHECK(constant == floats{8, 9});
  CHECK(seen == in);
  CHECK(first == twice);
  CHECK(second == twice);
  CHECK(third == twice);
  CHECK(ready.outputs()[2].shapes[0] == std::vector<std::int64_t>{3, 2});
}

TEST_CASE("what constants alone decide is computed once, before running") {
  test::graph_builder build;
  const int x = build.input("x", al::f32, test::shape({1, 2}));
  const int weight = build.constant("weight", al::f32, test::shape({3, 2}), floats{1, 2, 3, 4, 5, 6});
  const int turned = build.node("Transpose", {weight, build.integers("perm", {1, 0})});
  build.result({build.node("MatMul", {x, turned})});
  for (const auto kind : {al::host::kernels::fast, al::host::kernels::reference}) {
    const engine ready{build.g, {kind}};
    CHECK(ready.arena_bytes(0) == 0);
    context runs = ready.make_context();
    const floats in{10, 1};
    floats out(3);
    REQUIRE(runs.run({}, in, out).ok());
    CHECK(out == floats{12, 34, 56});
  }
}

TEST_CASE("sizes that move with the gear are numbers in every gear") {
  test::graph_builder build;
  build.g.gears = {{"n"}, {2, 5}, 2};
  const int x = build.input("x", al::f32, test::shape({al::extent::of_axis(0), 3}));
  build.result({build.node("Shape", {x}, {{"dtype", {std::int64_t{al::ge_number(al::i64)}}}})});
  const engine ready{build.g};
  context runs = ready.make_context();
  std::vector<std::int64_t> sizes(2);
  REQUIRE(runs.run(0, floats(6), sizes).ok());
  CHECK(sizes == std::vector<std::int64_t>{2, 3});
  REQUIRE(runs.run(1, floats(15), sizes).ok());
  CHECK(sizes == std::vector<std::int64_t>{5, 3});
}

// --- faults of data

TEST_CASE("an index that the tensor does not have becomes a status that names the operator") {
  test::graph_builder build;
  const int table = build.constant("table", al::f32, test::shape({3, 2}), floats{1, 2, 3, 4, 5, 6});
  const int ids = build.input("ids", al::i64, test::shape({2}));
  build.result({build.node("GatherV2", {table, ids, build.integers("axis", {0})})});
  const engine ready{build.g};
  context runs = ready.make_context();
  floats rows(4);
  REQUIRE(runs.run({}, std::vector<std::int64_t>{2, 0}, rows).ok());
  CHECK(rows == floats{5, 6, 1, 2});
  for (const std::int64_t wrong : {std::int64_t{3}, std::int64_t{-1}, INT64_MAX, INT64_MIN}) {
    const auto verdict = runs.run({}, std::vector<std::int64_t>{0, wrong}, rows);
    CHECK(verdict.code() == status_code::index_out_of_range);
    CHECK(verdict.message() ==
          "'GatherV2_3' was given an index that its tensor does not have. The outputs are not valid.");
  }
}

TEST_CASE("a constant index that the tensor does not have is refused while preparing") {
  test::graph_builder build;
  const int table = build.constant("table", al::f32, test::shape({3}), floats{1, 2, 3});
  const int ids = build.integers("ids", {3});
  build.result({build.node("GatherV2", {table, ids, build.integers("axis", {0})})});
  CHECK(code_of(build.g) == al::error_code::shape_mismatch);
}

// --- refusals while preparing

TEST_CASE("an input of unknown size is refused, with what to do about it") {
  test::graph_builder build;
  const int x = build.input("tokens", al::f32, test::shape({al::extent::unknown(), 3}));
  build.result({build.node("Relu", {x})});
  CHECK_THROWS_WITH_AS(engine{build.g},
                       "[AL502] The shape of 'tokens', [-1, 3], is not known. "
                       "Set the sizes of the graph's inputs with specialise() first.",
                       al::error);
  CHECK_NOTHROW(engine{al::specialise(build.g, {{"tokens", {2, 3}}})});
}

TEST_CASE(
    "a constant without contents, an operator without a kernel and a graph without results are refused") {
  {
    test::graph_builder build;
    const int weight = build.constant("weight", al::f32, test::shape({3}), floats{1, 2});
    build.result({build.node("Relu", {weight})});
    CHECK(code_of(build.g) == al::error_code::weights_do_not_fit);
  }
  {
    test::graph_builder build;
    const int x = build.input("x", al::dtype::c64, test::shape({3}));
    build.result({build.node("Add", {x, x})});
    CHECK_THROWS_WITH_AS(engine{build.g},
                         "[AL501] 'Add_1': Add with inputs of type c64, c64 has no kernel on the host. "
                         "docs/operators.md says what the host runs.",
                         al::error);
  }
  {
    test::graph_builder build;
    const int x = build.input("x", al::f32, test::shape({3}));
    const int foreign = build.node("SomebodyElsesOperator", {x});
    build[foreign].output_descriptions[0] = test::description(al::f32, test::shape({3}));
    build.result({foreign});
    CHECK(code_of(build.g) == al::error_code::kernel_missing);
  }
  {
    test::graph_builder build;
    build.input("x", al::f32, test::shape({3}));
    CHECK(code_of(build.g) == al::error_code::plan_failed);
  }
  {
    test::graph_builder build;
    const int x = build.input("x", al::f32, test::shape({std::int64_t{1} << 40, std::int64_t{1} << 40}));
    build.result({build.node("Relu", {x})});
    CHECK(code_of(build.g) == al::error_code::plan_failed);
  }
}

TEST_CASE("an operator that nobody needs is not prepared") {
  test::graph_builder build;
  const int x = build.input("x", al::f32, test::shape({3}));
  build.node("SomebodyElsesOperator", {x});
  build.result({build.node("Relu", {x})});
  CHECK_NOTHROW(engine{build.g});
}

// --- threads

TEST_CASE("threads share one engine, each with a context of its own") {
  const engine ready{two_results_graph()};
  std::array<bool, 8> right{};
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t != right.size(); ++t)
    threads.emplace_back([&ready, &right, t] {
      context runs = ready.make_context();
      bool all = true;
      for (std::size_t round = 0; round != 1000; ++round) {
        const std::size_t gear = (t + round) % 4, count = ready.inputs()[0].bytes(gear) / sizeof(float);
        const floats a(count, static_cast<float>(t)), b(count, static_cast<float>(round));
        floats positive(count), square(count);
        all = all && runs.run(gear, {a, b}, {positive, square}).ok() &&
              positive == floats(count, static_cast<float>(t + round)) &&
              square == floats(count, static_cast<float>((t + round) * (t + round)));
      }
      right[t] = all;
    });
  for (std::thread& thread : threads) thread.join();
  for (const bool all : right) CHECK(all);
}
