#include <doctest/doctest.h>
#include <airloom/air/load.hpp>
#include <set>

#include "files.hpp"

using airloom::error;
using airloom::error_code;
using airloom::graph;
using airloom::node;

namespace {

const node& node_named(const graph& g, std::string_view name) {
  const int place = g.find(name);
  REQUIRE(place >= 0);
  return g.nodes[static_cast<std::size_t>(place)];
}

/// What loading says; empty where it succeeds.
std::string refusal(const test::fs::path& file) {
  try {
    airloom::air::load(file, {.weights_folder = file.parent_path() / "files"});
    return {};
  } catch (const error& e) {
    return e.what();
  }
}

/// One message a file: what GE's loader does with it and what ours does, where they differ.
std::vector<std::string> disagreements(const test::fs::path& folder) {
  std::vector<std::string> found;
  const nlohmann::json verdicts = test::json_of(folder / "expected.json");
  REQUIRE(!verdicts.empty());
  for (const auto& [name, verdict] : verdicts.items()) {
    if (!test::fs::exists(folder / name)) continue;
    const std::string said = refusal(folder / name);
    if (said.empty() != (verdict["loader"] == "accepts"))
      found.push_back(name + ": GE " + verdict["loader"].get<std::string>() + ", we say '" + said + "'");
  }
  return found;
}

}  // namespace

TEST_CASE("load() accepts and refuses what GE's own loader does") {
  CHECK(disagreements(test::data() / "ge") == std::vector<std::string>{});
}

TEST_CASE("load() accepts every file of TorchAir but those whose weights are not there") {
  // The file of one weight overwrote that of another: TorchAir replaces '.' in names by '_'.
  const std::vector<std::string> found = disagreements(test::data() / "torchair");
  CHECK(found.size() <= 1);
  for (const std::string& file : found)
    CHECK_MESSAGE(file.find("w_tied_and_collision") != std::string::npos, file);
}

TEST_CASE("a refusal names the file, the node and what to do") {
  const auto refused = [](const char* name) { return refusal(test::data() / "ge/damaged" / name); };
  const auto says = [](const std::string& text, std::initializer_list<const char*> parts) {
    for (const char* part : parts) CHECK_MESSAGE(text.find(part) != std::string::npos, text);
  };
  says(refused("12_edge_output_index_too_big.air"),
       {"[AL401]", "12_edge_output_index_too_big.air", "'add_xy'", "output 3 of 'y', which has 1"});
  says(refused("16_more_inputs_than_descs.air"), {"'add_xy'", "Input 2 has no description; there are 2."});
  says(refused("18_control_edge_to_missing_node.air"), {"'add_xy'", "'nope'", "Add the node"});
  says(refused("20_graph_output_missing_node.air"), {"'zz'"});
  says(refused("26_no_output_desc.air"), {"'add_c'", "output 0 of 'add_xy', which has 0"});
  says(refused("50b_one_subgraph_missing.air"), {"'if'", "'else_g'"});
  says(refused("52_const_file_length_missing_file.air"), {"[AL301]", "'c'", "'no/such/file'"});
  says(refused("04_model_without_graph.air"), {"holds no graph"});
  says(refused("no_such_file.air"), {"[AL301]", "no_such_file.air"});
}

TEST_CASE("what GE's loader lets through, verify() and infer() report") {
  const auto first_error = [](const char* name) {
    const graph g = test::load_alone(test::data() / "ge/damaged" / name);
    for (const airloom::diagnostic& d : verify(g))
      if (d.is_error) return d.node + ": " + d.message;
    return std::string{};
  };
  CHECK(first_error("08_op_without_type.air") == "add_xy: The node has no operator type.");
  CHECK(first_error("10_duplicate_op_name.air") == "add_xy: Two nodes have this name.");
  CHECK(first_error("24_cycle.air").find("cycle") != std::string::npos);
  CHECK(first_error("38_const_without_value.air").find("'value' is missing") != std::string::npos);
  CHECK(first_error("40_const_value_tensor_shape_differs.air").find("c: ") == 0);
  CHECK(first_error("00_unchanged.air").empty());
}

