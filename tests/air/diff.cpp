#include <doctest/doctest.h>
#include <fmt/format.h>
#include <airloom/air/diff.hpp>
#include <regex>

#include "files.hpp"
#include "support/graphs.hpp"

using airloom::graph;
using airloom::air::diff;
using airloom::air::difference;

namespace {

std::string text_of(const std::vector<difference>& differences) {
  std::string text;
  for (const difference& found : differences) text += to_text(found) + "\n";
  return text;
}

/// (x + c) * c, all with names that begin with `name`.
graph small_graph(const std::string& name) {
  test::graph_builder builder;
  const auto shape = test::shape({2});
  const int x = builder.input(name + "x", airloom::f32, shape);
  const int c = builder.constant<float>(name + "c", airloom::f32, shape, {1.5F, 2.5F});
  const int add = builder.node("Add", {x, c}, {{"mark", {std::int64_t{3}}}});
  const int mul = builder.node("Mul", {add, c});
  builder.result({mul});
  builder[add].name = name + "add";
  builder[mul].name = name + "mul";
  return builder.g;
}

/// The same with its nodes in the opposite order.
graph reversed(graph g) {
  const int last = static_cast<int>(g.nodes.size()) - 1;
  std::reverse(g.nodes.begin(), g.nodes.end());
  for (airloom::node& n : g.nodes) {
    for (auto& input : n.inputs)
      if (input.node >= 0) input.node = last - input.node;
    for (int& control : n.controls) control = last - control;
  }
  return g;
}

float* elements_of(airloom::node& n) {
  auto* tensor = std::get_if<airloom::tensor_contents>(&n.attributes.at("value").value);
  REQUIRE(tensor != nullptr);
  tensor->data = airloom::blob::copy_of(tensor->data.span());
  return reinterpret_cast<float*>(const_cast<std::byte*>(tensor->data.data));
}

constexpr int x = 0, c = 1, add = 2, mul = 3, result = 4;

struct edit {
  const char* what;
  void (*make)(graph&);
  const char* named;  ///< the only difference, as a regular expression
};

const std::vector<edit> edits{
    {"an attribute's value", [](graph& g) { g.nodes[add].attributes["mark"].value = std::int64_t{4}; },
     "node 'add', attribute mark: 'i: 3' against 'i: 4'"},
    {"an attribute's kind", [](graph& g) { g.nodes[add].attributes["mark"].value = 3.0F; },
     "node 'add', attribute mark: 'i: 3' against 'f: 3'"},
    {"a new attribute", [](graph& g) { g.nodes[mul].attributes["new"].value = std::string{"a"}; },
     "node 'mul', attribute new: nothing against 's: \"a\"'"},
    {"an edge",
     [](graph& g) {
       g.nodes[mul].inputs[1] = {x, 0};
     },
     "node 'mul', input 1: 'c:0' against 'x:0'"},
    {"a control edge", [](graph& g) { g.nodes[mul].controls.push_back(x); },
     "node 'mul', controls: nothing against 'x'"},
    {"one byte of a weight", [](graph& g) { elements_of(g.nodes[c])[1] = 3; },
     "node 'c', contents \\(1 elements differ, element 1 first\\): '2.5' against '3'"},
    {"a type", [](graph& g) { g.nodes[mul].type = "Sub"; }, "node 'mul', type: 'Mul' against 'Sub'"},
    {"a shape", [](graph& g) { g.nodes[x].output_descriptions[0].shape = test::shape({3}); },
     "node 'x', output 0 shape: '\\[2\\]' against '\\[3\\]'"},
    {"an element type", [](graph& g) { g.nodes[result].input_descriptions[0].type = airloom::f16; },
     "node 'NetOutput', input 0 dtype: 'undefined' against 'f16'"},
    {"a format", [](graph& g) { g.nodes[add].output_descriptions[0].layout = "NCHW"; },
     "node 'add', output 0 format: 'ND' against 'NCHW'"},
    {"an attribute of a description",
     [](graph& g) { g.nodes[add].input_descriptions[1].attributes["a"].value = true; },
     "node 'add', input 1 attribute a: nothing against 'b: true'"},
    {"the name of a port", [](graph& g) { g.nodes[add].input_names[1] = "z"; },
     "node 'add', input 1 name: 'x2' against 'z'"},
    {"an attribute of the graph",
     [](graph& g) {
       g.attributes["a"].value = std::vector<std::int64_t>{1, 2};
     },
     "graph attribute a: nothing against 'list \\{ i: 1 i: 2 val_type: VT_LIST_INT \\}'"},
    {"an attribute of the model", [](graph& g) { g.model_attributes["stream_num"].value = std::int64_t{2}; },
     "model attribute stream_num: 'i: 0' against 'i: 2'"},
};

/// What GE does to a graph that TorchAir hands to it (section 2.1 of the format's reference): it drops the
/// graph's lists without val_type, and of nodes and descriptions what has none; it gives inputs that nothing
/// feeds their format, and says which device an input lies on.
bool is_done_by_ge(const difference& found) {
  const auto has_no_val_type = [](const std::optional<std::string>& value) {
    return value && value->starts_with("list {") && value->find("val_type") == std::string::npos;
  };
  const bool is_attribute = found.part.find("attribute ") != std::string::npos;
  if (is_attribute && has_no_val_type(found.left) && !found.right) return true;
  return false;
}

}  // namespace

