// The forms of an export, held against the model that was exported: bit for bit, in every gear.

#include <doctest/doctest.h>
#include <airloom/air/gears_file.hpp>
#include <airloom/air/load.hpp>
#include <airloom/graph/graph.hpp>

#include "../examples/models/digits_cnn.hpp"
#include "../examples/models/digits_mlp.hpp"
#include "../examples/models/geared_add.hpp"
#include "../examples/models/linear_add.hpp"
#include "../examples/models/tiny_bert.hpp"
#include "models.hpp"
#include "support/temporary_folder.hpp"

namespace al = airloom;
namespace fs = std::filesystem;

namespace {

using bytes = std::vector<std::vector<std::byte>>;
using al::air::size_form;

al::model with_weights(const al::tape& record, const std::string& name) {
  return al::make_model(record,
                        al::safetensors((test::data() / "models" / name / "weights.safetensors").string()));
}

/// The examples' models, the three trained ones among them.
std::vector<al::model> all_models() {
  return {al::trace(linear_add::net{}, linear_add::x, linear_add::y, al::ones()),
          al::trace(geared_add::net{}, geared_add::a, geared_add::b),
          with_weights(al::record_model(digits::perceptron{}, digits::pixels), "digits_mlp"),
          with_weights(al::record_model(digits_cnn::net{}, digits_cnn::image), "digits_cnn"),
          with_weights(al::record_model(bert::classifier_model{}, bert::input_ids, bert::attention_mask,
                                        bert::token_type_ids),
                       "tiny_bert")};
}

/// The bytes of all outputs in one gear, for inputs that are filled with a pattern.
bytes run_pattern(const al::host::engine& engine, std::size_t gear) {
  bytes inputs, outputs;
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

/// What a loaded graph of one gear computes.
bytes run_alone(const al::graph& loaded) {
  return run_pattern(al::host::engine{al::specialise(loaded, {})}, 0);
}

std::map<std::string, std::vector<std::int64_t>> shapes_in_gear(const al::host::engine& engine,
                                                                std::size_t gear) {
  std::map<std::string, std::vector<std::int64_t>> shapes;
  for (const al::host::tensor_port& port : engine.inputs()) shapes[port.name] = port.shapes[gear];
  return shapes;
}

std::vector<al::setting> settings_of(const al::gear_set& gears, std::size_t gear) {
  std::vector<al::setting> settings;
  for (std::size_t axis = 0; axis != gears.axes.size(); ++axis)
    settings.push_back({gears.axes[axis], gears.view().size(gear, axis)});
  return settings;
}

bool moves(const al::graph& g) {
  return al::air::gears_of(g).has_value();
}

/// Whether any size in the file is open.
bool has_open_sizes(const al::graph& loaded) {
  for (const int index : loaded.inputs())
    if (!loaded.nodes[static_cast<std::size_t>(index)].input_descriptions[0].shape.is_known()) return true;
  return false;
}

bool is_there(const std::string& file) {
  return fs::exists(file);
}

}  // namespace

TEST_CASE("in gears: with the file of gears beside it the loaded model is the model again, in every gear") {
  for (const al::model& model : all_models()) {
    const test::temporary_folder folder;
    al::air::export_model(model, {.path = folder.path()});
    CHECK(is_there(folder / "export.gears.json") == moves(model));
    CHECK(!is_there(folder / "gears"));
    al::graph loaded = al::air::load(folder / "export.air");
    CHECK(has_open_sizes(loaded) == moves(model));
    if (moves(model)) loaded = al::air::with_gears(loaded, al::air::read_gears(folder / "export.gears.json"));
    const al::host::engine before{model}, after{moves(model) ? loaded : al::specialise(loaded, {})};
    REQUIRE(after.gears() == before.gears());
    for (std::size_t gear = 0; gear != before.gears(); ++gear)
      CHECK(run_pattern(before, gear) == run_pattern(after, gear));
  }
}

TEST_CASE("for any size: no gears beside it, and for the sizes of each gear the same numbers") {
  for (const al::model& model : all_models()) {
    const test::temporary_folder folder;
    al::air::export_model(model, {.path = folder.path(), .sizes = {.form = size_form::any_size}});
    CHECK(!is_there(folder / "export.gears.json"));
    const al::graph loaded = al::air::load(folder / "export.air");
    CHECK(has_open_sizes(loaded) == moves(model));
    const al::host::engine before{model};
    for (std::size_t gear = 0; gear != before.gears(); ++gear) {
      const al::host::engine after{al::specialise(loaded, shapes_in_gear(before, gear))};
      CHECK(run_pattern(before, gear) == run_pattern(after, 0));
    }
  }
}

TEST_CASE("static: in each gear numbers alone, and the same numbers") {
  for (const al::model& model : all_models()) {
    const al::graph& g = model.lowered();
    const al::host::engine before{model};
    for (std::size_t gear = 0; gear != before.gears(); ++gear) {
      const test::temporary_folder folder;
      al::air::export_model(model,
                            {.path = folder.path(),
                             .sizes = {.form = size_form::static_sizes, .gear = settings_of(g.gears, gear)}});
      CHECK(!is_there(folder / "export.gears.json"));
      const al::graph loaded = al::air::load(folder / "export.air");
      CHECK(!has_open_sizes(loaded));
      CHECK(run_pattern(before, gear) == run_alone(loaded));
    }
  }
}

TEST_CASE("a static model a gear, beside the model in gears, weights inside and outside") {
  for (const al::model& model : all_models())
    for (const auto place : {al::air::weight_place::inside, al::air::weight_place::outside}) {
      const test::temporary_folder folder;
      al::air::export_model(
          model, {.path = folder.path(), .weights = {.place = place}, .sizes = {.static_models = true}});
      if (!moves(model)) {
        CHECK(!is_there(folder / "gears"));
        continue;
      }
      const al::air::gears_file file = al::air::read_gears(folder / "export.gears.json");
      const al::host::engine before{model};
      REQUIRE(file.models.size() == before.gears());
      for (std::size_t gear = 0; gear != before.gears(); ++gear) {
        const al::graph loaded = al::air::load(folder / file.models[gear], {.weights_folder = folder.path()});
        CHECK(!has_open_sizes(loaded));
        CHECK(run_pattern(before, gear) == run_alone(loaded));
      }
      // Weights outside are there once: beside static models lies nothing but the models.
      for (const auto& entry : fs::recursive_directory_iterator{folder / "gears"})
        CHECK((entry.is_directory() || entry.path().filename() == "export.air"));
    }
}
