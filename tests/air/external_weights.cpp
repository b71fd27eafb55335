#include <doctest/doctest.h>
#include <fmt/format.h>
#include <unistd.h>

#include "files.hpp"
#include "support/graphs.hpp"

using airloom::error;
using airloom::error_code;
using airloom::graph;

namespace {

struct temporary_folder {
  test::fs::path path = test::fs::temp_directory_path() / fmt::format("airloom_weights_{}", ::getpid());
  temporary_folder() { test::fs::create_directories(path); }
  ~temporary_folder() { test::fs::remove_all(path); }
  void write(const test::fs::path& name, const std::string& content) const {
    test::fs::create_directories((path / name).parent_path());
    std::ofstream{path / name, std::ios::binary} << content;
  }
};

const airloom::tensor_contents& contents_of(const graph& g, std::size_t place) {
  const airloom::attribute* value = g.nodes.at(place).find("value");
  REQUIRE(value != nullptr);
  REQUIRE(value->get<airloom::tensor_contents>() != nullptr);
  return *value->get<airloom::tensor_contents>();
}

std::string text_of(const airloom::blob& bytes) {
  return {reinterpret_cast<const char*>(bytes.data), bytes.size};
}

/// A FileConstant u8[4] whose contents are in `file_path`.
graph file_constant(const std::string& file_path) {
  airloom::node n;
  n.name = "w";
  n.type = "FileConstant";
  n.output_names = {"y"};
  n.output_descriptions = {test::description(airloom::f32, {})};
  n.attributes["shape"].value = std::vector<std::int64_t>{4};
  n.attributes["dtype"].value = airloom::u8;
  n.attributes["file_path"].value = file_path;
  n.attributes["file_id"].value = std::string{};
  graph g;
  g.nodes.push_back(n);
  return g;
}

/// A Const u8[4] whose contents GE put into `location`.
graph split_constant(const std::string& location, std::int64_t offset, std::int64_t length) {
  test::graph_builder builder;
  builder.constant<std::uint8_t>("w", airloom::u8, test::shape({4}), {});
  airloom::node& n = builder.g.nodes[0];
  n.attributes["location"].value = location;
  n.attributes["offset"].value = offset;
  n.attributes["length"].value = length;
  return builder.g;
}

std::string outcome(const temporary_folder& folder, const graph& g) {
  airloom::air::save(g, folder.path / "m.air");
  try {
    return text_of(contents_of(airloom::air::load(folder.path / "m.air"), 0).data);
  } catch (const error& e) {
    return std::to_string(static_cast<int>(e.code()));
  }
}

}  // namespace

TEST_CASE("weights that TorchAir wrote to files are found below the folder that is named") {
  int cases = 0, weights = 0;
  for (const auto& file : test::files_of_torchair()) {
    const std::string name = file.parent_path().filename().string();
    if (!name.starts_with("w_external") && name != "u_e7_external_fp16") continue;
    ++cases;
    const graph g = airloom::air::load(file, {.weights_folder = file.parent_path() / "files"});
    for (std::size_t i = 0; i != g.nodes.size(); ++i) {
      if (g.nodes[i].type != "FileConstant") continue;
      ++weights;
      const std::string path = *g.nodes[i].find("file_path")->get<std::string>();
      const std::string last = path.substr(path.rfind('/') + 1);
      const auto& value = contents_of(g, i);
      const auto written = test::files_below(file.parent_path() / "files", "/" + last);
      REQUIRE(written.size() == 1);
      CHECK(text_of(value.data) == test::content_of(written[0]));
      CHECK(value.description.type == *g.nodes[i].find("dtype")->get<airloom::dtype>());
    }
    CHECK(test::saved(g) == test::saved(test::load_alone(file)));  // contents stay where they are
  }
  CHECK(cases >= 4);
  CHECK(weights >= 20);
}

TEST_CASE("two weights in one file of another size: the one that does not fit is refused") {
  const auto file = test::data() / "torchair/w_tied_and_collision/export.air";
  CHECK_THROWS_AS(airloom::air::load(file), error);
  CHECK_NOTHROW(test::load_alone(file));
}

TEST_CASE("the path of a FileConstant may begin where the model was exported") {
  const temporary_folder folder;
  folder.write("w", "abcd");
  CHECK(outcome(folder, file_constant("w")) == "abcd");
  CHECK(outcome(folder, file_constant("export_file/w")) == "abcd");
  CHECK(outcome(folder, file_constant("/opt/models/export_file/./w")) == "abcd");
  CHECK(outcome(folder, file_constant("../../w")) ==
        "abcd");                          // from a model a gear, in a folder further down
  folder.write("export_file/w", "efgh");  // the longest tail counts
  CHECK(outcome(folder, file_constant("/opt/models/export_file/w")) == "efgh");
}

TEST_CASE("a Const that GE split off is read from its part of the file, and saved without it") {
  const temporary_folder folder;
  folder.write("air_weight/w", "0123456789");
  const graph g = split_constant("air_weight/w", 3, 4);
  CHECK(outcome(folder, g) == "3456");
  const graph loaded = airloom::air::load(folder.path / "m.air");
  CHECK(test::saved(loaded) == test::saved(g));
  CHECK(outcome(folder, split_constant("elsewhere/air_weight/w", 3, 4)) ==
        "301");  // exactly there or nowhere
}

TEST_CASE("paths that leave the folder, links, and files of another size are refused") {
  const temporary_folder folder;
  folder.write("inside/w", "abcd");
  folder.write("short", "abc");
  folder.write("long", "abcde");
  test::fs::create_symlink(folder.path / "inside/w", folder.path / "link");
  test::fs::create_directory_symlink(folder.path / "inside", folder.path / "linked");
  CHECK(outcome(folder, file_constant("inside/../inside/w")) == "403");
  CHECK(outcome(folder, file_constant(std::string{"inside\0/w", 9})) == "403");
  CHECK(outcome(folder, file_constant("link")) == "403");
  CHECK(outcome(folder, file_constant("linked/w")) == "403");
  CHECK(outcome(folder, file_constant("missing")) == "301");
  CHECK(outcome(folder, file_constant("inside")) == "301");
  CHECK(outcome(folder, file_constant("short")) == "303");
  CHECK(outcome(folder, file_constant("long")) == "303");
  CHECK(outcome(folder, split_constant("../w", 0, 4)) == "403");
  CHECK(outcome(folder, split_constant("long", 2, 4)) == "303");
  CHECK(outcome(folder, split_constant("long", 0, 5)) == "303");
  CHECK(outcome(folder, split_constant("long", -1, 4)) == "401");
  CHECK(outcome(folder, split_constant("long", std::numeric_limits<std::int64_t>::max(), 4)) == "303");
}

TEST_CASE("from memory, weights are looked for only where a folder is named") {
  const temporary_folder folder;
  folder.write("w", "abcd");
  const std::string bytes = test::saved(file_constant("w"));
  const airloom::blob model = airloom::blob::copy_of(std::as_bytes(std::span{bytes}));
  CHECK_THROWS_AS(airloom::air::parse(model), error);
  CHECK(text_of(contents_of(airloom::air::parse(model, {.weights_folder = folder.path}), 0).data) == "abcd");
  CHECK(airloom::air::parse(model, {.weights_folder = {}, .read_weights = false}).nodes[0].find("value") ==
        nullptr);
}