TEST_CASE("the graph of a file: nodes, edges, names of ports, attributes, contents") {
  const graph g = airloom::air::load(test::data() / "ge/graphs/add_const.air");
  CHECK(g.name == "add_const");
  REQUIRE(g.nodes.size() == 6);
  CHECK(g.inputs() == std::vector<int>{0, 1});
  const node& add = node_named(g, "add_xy");
  CHECK(add.type == "Add");
  CHECK(add.inputs == std::vector<airloom::value_reference>{{0, 0}, {1, 0}});
  CHECK(add.input_names == std::vector<std::string>{"x1", "x2"});
  CHECK(add.output_names == std::vector<std::string>{"y"});
  CHECK(add.input_descriptions.at(0).type == airloom::f32);
  CHECK(add.input_descriptions.at(0).shape == airloom::shape_value::of(2, 3));
  CHECK(add.input_descriptions.at(0).layout == "ND");
  CHECK(node_named(g, "y").find("index")->get<std::int64_t>() != nullptr);
  const auto* value = node_named(g, "c").find("value")->get<airloom::tensor_contents>();
  REQUIRE(value != nullptr);
  REQUIRE(value->data.size == 24);
  float numbers[6];
  std::memcpy(numbers, value->data.data, sizeof numbers);
  CHECK(numbers[0] == 0.5F);
  CHECK(numbers[5] == 1.75F);
}

TEST_CASE("sizes that a file leaves open: -1 is an unknown size, -2 an unknown rank") {
  bool unknown_size = false, unknown_rank = false;
  for (const node& n : test::load_alone(test::data() / "ge/graphs/dynamic.air").nodes)
    for (const auto& description : n.output_descriptions) {
      unknown_rank = unknown_rank || !description.shape.rank_known;
      unknown_size = unknown_size || (description.shape.rank_known && !description.shape.is_known());
    }
  CHECK(unknown_size);
  CHECK(unknown_rank);
}

TEST_CASE("contents of constants are parts of the file, not copies") {
  const airloom::blob model = [] {
    const std::string bytes = test::content_of(test::data() / "torchair/m_mlp_f32/export.air");
    return airloom::blob::copy_of(std::as_bytes(std::span{bytes}));
  }();
  int constants = 0;
  for (const node& n : airloom::air::parse(model).nodes) {
    const airloom::attribute* found = n.find("value");
    const auto* value = found == nullptr ? nullptr : found->get<airloom::tensor_contents>();
    if (value == nullptr) continue;
    ++constants;
    CHECK(value->data.data >= model.data);
    CHECK(value->data.data + value->data.size <= model.data + model.size);
    CHECK(value->data.owner == model.owner);
  }
  CHECK(constants == test::json_of(test::data() / "torchair/m_mlp_f32/case.json")["op_types"]["Const"]);
}

TEST_CASE("form P and form A of one graph load alike") {
  for (const auto& file : test::graphs_of_torchair()) {
    const graph p = test::load_alone(file), a = test::load_alone(test::saved_by_ge(file));
    CAPTURE(file.string());
    REQUIRE(p.nodes.size() == a.nodes.size());
    for (std::size_t i = 0; i != p.nodes.size(); ++i) {
      const node &left = p.nodes[i], &right = a.nodes[i];
      CHECK(left.name == right.name);
      CHECK(left.type == right.type);
      CHECK(left.inputs == right.inputs);
      CHECK(left.controls == right.controls);
      CHECK(left.input_names == right.input_names);
      CHECK(left.output_names == right.output_names);
      for (std::size_t k = 0; k != left.output_descriptions.size(); ++k) {
        CHECK(left.output_descriptions[k].type == right.output_descriptions[k].type);
        CHECK(left.output_descriptions[k].shape == right.output_descriptions[k].shape);
        CHECK(left.output_descriptions[k].layout == right.output_descriptions[k].layout);
      }
    }
  }
}

// --- files made for one question each ---

namespace {

airloom::ir::ModelDef one_node_model() {
  airloom::ir::ModelDef message;
  airloom::ir::OpDef& op = *message.add_graph()->add_op();
  op.set_name("a");
  op.set_type("Abs");
  op.add_output_desc()->set_dtype(airloom::ir::DT_FLOAT);
  return message;
}

error_code code_of_refusal(const airloom::ir::ModelDef& message) {
  try {
    test::parse_text(message.SerializeAsString());
  } catch (const error& e) {
    return e.code();
  }
  return error_code::internal;
}

}  // namespace

