#include <doctest/doctest.h>
#include <airloom/air/gears.hpp>
#include <set>

#include "files.hpp"
#include "support/graphs.hpp"

using airloom::extent;
using airloom::graph;

namespace {

using nlohmann::json;

/// One dimension that moves, in one row of TorchAir's table.
struct ladder {
  std::size_t input;
  std::size_t dimension;
  std::vector<std::int64_t> sizes;
};

/// The numbers of a list of gears; empty where it holds anything else.
std::vector<std::int64_t> sizes_of(const json& list) {
  std::vector<std::int64_t> sizes;
  if (!list.is_array()) return sizes;
  for (const json& size : list)
    if (size.is_number_integer()) sizes.push_back(size.get<std::int64_t>());
  return sizes.size() == list.size() ? sizes : std::vector<std::int64_t>{};
}

/// What a call of set_dim_gears asks for, as far as it is numbers.
void add_ladders(const json& call, std::vector<ladder>& ladders) {
  const auto input = call["input"].get<std::size_t>();
  std::erase_if(ladders, [&](const ladder& earlier) { return earlier.input == input; });
  for (const json& gear : call["gears"]) {
    if (!gear[0].is_number_integer() && !gear[0].is_boolean()) continue;
    const std::size_t dimension = gear[0].is_boolean() ? gear[0].get<bool>() : gear[0].get<std::size_t>();
    if (const auto sizes = sizes_of(gear[1]); !sizes.empty()) ladders.push_back({input, dimension, sizes});
  }
}

/// All calls, or those alone that TorchAir took.
std::vector<ladder> ladders_of(const json& row, bool taken_alone) {
  std::vector<ladder> ladders;
  for (const json& call : row["calls"])
    if (!taken_alone || call.contains("result")) add_ladders(call, ladders);
  std::sort(ladders.begin(), ladders.end(), [](const ladder& a, const ladder& b) {
    return std::pair{a.input, a.dimension} < std::pair{b.input, b.dimension};
  });
  return ladders;
}

/// Row by row, as zip and product say; every axis is one dimension of one input.
std::vector<std::vector<std::int64_t>> rows_of(const std::vector<ladder>& ladders, bool product) {
  if (ladders.empty()) return {{}};
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

/// Inputs with gears: a dimension that has a ladder is an axis of its own.
graph graph_of(const std::vector<std::pair<std::string, std::vector<std::int64_t>>>& inputs,
               const std::vector<ladder>& ladders, bool product) {
  test::graph_builder builder;
  std::vector<ladder> moving;
  for (std::size_t i = 0; i != inputs.size(); ++i) {
    airloom::shape_value shape;
    for (std::size_t d = 0; d != inputs[i].second.size(); ++d) {
      const auto found = std::find_if(ladders.begin(), ladders.end(),
                                      [&](const ladder& l) { return l.input == i && l.dimension == d; });
      shape.push(found == ladders.end() ? extent{inputs[i].second[d]} : extent::of_axis(moving.size()));
      if (found != ladders.end()) moving.push_back(*found);
    }
    builder.input(inputs[i].first, airloom::f32, shape);
  }
  const auto rows = rows_of(moving, product);
  for (std::size_t i = 0; i != moving.size(); ++i) builder.g.gears.axes.push_back("axis" + std::to_string(i));
  for (const auto& gear : rows)
    builder.g.gears.sizes.insert(builder.g.gears.sizes.end(), gear.begin(), gear.end());
  builder.g.gears.gears = rows.size();
  return builder.g;
}

/// The graph that we would have recorded where TorchAir compiled: the same inputs under the same names.
graph graph_compiled(const json& row) {
  std::vector<ladder> ladders = ladders_of(row, true);
  std::vector<std::pair<std::string, std::vector<std::int64_t>>> inputs;
  for (const json& op : row["compile"]["data_ops"]) {
    inputs.emplace_back(op["name"].get<std::string>(), op["dims"].get<std::vector<std::int64_t>>());
    std::erase_if(ladders, [&](const ladder& l) {  // TorchAir had made it a number
      return l.input == op["index"] && op["dims"].at(l.dimension) != -1;
    });
  }
  return graph_of(inputs, ladders, row["policy"] == "product");
}

/// The graph that the calls ask for, with the sample's sizes where nothing moves.
graph graph_asked_for(const json& row) {
  std::vector<std::pair<std::string, std::vector<std::int64_t>>> inputs;
  for (const json& dims : row["input_shapes"])
    inputs.emplace_back("x" + std::to_string(inputs.size()), dims.get<std::vector<std::int64_t>>());
  return graph_of(inputs, ladders_of(row, false), row["policy"] == "product");
}

std::multiset<std::string> gears_in(const std::string& dynamic_dims) {
  std::multiset<std::string> gears;
  std::stringstream text{dynamic_dims};
  for (std::string gear; std::getline(text, gear, ';');) gears.insert(gear);
  return gears;
}

// --- what TorchAir says, and what we say ---

/// The first error of a row, wherever it arose; empty where the model was compiled.
std::string error_in(const json& row) {
  for (const json& call : row["calls"])
    if (call.contains("error")) {
      const bool mended = row.contains("compile") && row["compile"].contains("options");
      return mended ? "" : call["error"]["text"].get<std::string>();
    }
  if (row.contains("config_error")) return row["config_error"]["text"].get<std::string>();
  if (row.contains("compile") && row["compile"].contains("error"))
    return row["compile"]["error"]["text"].get<std::string>();
  return "";
}

bool asks_for(const json& row, bool (*wanted)(std::int64_t)) {
  for (const ladder& l : ladders_of(row, false))
    if (std::any_of(l.sizes.begin(), l.sizes.end(), wanted)) return true;
  return false;
}
bool is_one(std::int64_t size) {
  return size == 1;
}
bool is_below_one(std::int64_t size) {
  return size < 1;
}

/// A program that must not compile, and what its first error has to say.
void check_refused_while_compiling(const std::string& program, const std::string& word) {
  const std::string source = test::content_of(AIRLOOM_SOURCE "/tests/refuse/" + program + ".cpp");
  const std::string expected = source.substr(0, source.find("#include"));
  CAPTURE(program);
  CHECK(expected.find("expect: ") != std::string::npos);
  CHECK(expected.find(word) != std::string::npos);
}

void check_refused_at_run_time(const graph& g, airloom::error_code code,
                               std::size_t limit = airloom::default_gear_limit) {
  try {
    airloom::air::gears_of(g, limit);
    FAIL_CHECK("no error");
  } catch (const airloom::error& refused) {
    CHECK(refused.code() == code);
  }
}

/// Every gear that the calls ask for is a gear of ours.
void check_taken(const graph& g) {
  const auto ours = airloom::air::gears_of(g);
  REQUIRE(ours);
  CHECK(gears_in(ours->dynamic_dims).size() == g.gears.gears);
}

enum class answer {
  same_options,
  no_options,
  refused,
  taken_by_us,
  off_the_gears,
  cannot_be_said,
  unexplained
};

/// TorchAir's refusals by their words, and ours. "refused" and "off_the_gears" are checked in place.
answer answer_to(const json& row) {
  const std::string theirs = error_in(row);
  const auto says = [&](const char* words) { return theirs.find(words) != std::string::npos; };
  const auto refused_size = [&] {
    check_refused_while_compiling("gears_size_zero", "every_size_is_at_least_one");
    check_refused_while_compiling("gears_size_negative", "every_size_is_at_least_one");
    check_refused_at_run_time(graph_asked_for(row), airloom::error_code::graph_invalid);
    return answer::refused;
  };
  // Zero and negative sizes: TorchAir refuses the first, and lets the second pass where a sample fits.
  if (asks_for(row, is_below_one)) return refused_size();
  if (theirs.empty()) {
    if (!row["compile"]["options"].contains("ge.dynamicDims")) return answer::no_options;
    // One distinct gear is left, which GE refuses (it needs two): for us that is a static model.
    const bool one_gear =
        gears_in(row["compile"]["options"]["ge.dynamicDims"].get<std::string>()).size() == 1;
    return one_gear ? answer::no_options : answer::same_options;
  }
  if (says("cannot exceed 100") || says("must be in range [2, 100], but got 101")) {
    check_refused_while_compiling(says("cannot exceed") ? "gears_too_many" : "gears_too_many_in_a_ladder",
                                  "too_many_gears");
    check_refused_at_run_time(graph_asked_for(row), airloom::error_code::too_many_gears);
    return answer::refused;
  }
  if (says("input gears len must same")) {
    check_refused_while_compiling("gears_zip_of_two_lengths", "zip_needs_members_of_one_length");
    return answer::refused;
  }
  // A list of one size: for us an axis that stands still, so the model is static.
  if (says("must be in range [2, 100], but got 1.")) return answer::no_options;
  if (says("not within the range")) return answer::off_the_gears;
  // 1 is a legal gear; PyTorch alone makes a dimension of size 1 a constant. (True is 1 in Python and C++.)
  if (asks_for(row, is_one) || says("Can only compare inequalities")) return answer::taken_by_us;
  if (says("Constraints violated")) {  // the size meets a weight's
    check_refused_while_compiling("matmul_in_one_gear", "must_equal");
    return answer::refused;
  }
  // An axis stands in a shape as a type, its sizes are numbers of the language, an input is declared once,
  // and zip and product are the only functions there are.
  for (const char* words : {"Dim index in dim_gears", "must be a list or tuple", "must be an integer",
                            "set again", "already has", "not in optional list"})
    if (says(words)) return answer::cannot_be_said;
  return answer::unexplained;
}

void check_same_options(const json& row) {
  auto ours = airloom::air::ge_options(graph_compiled(row));
  const auto& theirs = row["compile"]["options"];
  CHECK(ours["ge.inputShape"] == theirs["ge.inputShape"].get<std::string>());
  CHECK(ours["ge.dynamicNodeType"] == theirs["ge.dynamicNodeType"].get<std::string>());
  CHECK(gears_in(ours["ge.dynamicDims"]) == gears_in(theirs["ge.dynamicDims"].get<std::string>()));
}

/// The sample that TorchAir compiled with fits no gear; sizes that do fit one are taken.
void check_off_the_gears(const json& row) {
  const graph g = graph_asked_for(row);
  std::map<std::string, std::vector<std::int64_t>> sample, in_first_gear;
  for (const int index : g.inputs()) {
    const airloom::node& input = g.nodes[static_cast<std::size_t>(index)];
    const std::size_t place = sample.size();
    sample[input.name] = row["input_shapes"][place].get<std::vector<std::int64_t>>();
    const airloom::shape_value& shape = input.output_descriptions[0].shape;
    for (std::size_t d = 0; d != shape.rank; ++d)
      in_first_gear[input.name].push_back(shape[d].size_in(g.gears.view(), 0));
  }
  CHECK_NOTHROW(airloom::specialise(g, in_first_gear));
  try {
    airloom::specialise(g, sample);
    FAIL_CHECK("no error");
  } catch (const airloom::error& refused) {
    CHECK(refused.code() == airloom::error_code::gear_unknown);
  }
}

}  // namespace

TEST_CASE(
    "every row of TorchAir's table of gears: its options are ours, gears as a set, and its refusals too") {
  std::map<answer, int> rows;
  const json table = test::json_of(test::data() / "torchair/gears/gears.json");
  for (const json& row : table["rows"]) {
    CAPTURE(row["name"].get<std::string>());
    const answer ours = answer_to(row);
    ++rows[ours];
    CHECK(ours != answer::unexplained);
    if (ours == answer::same_options) check_same_options(row);
    if (ours == answer::no_options) CHECK(!airloom::air::gears_of(graph_asked_for(row)));
    if (ours == answer::taken_by_us && !error_in(row).starts_with("Can only"))
      check_taken(graph_asked_for(row));
    if (ours == answer::off_the_gears) check_off_the_gears(row);
  }
  CHECK(rows[answer::same_options] >= 19);
  CHECK(rows[answer::refused] >= 7);
  CHECK(rows[answer::off_the_gears] >= 2);
  CHECK(rows[answer::taken_by_us] >= 3);
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

TEST_CASE("a graph whose table of gears is wrong, or whose inputs cannot be named, has no options") {
  graph ragged = two_inputs();
  ragged.gears.sizes.pop_back();
  check_refused_at_run_time(ragged, airloom::error_code::graph_invalid);
  graph named = two_inputs();
  named.nodes[0].name = "a:b";
  check_refused_at_run_time(named, airloom::error_code::graph_invalid);
}

TEST_CASE("as many gears as the chip takes") {
  graph g = two_inputs();
  g.gears = {{"batch", "seq"}, {}, 256};
  for (std::int64_t i = 0; i != 256; ++i) g.gears.sizes.insert(g.gears.sizes.end(), {i + 1, 8});
  CHECK(gears_in(airloom::air::gears_of(g, airloom::ascend_950_gear_limit)->dynamic_dims).size() == 256);
  check_refused_at_run_time(g, airloom::error_code::too_many_gears);
  g.gears.sizes.insert(g.gears.sizes.end(), {257, 8});
  ++g.gears.gears;
  check_refused_at_run_time(g, airloom::error_code::too_many_gears, airloom::ascend_950_gear_limit);
}

TEST_CASE("sizes that no gear decides are open for ATC, where there are no gears") {
  graph open = two_inputs();
  open.gears = {};
  for (airloom::node& input : open.nodes)
    input.input_descriptions[0].shape =
        input.name == "c" ? test::shape({}) : test::shape({extent::unknown(), 16});
  CHECK(airloom::air::atc_arguments(open) == std::vector<std::string>{"--input_shape=a:-1,16;b:-1,16;c:"});
  open.nodes[0].input_descriptions[0].shape = airloom::shape_value::of_unknown_rank();
  CHECK(airloom::air::atc_arguments(open).empty());
}
