// Paths of weights, rewritten where a model moves.

#include <doctest/doctest.h>
#include <airloom/air/export.hpp>
#include <airloom/air/relocate.hpp>
#include <airloom/air/verify_export.hpp>

#include "files.hpp"
#include "support/temporary_folder.hpp"

using airloom::air::relocate;

namespace {

/// TorchAir's case with its weights beside the model: <place>/export_file/export.air.
void copy_case(const char* name, const test::fs::path& place) {
  const auto from = test::data() / "torchair" / name;
  test::fs::create_directories(place);
  test::fs::copy(from / "files", place, test::fs::copy_options::recursive);
  test::fs::copy_file(from / "export.air", place / "export_file/export.air");
}

std::vector<std::string> paths_of(const test::fs::path& model) {
  std::vector<std::string> paths;
  for (const auto& n : test::load_alone(model).nodes)
    if (n.type == "FileConstant") paths.push_back(*n.find("file_path")->get<std::string>());
  return paths;
}

}  // namespace

TEST_CASE("paths become relative to the model, or begin with another folder, and all else stays") {
  const test::temporary_folder place;
  copy_case("w_external_relative", place.path());
  const test::fs::path model = place / "export_file/export.air";
  const std::string original = test::content_of(model);
  std::vector<std::string> names;
  for (const std::string& path : paths_of(model)) {
    REQUIRE(path.starts_with("export_file/"));
    names.push_back(path.substr(path.rfind('/') + 1));
  }
  REQUIRE(names.size() >= 6);

  const auto weights = relocate(model);
  REQUIRE(weights.size() == names.size());
  for (std::size_t i = 0; i != names.size(); ++i) {
    CHECK(weights[i].from == "export_file/" + names[i]);
    CHECK(weights[i].to == names[i]);
  }
  CHECK(paths_of(model) == names);
  CHECK_NOTHROW(airloom::air::load(model));

  relocate(model, {.to = "/opt/models/here", .weights = place / "export_file"});
  for (const std::string& path : paths_of(model)) CHECK(path.starts_with("/opt/models/here/"));

  relocate(model, {.to = "export_file", .weights = place / "export_file"});
  CHECK(test::difference(test::message_of(original), test::message_of(test::content_of(model))) == "");
}

TEST_CASE("the manifest of an export still holds for a model that was relocated") {
  const test::temporary_folder place;
  copy_case("w_external_relative", place.path());
  const test::fs::path out = place / "out";
  airloom::air::export_options options{.path = out};
  options.weights.place = airloom::air::weight_place::outside;
  airloom::air::export_model(airloom::air::load(place / "export_file/export.air"), options);
  REQUIRE(airloom::air::verify_export(out).empty());
  const std::string before = test::content_of(out / "export.air");
  relocate(out / "export.air", {.to = "/opt/models/here", .weights = out});
  CHECK(test::content_of(out / "export.air") != before);
  CHECK(airloom::air::verify_export(out).empty());
}

TEST_CASE("weights in another folder are named on the way from the model to them") {
  const test::temporary_folder place;
  copy_case("w_external_relative", place.path());
  test::fs::create_directories(place / "export_file/weights");
  for (const auto& entry : test::fs::directory_iterator{place / "export_file"})
    if (entry.is_regular_file() && entry.path().extension() != ".air")
      test::fs::rename(entry.path(), place / "export_file/weights" / entry.path().filename());
  const test::fs::path model = place / "export_file/export.air";
  CHECK_THROWS_AS(airloom::air::load(model), airloom::error);
  relocate(model, {.to = {}, .weights = place / "export_file/weights"});
  for (const std::string& path : paths_of(model)) CHECK(path.starts_with("weights/"));
  CHECK_NOTHROW(airloom::air::load(model));
}

TEST_CASE("a model is left alone where a file is missing, is a link, or has another size") {
  const test::temporary_folder place;
  copy_case("w_external_relative", place.path());
  const test::fs::path model = place / "export_file/export.air", weight = place / "export_file/p1";
  const std::string original = test::content_of(model);
  CHECK(test::code_of([&] { relocate(model, {.to = place / "nowhere"}); }) == "301");
  CHECK(test::code_of([&] { relocate(model, {.to = ""}); }) == "701");
  test::fs::resize_file(weight, test::fs::file_size(weight) - 1);
  CHECK(test::code_of([&] { relocate(model); }) == "303");
  test::fs::rename(weight, place / "p1");
  test::fs::create_symlink(place / "p1", weight);
  CHECK(test::code_of([&] { relocate(model); }) == "403");
  test::fs::remove(weight);
  CHECK(test::code_of([&] { relocate(model); }) == "301");
  CHECK(test::content_of(model) == original);
}

TEST_CASE("a model with its weights inside has nothing to relocate") {
  const test::temporary_folder place;
  test::fs::copy_file(test::data() / "torchair/w_threshold_edge_below/export.air", place / "m.air");
  const std::string original = test::content_of(place / "m.air");
  CHECK(relocate(place / "m.air").empty());
  CHECK(test::content_of(place / "m.air") == original);
}
