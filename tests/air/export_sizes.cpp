// The forms in which an export writes sizes, and what the options refuse.

#include <doctest/doctest.h>
#include <airloom/air/export.hpp>
#include <airloom/air/gears_file.hpp>

#include "files.hpp"
#include "support/graphs.hpp"
#include "support/temporary_folder.hpp"

using airloom::error_code;
using airloom::extent;
using airloom::air::export_options;
using airloom::air::size_form;

namespace {

/// Relu of x: [batch, seq], with as many gears as wanted.
airloom::graph model(std::int64_t gears = 2) {
  test::graph_builder b;
  const int x = b.input("x", airloom::f32, test::shape({extent::of_axis(0), extent::of_axis(1)}));
  b.result({b.node("Relu", {x})});
  b.g.gears = {{"batch", "seq"}, {}, static_cast<std::size_t>(gears)};
  for (std::int64_t gear = 0; gear != gears; ++gear)
    b.g.gears.sizes.insert(b.g.gears.sizes.end(), {gear + 1, 64});
  airloom::throw_first_error(airloom::infer(b.g));
  return b.g;
}

/// What an export leaves, by the names of its files, sorted.
std::vector<std::string> files_of(const airloom::graph& g, export_options options) {
  const test::temporary_folder folder;
  options.path = folder / "out";
  std::vector<std::string> names;
  for (const auto& path : airloom::air::export_model(g, options))
    names.push_back(path.lexically_relative(options.path).string());
  std::sort(names.begin(), names.end());
  return names;
}

/// The refusal of an export; nothing may be written.
error_code refusal_of(const airloom::graph& g, export_options options) {
  const test::temporary_folder folder;
  options.path = folder / "out";
  error_code code = error_code::internal;
  try {
    airloom::air::export_model(g, options);
  } catch (const airloom::error& refused) {
    code = refused.code();
  }
  CHECK(!std::filesystem::exists(options.path));
  return code;
}

using names = std::vector<std::string>;

}  // namespace

TEST_CASE("a file of gears where sizes move, and static models where the target's ATC takes no gears") {
  const names bare{"dynamo.pbtxt", "m.air", "manifest.json"},
      geared{"dynamo.pbtxt", "m.air", "m.gears.json", "manifest.json"},
      with_models{"dynamo.pbtxt", "gears/0_1x64/m.air", "gears/1_2x64/m.air",
                  "m.air",        "m.gears.json",       "manifest.json"};
  CHECK(files_of(model(), {.name = "m"}) == geared);
  CHECK(files_of(model(1), {.name = "m"}) == bare);
  CHECK(files_of(model(), {.name = "m", .sizes = {.form = size_form::any_size}}) == bare);
  CHECK(files_of(model(), {.name = "m", .target = {.cann = "8.5.0"}}) == geared);
  CHECK(files_of(model(), {.name = "m", .target = {.cann = "8.0.0"}}) == with_models);
  CHECK(files_of(model(), {.name = "m", .target = {.cann = "8.0.0"}, .sizes = {.static_models = false}}) ==
        geared);
  CHECK(files_of(model(), {.name = "m", .sizes = {.static_models = true}}) == with_models);
}

TEST_CASE("the file of gears names the static models in the order of the gears") {
  const test::temporary_folder folder;
  airloom::air::export_model(model(), {.path = folder.path(), .name = "m", .sizes = {.static_models = true}});
  const auto file = airloom::air::read_gears(folder / "m.gears.json");
  CHECK(file.models == names{"gears/0_1x64/m.air", "gears/1_2x64/m.air"});
  CHECK(test::content_of(folder / "m.gears.json") == *airloom::air::gears_text(model(), file.models));
  const airloom::graph second = airloom::air::load(folder / file.models[1]);
  CHECK(second.nodes[0].input_descriptions[0].shape == test::shape({2, 64}));
}

TEST_CASE("weights outside are written once, and every static model leads to them") {
  airloom::graph g = model();
  test::graph_builder b;
  b.g = g;
  const std::vector<float> numbers(512, 1.0F);
  const int weight = b.constant("w", airloom::f32, test::shape({512}), numbers);
  b.g.nodes.back().name = "w";
  std::swap(b.g.nodes[static_cast<std::size_t>(weight)], b.g.nodes[2]);  // NetOutput stays the last node
  b.g.nodes[3].inputs.push_back({2, 0});
  b.g.nodes[3].input_names.push_back("x2");
  b.g.nodes[3].input_descriptions.emplace_back();
  for (const auto path : {airloom::air::weight_path::export_path, airloom::air::weight_path::model_folder}) {
    const test::temporary_folder folder;
    airloom::air::export_model(b.g, {.path = folder.path(),
                                     .name = "m",
                                     .weights = {.place = airloom::air::weight_place::outside, .path = path},
                                     .sizes = {.static_models = true}});
    CHECK(std::filesystem::file_size(folder / "w") == 2048);
    for (const char* file : {"m.air", "gears/0_1x64/m.air", "gears/1_2x64/m.air"}) {
      const airloom::graph loaded = test::load_alone(folder / file);
      const int place = loaded.find("w");
      REQUIRE(place >= 0);
      const auto* named = loaded.nodes[static_cast<std::size_t>(place)].find("file_path")->get<std::string>();
      REQUIRE(named != nullptr);
      const auto from = std::filesystem::path{folder / file}.parent_path();
      CAPTURE(*named);
      CHECK(std::filesystem::equivalent(from / *named, folder / "w"));
    }
  }
}

TEST_CASE("a gear that cannot be chosen is refused, and nothing is written") {
  const airloom::setting batch{"batch", 2}, seq{"seq", 64}, other{"batch", 3};
  const auto fixed = [](std::vector<airloom::setting> gear) {
    return export_options{.sizes = {.form = size_form::static_sizes, .gear = std::move(gear)}};
  };
  CHECK(files_of(model(), fixed({seq, batch})) == names{"dynamo.pbtxt", "export.air", "manifest.json"});
  CHECK(files_of(model(1), fixed({})) == names{"dynamo.pbtxt", "export.air", "manifest.json"});
  CHECK(refusal_of(model(), fixed({})) == error_code::usage);
  CHECK(refusal_of(model(), fixed({seq, other})) == error_code::gear_unknown);
  CHECK(refusal_of(model(), fixed({batch})) == error_code::gear_unknown);
  CHECK(refusal_of(model(), {.sizes = {.gear = {batch, seq}}}) == error_code::usage);
  airloom::graph open = model(1);
  for (auto* side : {&open.nodes[0].input_descriptions, &open.nodes[0].output_descriptions})
    (*side)[0].shape = test::shape({extent::unknown(), 64});
  open.gears = {};
  CHECK(refusal_of(open, fixed({})) == error_code::graph_invalid);
}

TEST_CASE("more gears than the chip takes are refused, and nothing is written") {
  CHECK(files_of(model(100), {.target = {.chip = "Ascend910B1"}}).size() == 4);
  CHECK(refusal_of(model(101), {.target = {.chip = "Ascend910B1"}}) == error_code::too_many_gears);
  CHECK(files_of(model(256), {.target = {.chip = "Ascend950PR"}}).size() == 4);
  CHECK(refusal_of(model(257), {.target = {.chip = "Ascend950PR"}}) == error_code::too_many_gears);
  CHECK(refusal_of(model(257), {}) == error_code::too_many_gears);
}
