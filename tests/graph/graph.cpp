#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "support/graphs.hpp"

using airloom::diagnostic;
using airloom::dtype;
using airloom::error;
using airloom::error_code;
using airloom::extent;
using test::graph_builder;
using test::shape;

namespace {

bool says(const std::vector<diagnostic>& diagnostics, error_code code, std::string_view words) {
  return std::any_of(diagnostics.begin(), diagnostics.end(), [&](const diagnostic& d) {
    return d.code == code && d.message.find(words) != std::string::npos && !d.remedy.empty();
  });
}

/// x [2, 3] + y [2, 3] -> Relu -> out
graph_builder sum_and_relu() {
  graph_builder b;
  const int x = b.input("x", dtype::f32, shape({2, 3}));
  const int y = b.input("y", dtype::f32, shape({2, 3}));
  const int sum = b.node("Add", {x, y});
  b.result({b.node("Relu", {sum})});
  return b;
}

/// The code that a call throws; `internal` where it throws nothing.
template <class Call>
error_code code_of(Call call) {
  try {
    call();
  } catch (const error& e) {
    return e.code();
  }
  return error_code::internal;
}

}  // namespace

TEST_CASE("topological order puts every node after what it needs and keeps the graph's order otherwise") {
  graph_builder b = sum_and_relu();
  std::swap(b.g.nodes[0], b.g.nodes[3]);  // the Relu first
  const auto moved = [](int index) { return index == 0 ? 3 : index == 3 ? 0 : index; };
  for (airloom::node& n : b.g.nodes)
    for (airloom::value_reference& input : n.inputs) input.node = input.node < 0 ? -1 : moved(input.node);
  const std::vector<int> order = airloom::topological_order(b.g);
  const auto place = [&](int node) { return std::find(order.begin(), order.end(), node) - order.begin(); };
  CHECK(order.size() == 5);
  for (int i = 0; i != 5; ++i)
    for (const airloom::value_reference& input : b[i].inputs)
      if (input.node >= 0) CHECK(place(input.node) < place(i));
  CHECK(airloom::topological_order(sum_and_relu().g) == std::vector<int>{0, 1, 2, 3, 4});
}

TEST_CASE("a cycle is an error that names a node on it, and never a hang") {
  graph_builder b = sum_and_relu();
  b[2].inputs[1] = {3, 0};  // Add takes Relu's output
  CHECK(code_of([&] { static_cast<void>(airloom::topological_order(b.g)); }) == error_code::graph_invalid);
  CHECK(says(airloom::verify(b.g), error_code::graph_invalid, "cycle"));
}