TEST_CASE("diff: a graph and itself, saved and loaded again, mean the same") {
  std::size_t count = 0;
  for (const auto& path : test::all_files()) {
    if (path.parent_path().filename() == "damaged") continue;
    CAPTURE(path);
    const graph g = test::load_alone(path);
    CHECK(text_of(diff(g, test::parse_text(test::saved(g)))) == "");
    ++count;
  }
  CHECK(count > 50);
}

TEST_CASE("diff: what GE makes of a graph of TorchAir's is the same but for what GE drops") {
  std::size_t count = 0;
  for (const auto& path : test::graphs_of_torchair()) {
    CAPTURE(path);
    const auto saved = test::saved_by_ge(path);
    if (!test::fs::exists(saved)) continue;
    for (const difference& found : diff(test::load_alone(path), test::load_alone(saved)))
      CHECK_MESSAGE(is_done_by_ge(found), to_text(found));
    ++count;
  }
  CHECK(count > 50);
}

TEST_CASE("diff: the order of nodes is no difference") {
  const graph g = small_graph("");
  CHECK(text_of(diff(g, reversed(g))) == "");
  CHECK(text_of(diff(g, reversed(g), {.by_structure = true})) == "");
}

TEST_CASE("diff: every single edit is found and named, and nothing else") {
  const graph g = small_graph("");
  for (const edit& e : edits) {
    CAPTURE(std::string{e.what});
    graph edited = g;
    e.make(edited);
    const auto found = diff(g, edited);
    CHECK(found.size() == 1);
    CHECK_MESSAGE(std::regex_match(text_of(found), std::regex{std::string{e.named} + "\n"}), text_of(found));
    CHECK(diff(edited, g).size() == 1);
  }
}

TEST_CASE("diff: a node more or less") {
  const graph g = small_graph("");
  graph more = g;
  more.nodes.push_back(g.nodes[add]);
  more.nodes.back().name = "another";
  CHECK(text_of(diff(g, more)) == "node 'another', node: nothing against 'Add'\n");
  CHECK(text_of(diff(more, g)) == "node 'another', node: 'Add' against nothing\n");
  CHECK(text_of(diff(g, more, {.by_structure = true})) == "node 'another', node: nothing against 'Add'\n");
}

TEST_CASE("diff: the order of inputs counts, by index or by place") {
  graph g = small_graph("");
  g.nodes.push_back(g.nodes[x]);
  g.nodes.back().name = "y";
  graph other = g;
  std::swap(other.nodes[x].name, other.nodes.back().name);
  for (graph* each : {&g, &other}) each->nodes[add].inputs[1] = {x, 0};
  other.nodes[add].inputs = {{5, 0}, {5, 0}};
  CHECK(text_of(diff(g, other)) == "order of inputs: 'x, y' against 'y, x'\n");
}

TEST_CASE("diff by structure: names mean nothing") {
  const graph g = small_graph(""), other = small_graph("other/");
  CHECK(diff(g, other).size() > 4);
  CHECK(text_of(diff(g, other, {.by_structure = true})) == "");
  CHECK(text_of(diff(g, reversed(other), {.by_structure = true})) == "");
}

