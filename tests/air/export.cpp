#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <airloom/air/export.hpp>
#include <airloom/air/pbtxt.hpp>

#include "air/exported_form.hpp"
#include "files.hpp"
#include "support/graphs.hpp"

using airloom::error;
using airloom::error_code;
using airloom::graph;

namespace ir = airloom::ir;

namespace {

struct temporary_folder {
  test::fs::path path = test::fs::temp_directory_path() / fmt::format("airloom_export_{}", ::getpid());
  temporary_folder() { test::fs::create_directories(path); }
  ~temporary_folder() { test::fs::remove_all(path); }
};

/// x + y for two [2, 4] inputs, as the case u_static_add of TorchAir's, every description with its shape.
graph add_graph() {
  test::graph_builder builder;
  const auto shape = test::shape({2, 4});
  const int x = builder.input("arg0_1", airloom::f32, shape);
  const int y = builder.input("arg1_1", airloom::f32, shape);
  const int add = builder.node("Add", {x, y});
  builder.node("NetOutput", {add}, {}, 0);
  airloom::node& sum = builder.g.nodes[static_cast<std::size_t>(add)];
  sum.name = "Add";
  sum.output_names = {"y"};
  sum.output_descriptions = {test::description(airloom::f32, shape)};
  airloom::node& output = builder.g.nodes.back();
  output.name = "NetOutput";
  output.input_names = {"input0"};
  for (airloom::node& n : builder.g.nodes)
    if (n.input_descriptions.size() != n.inputs.size() || n.type == "Add" || n.type == "NetOutput")
      n.input_descriptions.assign(n.inputs.size(), test::description(airloom::f32, shape));
  return builder.g;
}

std::string outcome(const graph& g, const airloom::air::export_options& options) {
  try {
    airloom::air::export_model(g, options);
    return "written";
  } catch (const error& e) {
    return std::to_string(static_cast<int>(e.code()));
  }
}

unsigned mode_of(const test::fs::path& path) {
  struct stat status = {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 0777U;
}

}  // namespace

TEST_CASE("an exported model is what TorchAir's export of the same model is") {
  const temporary_folder folder;
  const auto files =
      airloom::air::export_model(add_graph(), {.path = folder.path / "new/folder", .name = "add"});
  CHECK(files == std::vector<test::fs::path>{folder.path / "new/folder/add.air",
                                             folder.path / "new/folder/dynamo.pbtxt",
                                             folder.path / "new/folder/manifest.json"});
  ir::ModelDef ours = test::message_of(test::content_of(files[0]));
  ir::ModelDef theirs =
      test::message_of(test::content_of(test::data() / "torchair/u_static_add_npu/export.air"));
  // PyTorch's own words about tensors.
  for (auto& op : *theirs.mutable_graph(0)->mutable_op())
    for (auto* side : {op.mutable_input_desc(), op.mutable_output_desc()})
      for (auto& description : *side) {
        auto& attributes = *description.mutable_attr();
        attributes.erase("_meta");
        // The name of the operator in PyTorch's graph.
        if (attributes.contains("_fx_tensor_name"))
          attributes["_fx_tensor_name"].set_s("Add-airloom.Add.OUTPUT.0");
      }
  CHECK(test::difference(theirs, ours) == "");
  CHECK(test::content_of(files[1]) == airloom::air::to_pbtxt(airloom::air::exported_form(add_graph())));
}

TEST_CASE("exporting writes whole files with modest rights, and the same bytes again") {
  const temporary_folder folder;
  const mode_t mask = ::umask(0);
  const airloom::air::export_options options{.path = folder.path / "out", .name = "m"};
  const auto files = airloom::air::export_model(add_graph(), options);
  ::umask(mask);
  CHECK(mode_of(folder.path / "out") == 0750);
  for (const auto& file : files) CHECK(mode_of(file) == 0640);
  const std::string model = test::content_of(files[0]), text = test::content_of(files[1]);
  airloom::air::export_model(add_graph(), options);
  CHECK(test::content_of(files[0]) == model);
  CHECK(test::content_of(files[1]) == text);
  CHECK(std::distance(test::fs::directory_iterator{folder.path / "out"}, {}) == 3);
}

TEST_CASE("bad names, links and broken graphs are refused, and nothing is written") {
  const temporary_folder folder;
  const auto named = [&](const char* name) { return outcome(add_graph(), {folder.path / "out", name}); };
  for (const char* name : {"", ".", "..", "a/", "a/..", "../a", "a/../b", "./a", "a:b", "a\nb"})
    CHECK_MESSAGE(named(name) == "701", name);
  test::fs::create_directory_symlink(folder.path, folder.path / "link");
  CHECK(outcome(add_graph(), {folder.path / "link", "m"}) == "403");
  graph broken = add_graph();
  broken.nodes[2].inputs[0] = {7, 0};
  CHECK(outcome(broken, {folder.path / "out", "m"}) == "201");
  CHECK(!test::fs::exists(folder.path / "out"));
  CHECK(named("m") == "written");
}

TEST_CASE("an optional input that is not fed is marked as TorchAir marks it") {
  test::graph_builder builder;
  const int x = builder.input("x", airloom::f16, test::shape({2, 4}));
  builder.node("MatMulV2", {x, x, -1, -1});
  const auto form = airloom::air::exported_form(builder.g);
  const ir::ModelDef ours = test::message_of(test::saved(form));
  const ir::ModelDef theirs =
      test::message_of(test::content_of(test::data() / "torchair/m_mlp_f32/export.air"));
  const auto is_product = [](const ir::OpDef& op) { return op.type() == "MatMulV2"; };
  const auto& ops = theirs.graph(0).op();
  const auto product = std::find_if(ops.begin(), ops.end(), is_product);
  REQUIRE(product != ops.end());
  REQUIRE(product->input(3).empty());
  CHECK(ours.graph(0).op(1).input(3).empty());
  CHECK(test::difference(product->input_desc(3), ours.graph(0).op(1).input_desc(3)) == "");
}
