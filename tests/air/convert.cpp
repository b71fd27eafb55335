#include <doctest/doctest.h>
#include <fmt/format.h>
#include <google/protobuf/text_format.h>
#include <airloom/air/convert.hpp>
#include <airloom/air/diff.hpp>
#include <airloom/air/dot.hpp>
#include <airloom/air/ge_text.hpp>
#include <airloom/air/onnx_text.hpp>
#include <airloom/air/pbtxt.hpp>
#include <map>

#include "air/airloom_onnx.pb.h"
#include "files.hpp"
#include "support/graphs.hpp"
#include "support/temporary_folder.hpp"

using airloom::error;
using airloom::error_code;
using airloom::graph;
using airloom::air::file_kind;

namespace ir = airloom::ir;

namespace {

template <class Write>
std::string written(Write write) {
  std::ostringstream out;
  write(out);
  return std::move(out).str();
}

std::string ge_text_of(const graph& g, bool with_contents = true) {
  return written([&](std::ostream& out) { airloom::air::write_ge_text(g, out, with_contents); });
}

std::string onnx_text_of(const graph& g, bool with_contents = true) {
  return written([&](std::ostream& out) { airloom::air::write_onnx_text(g, out, with_contents); });
}

std::string differences(const graph& left, const graph& right) {
  std::string text;
  for (const auto& found : airloom::air::diff(left, right)) text += to_text(found) + "\n";
  return text;
}

/// The code of the error that reading this text gives; 0 where it gives none.
int code_of(const std::string& text) {
  try {
    static_cast<void>(test::parse_text(text));
    return 0;
  } catch (const error& e) {
    return static_cast<int>(e.code());
  }
}

std::string message_about(const std::string& text) {
  try {
    static_cast<void>(test::parse_text(text));
    return {};
  } catch (const error& e) {
    return e.what();
  }
}

}  // namespace

TEST_CASE("GE's text form holds all that the file holds, as protobuf itself prints it") {
  std::size_t count = 0;
  for (const auto& path : test::all_files()) {
    if (path.parent_path().filename() == "damaged") continue;
    CAPTURE(path);
    const graph g = test::load_alone(path);
    const std::string text = ge_text_of(g);
    ir::ModelDef ours = test::message_of(test::saved(g)), read;
    std::string printed;
    google::protobuf::TextFormat::PrintToString(ours, &printed);
    CHECK(google::protobuf::TextFormat::ParseFromString(text, &read));
    CHECK(test::difference(ours, read) == "");
    // Fields stand where protobuf puts them, but for those of a graph before and after its operators.
    CHECK(text.size() == printed.size());
    CHECK(differences(g, test::parse_text(text)) == "");
    ++count;
  }
  CHECK(count > 50);
}

// When TorchAir exports, it dumps the graph before it turns weights into constants.
TEST_CASE("dumps of TorchAir's are the graphs that it handed to GE, but for weights that are inputs still") {
  std::size_t compiled = 0, exported = 0;
  const auto folder = test::data() / "torchair" / "g_graph_dumps";
  for (const auto& path : test::files_below(folder / "files", ".txt")) {
    CAPTURE(path);
    if (path.filename().string().find("optimized") == std::string::npos) continue;
    const std::string run = path.parent_path().filename().string();
    const graph dumped = airloom::air::load(path), handed = test::load_alone(folder / ("P_" + run + ".pb"));
    (run.starts_with("compile") ? compiled : exported) += 1;
    for (const auto& found : airloom::air::diff(dumped, handed)) {
      const int node = handed.find(found.right_node);
      const bool is_weight = node >= 0 && handed.nodes[static_cast<std::size_t>(node)].type == "Const";
      CHECK_MESSAGE((run.starts_with("export") && (is_weight || found.part == "attribute index")),
                    to_text(found));
    }
  }
  CHECK(compiled == 2);
  CHECK(exported == 2);
}

TEST_CASE("text is told from other files by its first word") {
  const graph g = test::load_alone(test::files_of_ge().front());
  const std::string text = ge_text_of(g);
  CHECK(differences(test::parse_text("# a comment\n\n  " + text), g) == "");
  // A binary file that begins like text: its name is ten bytes long, which is a line feed.
  graph named = g;
  ir::ModelDef rest;
  rest.ParseFromString(g.model_rest);
  rest.set_name("graph:graph");
  named.model_rest = rest.SerializeAsString();
  CHECK(test::saved(named).substr(1).starts_with("\x0Bgraph:graph"));
  CHECK(differences(test::parse_text(test::saved(named)), named) == "");
}