TEST_CASE("the last colon of an edge separates, numbers are read as GE reads them") {
  airloom::ir::ModelDef message = one_node_model();
  airloom::ir::OpDef& source = *message.mutable_graph(0)->mutable_op(0);
  source.set_name("scope:1/a");
  airloom::ir::OpDef& op = *message.mutable_graph(0)->add_op();
  op.set_name("b");
  for (const char* input : {"scope:1/a:-1", "", "scope:1/a:0", "scope:1/a:abc"}) op.add_input(input);
  for (int i = 0; i != 3; ++i) op.add_input_desc();
  const node b = test::parse_text(message.SerializeAsString()).nodes.at(1);
  CHECK(b.inputs == std::vector<airloom::value_reference>{{-1, 0}, {0, 0}, {0, 0}});
  CHECK(b.controls == std::vector<int>{0});
}

TEST_CASE("shapes that no tensor has are refused") {
  const auto with_dims = [](std::initializer_list<std::int64_t> dims) {
    airloom::ir::ModelDef message = one_node_model();
    auto& shape = *message.mutable_graph(0)->mutable_op(0)->mutable_output_desc(0)->mutable_shape();
    for (const std::int64_t dim : dims) shape.add_dim(dim);
    return message;
  };
  CHECK(code_of_refusal(with_dims({1, 2, 3, 4, 5, 6, 7, 8, 9})) == error_code::rank_unsupported);
  CHECK(code_of_refusal(with_dims({2, -3})) == error_code::air_malformed);
  CHECK(code_of_refusal(with_dims({2, -2})) == error_code::air_malformed);
  CHECK(code_of_refusal(with_dims({1, 2, 3, 4, 5, 6, 7, 8})) == error_code::internal);
}

TEST_CASE("an attribute of a kind or an element type that is new to us is kept, not lost") {
  airloom::ir::ModelDef message = one_node_model();
  auto& op = *message.mutable_graph(0)->mutable_op(0);
  op.mutable_output_desc(0)->set_dtype(static_cast<airloom::ir::DataType>(99));
  (*op.mutable_attr())["type"].set_dt(77);
  auto& two_lists = *(*op.mutable_attr())["layouts"].mutable_list();
  two_lists.add_i(0);
  two_lists.add_s("NCHW");
  op.GetReflection()->MutableUnknownFields(&op)->AddVarint(90, 7);
  const graph g = test::parse_text(message.SerializeAsString());
  CHECK(g.nodes[0].find("type")->get<airloom::opaque_attribute>() != nullptr);
  CHECK(g.nodes[0].find("layouts")->get<airloom::opaque_attribute>() != nullptr);
  CHECK(g.nodes[0].output_descriptions[0].type == airloom::dtype::undefined);
  const auto again = test::message_of(test::saved(g)).graph(0).op(0);
  CHECK(again.output_desc(0).dtype() == 99);
  CHECK(again.attr().at("type").dt() == 77);
  CHECK(again.attr().at("layouts").list().s(0) == "NCHW");
  CHECK(again.attr().at("layouts").list().i_size() == 1);
  CHECK(again.GetReflection()->GetUnknownFields(again).field_count() == 1);
}

TEST_CASE(
    "limits: too many messages for the size, too deep, a text that is not UTF-8, two graphs of one name") {
  airloom::ir::ModelDef crowded = one_node_model();
  for (int i = 0; i != 20000; ++i) crowded.mutable_graph(0)->add_op();
  CHECK(code_of_refusal(crowded) == error_code::air_too_large);

  airloom::ir::ModelDef deep = one_node_model();
  airloom::ir::AttrDef* attr = &(*deep.mutable_attr())["f"];
  for (int i = 0; i != 50; ++i) attr = &(*attr->mutable_func()->mutable_attr())["f"];
  CHECK(code_of_refusal(deep) == error_code::air_too_large);

  std::string bytes = one_node_model().SerializeAsString();
  bytes[bytes.find("Abs")] = '\xFF';
  CHECK_THROWS_AS(test::parse_text(bytes), error);

  airloom::ir::ModelDef twins = one_node_model();
  *twins.add_graph() = twins.graph(0);
  CHECK(code_of_refusal(twins) == error_code::air_malformed);
}
