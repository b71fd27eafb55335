#include <airloom/air/gears_file.hpp>

#include <doctest/doctest.h>
#include <fstream>

#include "files.hpp"
#include "support/graphs.hpp"
#include "support/temporary_folder.hpp"

using airloom::extent;
using airloom::graph;

namespace {

/// x: [batch, 2 * seq + 1, 64] and a scalar, in two gears.
graph two_gears() {
  test::graph_builder builder;
  const extent batch = extent::of_axis(0), seq = extent::of_axis(1);
  const int x = builder.input("x", airloom::bf16, test::shape({batch, 2 * seq + 1, 64}));
  builder.input("scale", airloom::f32, test::shape({}));
  builder.result({builder.node("Relu", {x})});
  builder.g.gears = {{"batch", "seq"}, {1, 8, 4, 16}, 2};
  return builder.g;
}

/// The same, as a file keeps it: without gears, -1 where a size moves.
graph loaded_from_file() {
  graph g = two_gears();
  g.gears = {};
  for (auto* side : {&g.nodes[0].input_descriptions, &g.nodes[0].output_descriptions})
    (*side)[0].shape = test::shape({extent::unknown(), extent::unknown(), 64});
  return g;
}

// As documented, key by key.
const char* const text_of_two_gears = R"({
  "inputs": [
    {
      "name": "x",
      "dtype": "bf16",
      "dims": [
        -1,
        -1,
        64
      ],
      "extents": [
        "batch",
        "2*seq+1",
        "64"
      ]
    },
    {
      "name": "scale",
      "dtype": "f32",
      "dims": [],
      "extents": []
    }
  ],
  "axes": [
    "batch",
    "seq"
  ],
  "gears": [
    {
      "batch": 1,
      "seq": 8
    },
    {
      "batch": 4,
      "seq": 16
    }
  ],
  "ge.dynamicDims": "1,17;4,33",
  "ge.dynamicNodeType": "1",
  "ge.inputShape": "scale:;x:-1,-1,64",
  "--input_shape": "scale:;x:-1,-1,64",
  "--dynamic_dims": "1,17;4,33"
}
)";

class file_of_gears {
 public:
  explicit file_of_gears(const std::string& text) { std::ofstream{path()} << text; }
  std::string path() const { return folder_ / "export.gears.json"; }
  airloom::air::gears_file read() const { return airloom::air::read_gears(path()); }

 private:
  test::temporary_folder folder_;
};

airloom::error_code refusal_of(auto call) {
  try {
    call();
  } catch (const airloom::error& refused) {
    return refused.code();
  }
  return airloom::error_code::internal;
}

/// The text with one part changed.
std::string with(const std::string& part, const std::string& other) {
  std::string text = text_of_two_gears;
  const std::size_t place = text.find(part);
  REQUIRE(place != std::string::npos);
  return text.replace(place, part.size(), other);
}

}  // namespace

TEST_CASE("the file says inputs, axes, gears, and the options of GE and ATC") {
  CHECK(airloom::air::gears_text(two_gears()) == text_of_two_gears);
  const auto with_models =
      nlohmann::json::parse(*airloom::air::gears_text(two_gears(), {"gears/0/a.air", "b.air"}));
  CHECK(with_models["models"] == nlohmann::json{"gears/0/a.air", "b.air"});
  CHECK(!airloom::air::gears_text(loaded_from_file()));
  CHECK(airloom::air::gears_file_of("out/export.v2.air") == "out/export.v2.gears.json");
}

TEST_CASE("what is written is read, and makes a loaded graph a graph with gears again") {
  const auto file = file_of_gears{text_of_two_gears}.read();
  const graph expected = two_gears();
  CHECK(file.gears.axes == expected.gears.axes);
  CHECK(file.gears.sizes == expected.gears.sizes);
  CHECK(file.gears.gears == 2);
  CHECK(file.options == *airloom::air::gears_of(expected));
  CHECK(file.inputs.at(0).type == airloom::bf16);
  CHECK(file.inputs.at(0).shape == expected.nodes[0].output_descriptions[0].shape);
  const graph again = airloom::air::with_gears(loaded_from_file(), file);
  CHECK(airloom::air::gears_text(again) == text_of_two_gears);
  CHECK(again.nodes[2].output_descriptions[0].shape == expected.nodes[0].output_descriptions[0].shape);
}

