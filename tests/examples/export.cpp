#include <doctest/doctest.h>

#include <airloom/air/load.hpp>
#include <airloom/graph/graph.hpp>
#include <fstream>
#include <iterator>
#include <set>

#include "../examples/models/digits_cnn.hpp"
#include "../examples/models/digits_mlp.hpp"
#include "../examples/models/geared_add.hpp"
#include "../examples/models/linear_add.hpp"
#include "../examples/models/tiny_bert.hpp"
#include "models.hpp"

namespace al = airloom;

namespace {

/// A folder of its own for one test, removed at the end.
class temporary_folder {
 public:
  temporary_folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "airloom-XXXXXX").string();
    REQUIRE(mkdtemp(pattern.data()) != nullptr);
    path = pattern;
  }
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;
  ~temporary_folder() { std::filesystem::remove_all(path); }

  std::filesystem::path path;
};

std::string bytes_of(const std::filesystem::path& file) {
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

al::model with_weights(const al::tape& record, const std::string& name) {
  return al::make_model(record,
                        al::safetensors((test::data() / "models" / name / "weights.safetensors").string()));
}

al::graph exported_and_loaded(const al::graph& model) {
  const temporary_folder folder;
  al::air::export_model(model, {.path = folder.path, .name = "export"});
  return al::air::load(folder.path / "export.air");
}

using named_shapes = std::map<std::string, std::vector<std::int64_t>>;

named_shapes shapes_in_gear(const al::host::engine& engine, std::size_t gear) {
  named_shapes shapes;
  for (const al::host::tensor_port& port : engine.inputs()) shapes[port.name] = port.shapes[gear];
  return shapes;
}

/// The bytes of all outputs in one gear, for inputs that are filled with a pattern.
std::vector<std::vector<std::byte>> run_pattern(const al::host::engine& engine, std::size_t gear) {
  std::vector<std::vector<std::byte>> inputs, outputs;
  std::vector<al::host::input_buffer> in;
  std::vector<al::host::output_buffer> out;
  for (const al::host::tensor_port& port : engine.inputs()) {
    auto& buffer = inputs.emplace_back(port.bytes(gear));
    for (std::size_t i = 0; i != buffer.size() / 4 && port.type == al::f32; ++i) {
      const float value = static_cast<float>(i % 17) / 16;
      std::memcpy(buffer.data() + 4 * i, &value, 4);
    }
    for (std::size_t i = 0; i != buffer.size() / 8 && port.type == al::i64; ++i) {
      const std::int64_t value =
          port.name == "input_ids" ? static_cast<std::int64_t>(i * 37 % 4096) : port.name == "attention_mask";
      std::memcpy(buffer.data() + 8 * i, &value, 8);
    }
    in.emplace_back(buffer.data(), buffer.size(), port.type);
  }
  for (const al::host::tensor_port& port : engine.outputs()) {
    auto& buffer = outputs.emplace_back(port.bytes(gear));
    out.emplace_back(buffer.data(), buffer.size(), port.type);
  }
  al::host::context context = engine.make_context();
  const al::host::status status = context.run(gear, in, out);
  REQUIRE_MESSAGE(status.ok(), status.message());
  return outputs;
}

/// What a model computes in every gear, its exported file computes for the shapes of that gear, bit for bit.
void check_round_trip(const al::graph& model) {
  const al::host::engine before{model};
  const al::graph loaded = exported_and_loaded(model);
  for (std::size_t gear = 0; gear != before.gears(); ++gear) {
    const al::host::engine after{al::specialise(loaded, shapes_in_gear(before, gear))};
    CHECK(run_pattern(before, gear) == run_pattern(after, 0));
  }
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

TEST_CASE("what is exported loads back and gives the same numbers, bit for bit, in every gear") {
  check_round_trip(linear_add_model());
  check_round_trip(al::trace(geared_add::net{}, geared_add::a, geared_add::b));
  check_round_trip(with_weights(al::record_model(digits::perceptron{}, digits::pixels), "digits_mlp"));
  check_round_trip(with_weights(al::record_model(digits_cnn::net{}, digits_cnn::image), "digits_cnn"));
  check_round_trip(with_weights(
      al::record_model(bert::classifier_model{}, bert::input_ids, bert::attention_mask, bert::token_type_ids),
      "tiny_bert"));
}

TEST_CASE("the same model exported twice gives the same bytes") {
  const temporary_folder first, second;
  al::air::export_model(linear_add_model(), {.path = first.path, .name = "export"});
  al::air::export_model(linear_add_model(), {.path = second.path, .name = "export"});
  for (const char* file : {"export.air", "dynamo.pbtxt"}) {
    CHECK(!bytes_of(first.path / file).empty());
    CHECK(bytes_of(first.path / file) == bytes_of(second.path / file));
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
