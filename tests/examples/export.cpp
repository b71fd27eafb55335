#include <doctest/doctest.h>

#include <airloom/air/load.hpp>
#include <airloom/graph/graph.hpp>
#include <fstream>
#include <iterator>
#include <set>

#include "../examples/models/geared_add.hpp"
#include "../examples/models/linear_add.hpp"
#include "models.hpp"
#include "support/temporary_folder.hpp"

namespace al = airloom;

namespace {

std::string bytes_of(const std::filesystem::path& file) {
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

al::graph exported_and_loaded(const al::graph& model) {
  const test::temporary_folder folder;
  al::air::export_model(model, {.path = folder.path(), .name = "export"});
  return al::air::load(folder / "export.air");
}

al::model linear_add_model() {
  return al::trace(linear_add::net{}, linear_add::x, linear_add::y, al::ones());
}

const al::node& only(const al::graph& g, std::string_view type) {
  const al::node* found = nullptr;
  for (const al::node& n : g.nodes)
    if (n.type == type) found = &n;
  REQUIRE(found != nullptr);
  return *found;
}

std::set<std::string> names_of_attributes(const al::attribute_map& attributes) {
  std::set<std::string> names;
  for (const auto& [name, value] : attributes)
    if (!name.starts_with("_meta") && !name.starts_with("_fx")) names.insert(name);
  return names;
}

}  // namespace

TEST_CASE("the same model exported twice gives the same bytes") {
  const test::temporary_folder first, second;
  al::air::export_model(linear_add_model(), {.path = first.path(), .name = "export"});
  al::air::export_model(linear_add_model(), {.path = second.path(), .name = "export"});
  for (const char* file : {"export.air", "dynamo.pbtxt"}) {
    CHECK(!bytes_of(first / file).empty());
    CHECK(bytes_of(first / file) == bytes_of(second / file));
  }
}

TEST_CASE("linear_add is described as TorchAir's own export of it") {
  const al::graph ours = exported_and_loaded(linear_add_model());
  const al::graph theirs = al::air::load(test::data() / "torchair/ex1_linear_add_static/export.air");
  REQUIRE(ours.inputs().size() == theirs.inputs().size());
  for (std::size_t i = 0; i != ours.inputs().size(); ++i) {
    const al::node& a = ours.nodes[static_cast<std::size_t>(ours.inputs()[i])];
    const al::node& b = theirs.nodes[static_cast<std::size_t>(theirs.inputs()[i])];
    CHECK(a.type == b.type);
    CHECK(a.input_names == b.input_names);
    CHECK(a.output_names == b.output_names);
    CHECK(a.output_descriptions[0].type == b.output_descriptions[0].type);
    CHECK(a.output_descriptions[0].shape == b.output_descriptions[0].shape);
    CHECK(a.output_descriptions[0].layout == b.output_descriptions[0].layout);
    CHECK(names_of_attributes(a.input_descriptions[0].attributes) ==
          names_of_attributes(b.input_descriptions[0].attributes));
  }
  for (const char* type : {"MatMulV2", "Add"}) {
    CHECK(names_of_attributes(only(ours, type).attributes) ==
          names_of_attributes(only(theirs, type).attributes));
    CHECK(only(ours, type).input_names == only(theirs, type).input_names);
    CHECK(only(ours, type).output_names == only(theirs, type).output_names);
    CHECK(names_of_attributes(only(ours, type).output_descriptions[0].attributes) ==
          names_of_attributes(only(theirs, type).output_descriptions[0].attributes));
  }
  const al::node &result = only(ours, "NetOutput"), &expected = only(theirs, "NetOutput");
  CHECK(result.input_names == expected.input_names);
  CHECK(result.input_descriptions[0].shape == expected.input_descriptions[0].shape);
  CHECK(result.input_descriptions[0].type == expected.input_descriptions[0].type);
}

TEST_CASE("dimensions that move are -1 in the file, others are numbers") {
  const al::graph loaded = exported_and_loaded(al::trace(geared_add::net{}, geared_add::a, geared_add::b));
  CHECK(al::to_text(loaded.nodes[0].output_descriptions[0].shape, loaded.gears) == "[-1, 2]");
}