TEST_CASE("a file of gears that belongs to another model is refused") {
  const auto file = file_of_gears{text_of_two_gears}.read();
  const auto refused = [&](auto change) {
    graph other = loaded_from_file();
    change(other);
    return refusal_of([&] { airloom::air::with_gears(other, file); }) == airloom::error_code::file_malformed;
  };
  CHECK(refused([](graph& g) { g.nodes[0].name = "y"; }));
  CHECK(refused([](graph& g) { g.nodes[0].input_descriptions[0].type = airloom::f32; }));
  CHECK(refused([](graph& g) {
    g.nodes[0].input_descriptions[0].shape = test::shape({extent::unknown(), 17, 64});
  }));
  CHECK(refused([](graph& g) {
    g.nodes[0].input_descriptions[0].shape =
        test::shape({extent::unknown(), extent::unknown(), extent::unknown()});
  }));
  CHECK(refused([](graph& g) { g.nodes[1].type = "Relu"; }));
}

TEST_CASE("a file that breaks its form is refused, whatever breaks it") {
  const std::string whole = text_of_two_gears;
  const std::vector<std::string> broken{
      "",
      "{}",
      "[]",
      "null",
      "\"axes\"",
      whole.substr(0, whole.size() / 2),
      with("\"axes\"", "\"axles\""),
      with("\"batch\",\n    \"seq\"", "\"batch\",\n    \"batch\""),
      with("\"batch\",\n    \"seq\"", "\"batch\",\n    7"),
      with("\"axes\": [", "\"axes\": [\"\","),
      with("\"axes\": [", "\"axes\": [\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\","),
      with("\"seq\": 8", "\"seq\": 0"),
      with("\"seq\": 8", "\"seq\": -8"),
      with("\"seq\": 8", "\"seq\": 8.5"),
      with("\"seq\": 8", "\"seq\": 99999999999"),
      with("\"seq\": 8", "\"seq\": 18446744073709551615"),
      with("\"seq\": 8", "\"seq\": true"),
      with(",\n      \"seq\": 8", ""),
      with("\"batch\": 4,\n      \"seq\": 16", "\"batch\": 1,\n      \"seq\": 8"),
      with("\"2*seq+1\"", "\"2*seq+\""),
      with("\"2*seq+1\"", "\"2*other\""),
      with("\"2*seq+1\"", "\"\""),
      with("\"2*seq+1\"", "\"99999999999999999999\""),
      with("\"2*seq+1\"", "\"seq+seq*seq+batch+batch*batch+1\""),
      with("\"2*seq+1\"", "\"3*seq\""),
      with("\"64\"\n", "\"65\"\n"),
      with("64\n      ],", "64, 1, 1, 1, 1, 1, 1\n      ],"),
      with("\"dtype\": \"bf16\"", "\"dtype\": 3"),
      with("\"1,17;4,33\"", "\"1,17;4,34\""),
      with("\"ge.inputShape\": \"scale", "\"ge.inputShape\": \"Scale"),
      with("\"ge.dynamicNodeType\": \"1\"", "\"ge.dynamicNodeType\": \"0\""),
      with("\"name\": \"x\"", "\"name\": \"x:y\""),
      with("\"axes\"", "\"models\": [\"one.air\"], \"axes\""),
      with("\"axes\"", "\"models\": [\"../a.air\", \"b.air\"], \"axes\""),
      with("\"axes\"", "\"models\": [\"/a.air\", \"b.air\"], \"axes\""),
      std::string(100'000, '['),
  };
  for (const std::string& text : broken) {
    CAPTURE(text);
    CHECK(refusal_of([&] { file_of_gears{text}.read(); }) == airloom::error_code::file_malformed);
  }
  for (std::size_t length = 0; length + 2 < whole.size(); ++length)
    CHECK(refusal_of([&] { file_of_gears{whole.substr(0, length)}.read(); }) ==
          airloom::error_code::file_malformed);
  CHECK(refusal_of([] { airloom::air::read_gears("/no/such/file"); }) ==
        airloom::error_code::file_unreadable);
}

TEST_CASE("more gears than any chip takes are refused") {
  auto file = nlohmann::ordered_json::parse(text_of_two_gears);
  for (int i = 0; i != 255; ++i) file["gears"].push_back({{"batch", 5 + i}, {"seq", 8}});
  CHECK(refusal_of([&] { file_of_gears{file.dump()}.read(); }) == airloom::error_code::file_malformed);
}