TEST_CASE("text without contents describes the constants only") {
  test::graph_builder builder;
  const int c = builder.constant<float>("c", airloom::f32, test::shape({2}), {1.5F, 2.5F});
  builder.result({builder.node("Relu", {c})});
  CHECK(ge_text_of(builder.g).find("data: \"\\000\\000\\300?\\000\\000 @\"") != std::string::npos);
  const std::string text = ge_text_of(builder.g, false);
  CHECK(text.find("data:") == std::string::npos);
  CHECK(text.find("dim: 2") != std::string::npos);
  CHECK(onnx_text_of(builder.g).find("s: \"\\000\\000\\300?\\000\\000 @\"") != std::string::npos);
  CHECK(onnx_text_of(builder.g, false).find("value_data") == std::string::npos);
}

TEST_CASE("wrong texts are refused with their place") {
  const auto says = [](const std::string& text, const std::string& words) {
    CHECK_MESSAGE(message_about(text).find(words) != std::string::npos, message_about(text));
  };
  says("graph {\n  name: 3\n}", "line 2, column 9");
  says("graph {\n  op {\n", "line 3");
  says("op {\n  type: \"Add\"\n  nonsense: 1\n}",
       "line 3, column 11: Message type \"airloom.ir.OpDef\" has no field named \"nonsense\"");
  says("op {\n  output_desc {\n    dtype: DT_NONE\n  }\n}", "Unknown enumeration value of \"DT_NONE\"");
  says("graph { op { name: \"a\" input: \"b:0\" input_desc { } } }", "no node has this name");
  CHECK(code_of("graph { name: \"g\" }") == 0);
  CHECK(code_of("op { name: \"a\" type: \"Add\" }") == 0);
}

TEST_CASE("hostile texts are refused, and take no more memory than they may") {
  std::string deep = "graph { op { attr { key: \"a\" value ";
  for (int i = 0; i != 20000; ++i) deep += "{ func { attr { key: \"a\" value ";
  CHECK(code_of(deep) == static_cast<int>(error_code::air_malformed));
  std::string many = "graph {";
  for (int i = 0; i != 300000; ++i) many += "op{}";
  CHECK(code_of(many + "}") == static_cast<int>(error_code::air_too_large));
  std::string texts = "graph {";
  for (int i = 0; i != 300000; ++i) texts += "s:\"\"";
  CHECK(code_of(texts + "}") == static_cast<int>(error_code::air_too_large));
  CHECK(code_of("graph { name: \"unfinished") == static_cast<int>(error_code::air_malformed));
  CHECK(code_of(std::string{"graph { name: \"\0\" }", 19}) != 70);
  // Every prefix of a real text, and it with single characters changed: an error or a graph, never a crash.
  const std::string text = ge_text_of(test::load_alone(test::files_of_ge().front()));
  for (std::size_t length = 0; length < text.size(); length += 97) code_of(text.substr(0, length));
  for (std::size_t place = 0; place < text.size(); place += 31)
    for (const char character : {'{', '}', '"', '\\', '0', ' ', '#', '<'}) {
      std::string damaged = text;
      damaged[place] = character;
      code_of(damaged);
    }
}

TEST_CASE("ONNX text: every operator is a node, and every edge a value that a node gives") {
  std::size_t count = 0;
  for (const auto& path : test::all_files()) {
    if (path.parent_path().filename() == "damaged") continue;
    CAPTURE(path);
    const graph g = test::load_alone(path);
    airloom::onnx::ModelProto model;
    REQUIRE(google::protobuf::TextFormat::ParseFromString(onnx_text_of(g), &model));
    CHECK(model.ir_version() == 6);
    CHECK(model.graph().name() == g.name);
    REQUIRE(static_cast<std::size_t>(model.graph().node_size()) == g.nodes.size() + g.subgraphs.size());
    std::map<std::string, std::string> made_by;
    for (const auto& node : model.graph().node())
      for (const std::string& value : node.output()) made_by[value] = node.name();
    for (std::size_t i = 0; i != g.nodes.size(); ++i) {
      const auto& node = model.graph().node(static_cast<int>(i));
      CHECK(node.name() == g.nodes[i].name);
      CHECK(node.op_type() == "ge:" + g.nodes[i].type);
      for (const std::string& value : node.input())
        if (!value.empty()) CHECK(made_by.contains(value));
      CHECK(std::is_sorted(node.attribute().begin(), node.attribute().end(),
                           [](const auto& a, const auto& b) { return a.name() < b.name(); }));
    }
    ++count;
  }
  CHECK(count > 50);
}