TEST_CASE("diff by structure: every single edit is found and named, and nothing else") {
  for (const edit& e : edits) {
    CAPTURE(std::string{e.what});
    graph edited = small_graph("other/");
    e.make(edited);
    const auto found = diff(small_graph(""), reversed(edited), {.by_structure = true});
    if (std::string{e.what} == "a type") {  // a node of another type is another node
      CHECK(text_of(found) ==
            "node 'mul', node: 'Mul' against nothing\n"
            "node 'NetOutput', input 0: 'mul:0' against 'other/mul:0'\n"
            "node 'other/mul', node: nothing against 'Sub'\n");
      continue;
    }
    CHECK_MESSAGE(found.size() == 1, text_of(found));
  }
}

TEST_CASE("diff by structure: operands that change places are one operator's difference") {
  const auto difference_of = [](bool swapped) {
    test::graph_builder builder;
    const auto shape = test::shape({2});
    const int in = builder.input("x", airloom::f32, shape);
    const int a = builder.node("Relu", {in}), b = builder.node("Neg", {in});
    const int deep_a = builder.node("Abs", {a}), deep_b = builder.node("Abs", {b});
    builder.result({builder.node("Sub", {swapped ? deep_b : deep_a, swapped ? deep_a : deep_b})});
    return builder.g;
  };
  const auto found = diff(difference_of(false), difference_of(true), {.by_structure = true});
  CHECK(text_of(found) ==
        "node 'Sub_5', input 0: 'Abs_3:0' against 'Abs_4:0'\n"
        "node 'Sub_5', input 1: 'Abs_4:0' against 'Abs_3:0'\n");
}

TEST_CASE("diff by structure: equal branches are matched each with its own") {
  const auto two_branches = [](bool constants_reversed) {
    test::graph_builder builder;
    const auto shape = test::shape({2});
    const int in = builder.input("x", airloom::f32, shape);
    int first = builder.constant<float>("a", airloom::f32, shape, {1, 1});
    int second = builder.constant<float>("b", airloom::f32, shape, {1, 1});
    if (constants_reversed) std::swap(first, second);
    const int left = builder.node("Mul", {in, first}), right = builder.node("Mul", {in, second});
    builder.result({builder.node("Sub", {left, right})});
    return builder.g;
  };
  CHECK(text_of(diff(two_branches(false), two_branches(true), {.by_structure = true})) == "");
}

TEST_CASE("diff: contents are compared wherever they lie") {
  for (const char* name : {"w_external_relative", "w_external_absolute", "w_external_bf16"}) {
    const auto folder = test::data() / "torchair" / name;
    CAPTURE(folder);
    REQUIRE(test::fs::exists(folder));
    const auto weights = test::files_below(folder / "files", "p1");
    const graph outside = airloom::air::load(folder / "export.air", {.weights_folder = folder / "files"});
    graph inside = outside;
    std::size_t constants = 0;
    for (airloom::node& n : inside.nodes) {
      if (n.type != "FileConstant") continue;
      const auto tensor = *n.attributes.at("value").get<airloom::tensor_contents>();
      n.type = "Const";
      n.attributes = {{"value", {tensor}}};
      n.output_descriptions = {tensor.description};
      ++constants;
    }
    REQUIRE(constants > 0);
    CHECK(text_of(diff(outside, inside)) == "");
    for (airloom::node& n : inside.nodes)
      if (n.type == "Const") {
        elements_of(n)[0] = 77;
        break;
      }
    const auto found = diff(outside, inside);
    REQUIRE(found.size() == 1);
    CHECK(found[0].part.starts_with("contents ("));
    CHECK(diff(outside, inside, {.by_structure = true}).size() == 1);
  }
}

TEST_CASE("diff by structure: real graphs under other names") {
  for (const auto& path : test::files_of_torchair()) {
    CAPTURE(path);
    const graph g = test::load_alone(path);
    graph renamed = g;
    for (std::size_t i = 0; i != renamed.nodes.size(); ++i) renamed.nodes[i].name = fmt::format("n{}", i);
    CHECK(text_of(diff(g, reversed(renamed), {.by_structure = true})) == "");
  }
}
