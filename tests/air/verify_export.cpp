#include <doctest/doctest.h>
#include <airloom/air/export.hpp>
#include <airloom/air/verify_export.hpp>

#include "files.hpp"
#include "sha256.hpp"
#include "support/graphs.hpp"
#include "support/temporary_folder.hpp"

using airloom::error;
using airloom::error_code;
using airloom::graph;
using airloom::air::export_finding;
using airloom::air::verify_export;
using kind = export_finding::kind;

namespace {

/// relu(x * c) in the gears 1 and 8.
graph geared_graph() {
  test::graph_builder builder;
  builder.g.gears = {{"batch"}, {1, 8}, 2};
  const auto moving = test::shape({airloom::extent::of_axis(0), 2});
  const int x = builder.input("x", airloom::f32, moving);
  const int c = builder.constant<float>("weight.c", airloom::f32, test::shape({2}), {1.5F, 2.5F});
  const int mul = builder.node("Mul", {x, c}), relu = builder.node("Relu", {mul});
  for (const int each : {mul, relu})
    builder[each].output_descriptions = {test::description(airloom::f32, moving)};
  builder.result({relu});
  builder[mul].input_names = {"x1", "x2"};
  builder[relu].input_names = {"x"};
  builder[mul].output_names = builder[relu].output_names = {"y"};
  builder.g.output_labels = {"scores"};
  return builder.g;
}

std::string export_to(const test::temporary_folder& folder) {
  const std::string path = folder / "out";
  airloom::air::export_model(geared_graph(), {.path = path, .name = "net"});
  return path;
}

std::string findings(const std::string& folder) {
  std::string text;
  for (const export_finding& found : verify_export(folder))
    text += name_of(found.what) + " " + found.path + "\n";
  return text;
}

void overwrite(const std::string& file, const std::string& content) {
  std::ofstream{file, std::ios::binary} << content;
}

int code_of(const std::string& folder) {
  try {
    static_cast<void>(verify_export(folder));
    return 0;
  } catch (const error& e) {
    return static_cast<int>(e.code());
  }
}

}  // namespace

TEST_CASE("a manifest lists every file with its size and hash, and says what the model is") {
  const test::temporary_folder folder;
  const std::string path = export_to(folder);
  const nlohmann::json manifest = test::json_of(path + "/manifest.json");
  std::set<std::string> listed, there;
  for (const auto& file : manifest.at("files")) {
    const std::string content = test::content_of(path + "/" + file.at("path").get<std::string>());
    CHECK(file.at("bytes") == content.size());
    CHECK(file.at("sha256") == airloom::sha256_of(std::as_bytes(std::span{content})));
    listed.insert(file.at("path"));
  }
  for (const auto& entry : test::fs::recursive_directory_iterator{path})
    if (entry.is_regular_file()) there.insert(entry.path().lexically_relative(path).string());
  there.erase("manifest.json");
  CHECK(listed == there);
  CHECK(listed.contains("net.air"));
  const auto& model = manifest.at("models").at(0);
  CHECK(model.at("path") == "net.air");
  CHECK(model.at("inputs") == nlohmann::json::parse(R"([{"name": "x", "dtype": "f32", "shape": [-1, 2]}])"));
  CHECK(model.at("outputs") ==
        nlohmann::json::parse(R"([{"name": "scores", "dtype": "f32", "shape": [-1, 2]}])"));
  CHECK(model.at("operators") ==
        nlohmann::json::parse(R"({"Const": 1, "Data": 1, "Mul": 1, "NetOutput": 1, "Relu": 1})"));
  CHECK(model.at("constants") == nlohmann::json::parse(R"({"count": 1, "bytes": 8})"));
  CHECK(model.at("axes") == nlohmann::json::parse(R"(["batch"])"));
  CHECK(model.at("gears") == nlohmann::json::parse("[[1], [8]]"));
  CHECK(manifest.at("airloom").is_string());
}

TEST_CASE("verify_export: every change of a folder is found and named") {
  const test::temporary_folder folder;
  const std::string path = export_to(folder);
  CHECK(findings(path) == "");
  const std::string model = test::content_of(path + "/net.air");
  std::string changed = model;
  changed[changed.size() / 2] ^= 1;
  overwrite(path + "/net.air", changed);
  CHECK(findings(path) == "changed net.air\n");
  overwrite(path + "/net.air", model + " ");
  CHECK(findings(path) == "changed net.air\n");
  overwrite(path + "/net.air", model);
  overwrite(path + "/more", "");
  CHECK(findings(path) == "extra more\n");
  test::fs::remove(path + "/more");
  test::fs::rename(path + "/dynamo.pbtxt", folder / "dynamo.pbtxt");
  CHECK(findings(path) == "missing dynamo.pbtxt\n");
  test::fs::create_symlink(folder / "dynamo.pbtxt", path + "/dynamo.pbtxt");
  CHECK(findings(path) == "missing dynamo.pbtxt\n");
}

TEST_CASE("verify_export: a model that cannot be loaded is found") {
  const test::temporary_folder folder;
  const std::string path = export_to(folder);
  const std::string broken = "no model";
  overwrite(path + "/net.air", broken);
  nlohmann::json manifest = test::json_of(path + "/manifest.json");
  for (auto& file : manifest["files"])
    if (file["path"] == "net.air") {
      file["bytes"] = broken.size();
      file["sha256"] = airloom::sha256_of(std::as_bytes(std::span{broken}));
    }
  overwrite(path + "/manifest.json", manifest.dump());
  CHECK(findings(path) == "unloadable net.air\n");
}

TEST_CASE("verify_export: no manifest, or none that can be trusted") {
  const test::temporary_folder folder;
  const std::string path = export_to(folder), file = path + "/manifest.json";
  const std::string hash(64, 'a');
  for (const std::string& text :
       {std::string{}, std::string{"{"}, std::string{"[]"}, std::string{R"({"files": 3})"},
        std::string{R"({"files": [3]})"}, std::string{R"({"files": [{"path": "a"}]})"},
        R"({"files": [{"path": "../a", "bytes": 1, "sha256": ")" + hash + R"("}]})",
        R"({"files": [{"path": "/a", "bytes": 1, "sha256": ")" + hash + R"("}]})",
        R"({"files": [{"path": "", "bytes": 1, "sha256": ")" + hash + R"("}]})",
        R"({"files": [{"path": "a", "bytes": -1, "sha256": ")" + hash + R"("}]})",
        std::string{R"({"files": [{"path": "a", "bytes": 1, "sha256": "xyz"}]})"},
        std::string(100000, '[')}) {
    CAPTURE(text.substr(0, 80));
    overwrite(file, text);
    CHECK(code_of(path) == static_cast<int>(error_code::file_malformed));
  }
  test::fs::remove(file);
  CHECK(code_of(path) == static_cast<int>(error_code::file_unreadable));
  CHECK(code_of(folder / "nowhere") == static_cast<int>(error_code::file_unreadable));
}