TEST_CASE("ONNX text: attributes as GE dumps them") {
  test::graph_builder builder;
  const int x = builder.input("x", airloom::bf16, test::shape({2, 3}));
  builder.node("Test", {x},
               {{"i", {std::int64_t{3}}},
                {"f", {0.5F}},
                {"b", {true}},
                {"s", {std::string{"t"}}},
                {"dt", {airloom::dtype::f16}},
                {"list", {std::vector<std::int64_t>{1, 2}}}});
  airloom::onnx::ModelProto model;
  REQUIRE(google::protobuf::TextFormat::ParseFromString(onnx_text_of(builder.g), &model));
  std::map<std::string, std::string> attributes;
  for (const auto& attribute : model.graph().node(1).attribute())
    attributes[attribute.name()] = attribute.ShortDebugString();
  CHECK(attributes.at("i") == R"(name: "i" i: 3 type: INT)");
  CHECK(attributes.at("f") == R"(name: "f" f: 0.5 type: FLOAT)");
  CHECK(attributes.at("b") == R"(name: "b" i: 1 type: INT)");
  CHECK(attributes.at("s") == R"(name: "s" s: "t" type: STRING)");
  CHECK(attributes.at("dt") == R"(name: "dt" s: "DT_FLOAT16" type: STRING)");
  CHECK(attributes.at("list") == R"(name: "list" ints: 1 ints: 2 type: INTS)");
  CHECK(attributes.at("input_desc_nums") == R"(name: "input_desc_nums" i: 1 type: INT)");
  const auto& input = model.graph().input(0);
  CHECK(
      input.ShortDebugString() ==
      R"(name: "x" type { tensor_type { elem_type: 16 shape { dim { dim_value: 2 } dim { dim_value: 3 } } } })");
}

TEST_CASE("dot: a box an operator, an arrow an edge, and nothing of a name breaks out") {
  test::graph_builder builder;
  const int x = builder.input("a\"b\\", airloom::f32, test::shape({2}));
  const int relu = builder.node("Relu", {x});
  builder.result({relu});
  builder.g.nodes.back().controls.push_back(x);
  const std::string text = written([&](std::ostream& out) { airloom::air::write_dot(builder.g, out); });
  CHECK(text.find(R"(n0_0 [label="Data\na\"b\\" fillcolor)") != std::string::npos);
  CHECK(text.find("n0_0 -> n0_1 [label=\"f32[2]\"];") != std::string::npos);
  CHECK(text.find("n0_1 -> n0_2;") != std::string::npos);
  CHECK(text.find("n0_0 -> n0_2 [style=dashed];") != std::string::npos);
}

TEST_CASE("convert: the kind by the file's name, the file whole or not at all, the same bytes again") {
  CHECK(airloom::air::kind_of_file("a/b.air") == file_kind::air);
  CHECK(airloom::air::kind_of_file("dynamo.pbtxt") == file_kind::dynamo);
  CHECK(airloom::air::kind_of_file("m.onnx.pbtxt") == file_kind::onnx_text);
  CHECK(airloom::air::kind_of_file("ge_proto_1.txt") == file_kind::ge_text);
  CHECK(airloom::air::kind_of_file("m.dot") == file_kind::dot);
  CHECK(!airloom::air::kind_of_file("m.png"));
  const test::temporary_folder folder;
  const graph g = test::load_alone(test::files_of_torchair().front());
  for (const char* name : {"m.air", "m.pbtxt", "m.onnx.pbtxt", "m.txt", "m.dot"}) {
    CAPTURE(name);
    const file_kind kind = *airloom::air::kind_of_file(name);
    airloom::air::convert(g, kind, folder / name);
    const std::string first = test::content_of(folder / name);
    CHECK(!first.empty());
    airloom::air::convert(g, kind, folder / name);
    CHECK(test::content_of(folder / name) == first);
  }
  CHECK(test::content_of(folder / "m.air") == test::saved(g));
  CHECK(test::content_of(folder / "m.pbtxt") == airloom::air::to_pbtxt(g));
  CHECK(std::distance(test::fs::directory_iterator{folder.path()}, {}) == 5);
  CHECK_THROWS_AS(airloom::air::convert(g, file_kind::dot, folder / "none/m.dot"), error);
}