TEST_CASE("a chain of 200,000 nodes is ordered without deep recursion") {
  graph_builder b;
  int last = b.input("x", dtype::f32, shape({2}));
  for (int i = 0; i != 200'000; ++i) last = b.node("Relu", {last});
  CHECK(airloom::topological_order(b.g).size() == 200'001);
}

TEST_CASE("verify accepts a right graph and names each thing that is wrong") {
  CHECK(airloom::verify(sum_and_relu().g).empty());

  graph_builder twice = sum_and_relu();
  twice[1].name = "x";
  CHECK(says(airloom::verify(twice.g), error_code::graph_invalid, "Two nodes have this name"));

  graph_builder dangling = sum_and_relu();
  dangling[2].inputs[0] = {0, 7};
  CHECK(says(airloom::verify(dangling.g), error_code::graph_invalid, "takes output 7"));

  graph_builder unfed = sum_and_relu();
  unfed[2].inputs[1] = {};
  CHECK(says(airloom::verify(unfed.g), error_code::graph_invalid, "required input x2 is not fed"));

  graph_builder missing = sum_and_relu();
  missing[2].inputs.pop_back();
  CHECK(says(airloom::verify(missing.g), error_code::graph_invalid, "required input x2 is missing"));

  graph_builder kind = sum_and_relu();
  kind[0].attributes["index"].value = std::string{"first"};
  CHECK(says(airloom::verify(kind.g), error_code::attribute_invalid, "is text but has to be an integer"));

  graph_builder unknown = sum_and_relu();
  unknown[3].type = "SomethingElse";
  const std::vector<diagnostic> warnings = airloom::verify(unknown.g);
  CHECK(says(warnings, error_code::operator_unknown, "SomethingElse is not known"));
  CHECK(std::none_of(warnings.begin(), warnings.end(), [](const diagnostic& d) { return d.is_error; }));

  graph_builder control = sum_and_relu();
  control[3].controls = {99};
  CHECK(says(airloom::verify(control.g), error_code::graph_invalid, "control edge"));
}

TEST_CASE("infer writes shapes and element types by the operators' own rules") {
  graph_builder b = sum_and_relu();
  CHECK(airloom::infer(b.g).empty());
  CHECK(b[3].output_descriptions[0].type == dtype::f32);
  CHECK(airloom::to_text(b[3].output_descriptions[0].shape, b.g.gears) == "[2, 3]");
}

TEST_CASE("infer names the node, the parts, the sizes and the remedy") {
  graph_builder b;
  const int x = b.input("x", dtype::f32, shape({2, 3}));
  const int y = b.input("y", dtype::f32, shape({2, 4}));
  b.result({b.node("Add", {x, y})});
  const std::vector<diagnostic> found = airloom::infer(b.g);
  REQUIRE(found.size() == 1);
  CHECK(found[0].code == error_code::shape_mismatch);
  CHECK(found[0].node == "Add_2");
  CHECK(found[0].message ==
        "Add: x1 is 3 and x2 is 4; they have to be equal, or one of them 1, at dimension 1.");

  graph_builder mixed;
  const int a = mixed.input("a", dtype::f32, shape({2}));
  const int c = mixed.input("c", dtype::f16, shape({2}));
  mixed.result({mixed.node("Add", {a, c})});
  CHECK(says(airloom::infer(mixed.g), error_code::dtype_mismatch, "x1 is f32 but x2 is f16"));
}

TEST_CASE("infer names the gear in which a graph does not fit") {
  graph_builder b;
  b.g.gears = {{"rows", "cols"}, {2, 2, 2, 4, 4, 2, 4, 4}, 4};
  const int x = b.input("x", dtype::f32, shape({extent::of_axis(0), 2}));
  const int y = b.input("y", dtype::f32, shape({extent::of_axis(1), 2}));
  b.result({b.node("Add", {x, y})});
  CHECK(says(airloom::infer(b.g), error_code::shape_mismatch, "in gear 2 of 4 (rows = 2, cols = 4)"));
  b.g.gears = {{"rows", "cols"}, {2, 2, 4, 4}, 2};
  CHECK(airloom::infer(b.g).empty());
}

TEST_CASE("sizes read from a shape stay known: Shape, GatherV2 and Pack feed a Reshape") {
  graph_builder b;
  b.g.gears = {{"batch"}, {1, 4}, 2};
  const int x = b.input("x", dtype::f32, shape({extent::of_axis(0), 6}));
  const int dims = b.node("Shape", {x}, {{"dtype", {std::int64_t{9}}}});
  const int batch =
      b.node("GatherV2", {dims, b.constant<std::int64_t>("i", dtype::i64, {}, {0}), b.integers("axis", {0})});
  const int pack = b.node("Pack",
                          {batch, b.constant<std::int64_t>("two", dtype::i64, {}, {2}),
                           b.constant<std::int64_t>("three", dtype::i64, {}, {3})},
                          {{"axis", {std::int64_t{0}}}, {"N", {std::int64_t{3}}}});
  const int y = b.node("Reshape", {x, pack});
  b.result({y});
  CHECK(airloom::infer(b.g).empty());
  CHECK(airloom::to_text(b[y].output_descriptions[0].shape, b.g.gears) == "[batch, 2, 3]");
}

TEST_CASE("specialise makes one gear of the shapes that are given") {
  graph_builder b;
  b.g.gears = {{"batch"}, {1, 4}, 2};
  const int x = b.input("x", dtype::f32, shape({extent::of_axis(0), 3}));
  const int y = b.input("y", dtype::f32, shape({extent::of_axis(0), 1}));
  const int sum = b.node("Add", {x, y});
  b.result({sum});
  CHECK(airloom::infer(b.g).empty());
  airloom::graph four = airloom::specialise(b.g, {{"x", {4, 3}}});
  CHECK(airloom::to_text(four.nodes[static_cast<std::size_t>(sum)].output_descriptions[0].shape,
                         four.gears) == "[4, 3]");
  CHECK(airloom::to_text(four.nodes[static_cast<std::size_t>(y)].output_descriptions[0].shape, four.gears) ==
        "[4, 1]");
  CHECK(four.gears.axes.empty());
  CHECK(code_of([&] { airloom::specialise(b.g, {{"x", {3, 3}}}); }) == error_code::gear_unknown);
  CHECK(code_of([&] {
          airloom::specialise(b.g, {{"x", {4, 3}}, {"y", {1, 1}}});
        }) == error_code::gear_unknown);
  CHECK(code_of([&] { airloom::specialise(b.g, {{"z", {4, 3}}}); }) == error_code::usage);

  graph_builder dynamic;
  const int d = dynamic.input("x", dtype::f32, shape({extent::unknown(), 3}));
  const int r = dynamic.node("Relu", {d});
  dynamic.result({r});
  airloom::graph seven = airloom::specialise(dynamic.g, {{"x", {7, 3}}});
  CHECK(airloom::to_text(seven.nodes[static_cast<std::size_t>(r)].output_descriptions[0].shape,
                         seven.gears) == "[7, 3]");
  CHECK(code_of([&] { airloom::specialise(dynamic.g, {{"x", {7, 4}}}); }) == error_code::shape_mismatch);
}

TEST_CASE("the text of a graph has one operator a line") {
  graph_builder b = sum_and_relu();
  airloom::infer(b.g);
  CHECK(airloom::to_text(b.g) ==
        "graph graph_1: 5 nodes\n"
        "  x = Data(-) {index=0} : f32[2, 3]\n"
        "  y = Data(-) {index=1} : f32[2, 3]\n"
        "  Add_2 = Add(x, y) : f32[2, 3]\n"
        "  Relu_3 = Relu(Add_2) : f32[2, 3]\n"
        "  NetOutput = NetOutput(Relu_3)\n");
}

TEST_CASE("inputs come in order of their index, outputs in order of NetOutput") {
  graph_builder b = sum_and_relu();
  b[0].attributes["index"].value = std::int64_t{1};
  b[1].attributes["index"].value = std::int64_t{0};
  CHECK(b.g.inputs() == std::vector<int>{1, 0});
  CHECK(b.g.outputs() == std::vector<airloom::value_reference>{{3, 0}});
  CHECK(b.g.find("Relu_3") == 3);
  CHECK(b.g.find("nothing") == -1);
}
