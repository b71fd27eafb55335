#include <doctest/doctest.h>
#include <airloom/air/gears.hpp>
#include <set>

#include "files.hpp"
#include "support/graphs.hpp"

using airloom::extent;
using airloom::graph;

namespace {

/// One dimension that moves, in one row of TorchAir's table.
struct ladder {
  std::size_t input;
  std::size_t dimension;
  std::vector<std::int64_t> sizes;
};

std::vector<ladder> ladders_of(const nlohmann::json& row) {
  std::vector<ladder> ladders;
  std::map<std::size_t, nlohmann::json> last_call;
  for (const auto& call : row["calls"])
    if (call["result"] == "ok")
      last_call[call["input"].get<std::size_t>()] = call["gears_on_tensor_afterwards"];
  for (const auto& [input, gears] : last_call)
    for (const auto& gear : gears) {
      const std::size_t dimension = gear[0].is_boolean() ? 1 : gear[0].get<std::size_t>();
      ladders.push_back({input, dimension, gear[1].get<std::vector<std::int64_t>>()});
    }
  return ladders;
}

/// Row by row, as zip and product say; every axis is one dimension of one input.
std::vector<std::vector<std::int64_t>> rows_of(const std::vector<ladder>& ladders, bool product) {
  std::vector<std::vector<std::int64_t>> rows(product ? 1 : ladders.at(0).sizes.size());
  for (const ladder& moving : ladders) {
    if (product) {
      std::vector<std::vector<std::int64_t>> longer;
      for (const auto& row : rows)
        for (const std::int64_t size : moving.sizes) {
          longer.push_back(row);
          longer.back().push_back(size);
        }
      rows = longer;
    } else {
      for (std::size_t i = 0; i != rows.size(); ++i) rows[i].push_back(moving.sizes.at(i));
    }
  }
  std::vector<std::vector<std::int64_t>> distinct;
  for (const auto& row : rows)
    if (std::find(distinct.begin(), distinct.end(), row) == distinct.end()) distinct.push_back(row);
  return distinct;
}

/// The graph that we would have recorded: the same inputs, with gears.
graph graph_of(const nlohmann::json& row) {
  test::graph_builder builder;
  std::vector<ladder> moving;
  for (const auto& op : row["compile"]["data_ops"]) {
    airloom::shape_value shape;
    for (std::size_t i = 0; i != op["dims"].size(); ++i) {
      if (op["dims"][i] != -1) {
        shape.push(op["dims"][i].get<std::int64_t>());
        continue;
      }
      for (const ladder& one : ladders_of(row))
        if (one.input == op["index"] && one.dimension == i) moving.push_back(one);
      shape.push(extent::of_axis(moving.size() - 1));
    }
    builder.input(op["name"].get<std::string>(), airloom::f32, shape);
  }
  const auto rows = rows_of(moving, row["policy"] == "product");
  for (std::size_t i = 0; i != moving.size(); ++i) builder.g.gears.axes.push_back("axis" + std::to_string(i));
  for (const auto& gear : rows)
    builder.g.gears.sizes.insert(builder.g.gears.sizes.end(), gear.begin(), gear.end());
  builder.g.gears.gears = rows.size();
  return builder.g;
}

/// Whether gears of ours can say the row: at least two, of sizes from 1 on.
bool is_expressible(const nlohmann::json& row) {
  if (!row.contains("compile") || !row["compile"].contains("options")) return false;
  if (!row["compile"]["options"].contains("ge.dynamicDims")) return false;
  std::set<std::int64_t> sizes;
  for (const ladder& moving : ladders_of(row)) sizes.insert(moving.sizes.begin(), moving.sizes.end());
  return sizes.size() > 1 && *sizes.begin() > 0;
}

std::multiset<std::string> gears_in(const std::string& dynamic_dims) {
  std::multiset<std::string> gears;
  std::stringstream text{dynamic_dims};
  for (std::string gear; std::getline(text, gear, ';');) gears.insert(gear);
  return gears;
}

}  // namespace

TEST_CASE("GE's options are those that TorchAir hands to AddGraph, gears as a set") {
  int rows = 0;
  const nlohmann::json table = test::json_of(test::data() / "torchair/gears/gears.json");
  for (const auto& row : table["rows"]) {
    if (!is_expressible(row)) continue;
    CAPTURE(row["name"].get<std::string>());
    ++rows;
    auto ours = airloom::air::ge_options(graph_of(row));
    const auto& theirs = row["compile"]["options"];
    CHECK(ours["ge.inputShape"] == theirs["ge.inputShape"]);
    CHECK(ours["ge.dynamicNodeType"] == theirs["ge.dynamicNodeType"]);
    CHECK(gears_in(ours["ge.dynamicDims"]) == gears_in(theirs["ge.dynamicDims"].get<std::string>()));
  }
  CHECK(rows >= 19);
}

namespace {

/// a: [batch, 16], b: [batch, seq], c: a scalar, with the example's gears of the format's part 6.4 (zip).
graph two_inputs() {
  test::graph_builder builder;
  builder.input("b", airloom::f32, test::shape({extent::of_axis(0), extent::of_axis(1)}));
  builder.input("a", airloom::f32, test::shape({extent::of_axis(0), 16}));
  builder.input("c", airloom::f32, test::shape({}));
  builder.g.gears = {{"batch", "seq"}, {2, 8, 4, 32}, 2};
  return builder.g;
}

}  // namespace

TEST_CASE("inputs are sorted by name, gears stay in order, a scalar has no dimensions") {
  const auto gears = airloom::air::gears_of(two_inputs());
  REQUIRE(gears);
  CHECK(gears->input_shape == "a:-1,16;b:-1,-1;c:");
  CHECK(gears->dynamic_dims == "2,2,8;4,4,32");
  CHECK(airloom::air::atc_arguments(two_inputs()) ==
        std::vector<std::string>{"--input_shape=a:-1,16;b:-1,-1;c:", "--dynamic_dims=2,2,8;4,4,32"});
}

TEST_CASE("an axis that no input carries makes no gear of its own, an axis that stands still no -1") {
  graph g = two_inputs();
  g.gears = {{"batch", "seq", "unused"}, {2, 8, 1, 2, 8, 2, 4, 8, 1}, 3};
  const auto gears = airloom::air::gears_of(g);
  REQUIRE(gears);
  CHECK(gears->input_shape == "a:-1,16;b:-1,8;c:");
  CHECK(gears->dynamic_dims == "2,2;4,4");
}

TEST_CASE("one gear, or none that moves an input, needs no options") {
  graph still = two_inputs();
  still.gears = {{"batch", "seq"}, {2, 8}, 1};
  CHECK(!airloom::air::gears_of(still));
  CHECK(airloom::air::ge_options(still).empty());
  CHECK(airloom::air::atc_arguments(still).empty());
  CHECK(!airloom::air::gears_of(graph{}));
}

TEST_CASE("a size that no gear decides is an error where there are gears") {
  graph g = two_inputs();
  g.nodes[1].input_descriptions[0].shape = test::shape({extent::unknown(), 16});
  try {
    airloom::air::gears_of(g);
    FAIL("nothing was thrown");
  } catch (const airloom::error& e) {
    CHECK(e.code() == airloom::error_code::gear_unknown);
    CHECK(e.happened().find("'a'") != std::string::npos);
  }
}
