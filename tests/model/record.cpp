#include <doctest/doctest.h>
#include <airloom/graph/from_tape.hpp>
#include <airloom/graph/rule.hpp>
#include <airloom/model/record.hpp>
#include <airloom/ops/elementwise.hpp>
#include <algorithm>

namespace al = airloom;

inline constexpr struct rows final : al::axis<rows> {
} rows;
inline constexpr struct cols final : al::axis<cols> {
} cols;
inline constexpr auto together = al::zip(rows.in<2, 4>, cols.in<2, 4>);

struct shifted {
  al::parameter<al::f32, 4> by;
  constexpr auto operator()(auto x) const { return al::add(x, by); }
};
BOOST_HANA_ADAPT_STRUCT(shifted, by);

struct tower {
  al::module<shifted> first;
  al::repeat<2, shifted> layer;
  al::parameter<al::f32, 4> never_used;
  constexpr auto operator()(auto x) const {
    auto y = layer(first(x));
    return al::outputs(al::named("sum", al::add(y, x)), y);
  }
};
BOOST_HANA_ADAPT_STRUCT(tower, first, layer, never_used);

struct twice {
  al::module<shifted> shared;
  constexpr auto operator()(auto x) const { return shared(shared(x)); }
};
BOOST_HANA_ADAPT_STRUCT(twice, shared);

/// What is computed first here is the compiler's choice, and in the second result, the writer's.
struct operands {
  al::module<shifted> left, right;
  constexpr auto operator()(auto x) const {
    auto later = al::add(right(x), x);
    return al::outputs(al::add(left(x), right(x)), later);
  }
};
BOOST_HANA_ADAPT_STRUCT(operands, left, right);

struct plain_sum {
  constexpr auto operator()(auto a, auto b) const { return al::add(a, b); }
};

constexpr auto tower_input = al::input<together, al::f32, rows, 4>("x");

TEST_CASE("a model is recorded in constant evaluation, and its node count and sizes are constants") {
  static_assert(al::record_model(tower{}, tower_input).node_count() ==
                9);  // Data, 3 x (Const, Add), Add, NetOutput
  static_assert(al::record_model(tower{}, tower_input).output_size(0, 0, 0) == 2);
  static_assert(al::record_model(tower{}, tower_input).output_size(0, 0, 1) == 4);
  static_assert(al::record_model(tower{}, tower_input).output_size(1, 1, 1) == 4);
}

TEST_CASE("extents that agree in every gear may meet: (rows, 2) + (cols, 2) under zip") {
  static_assert(al::record_model(plain_sum{}, al::input<together, al::f32, rows, 2>("a"),
                                 al::input<together, al::f32, cols, 2>("b"))
                    .node_count() == 4);
}

TEST_CASE("names of members are the path of parameters and the scope of operators") {
  const al::recorded_graph recorded = al::make_graph(al::record_model(tower{}, tower_input));
  std::vector<std::string> parameters, nodes;
  for (const al::parameter_slot& parameter : recorded.parameters) parameters.push_back(parameter.name);
  for (const al::node& n : recorded.lowered.nodes) nodes.push_back(n.name);
  CHECK(parameters == std::vector<std::string>{"first.by", "layer.0.by", "layer.1.by"});
  CHECK(nodes == std::vector<std::string>{"x", "first.by", "first.Add", "layer.0.by", "layer.0.Add",
                                          "layer.1.by", "layer.1.Add", "Add", "NetOutput"});
  CHECK(recorded.lowered.output_labels == std::vector<std::string>{"sum", "out1"});
}

TEST_CASE("every node knows its modules and the user's line") {
  const al::recorded_graph recorded = al::make_graph(al::record_model(tower{}, tower_input));
  const al::node& add = recorded.lowered.nodes[6];
  REQUIRE(add.modules.size() == 1);
  CHECK(add.modules[0].path == "layer.1");
  CHECK(add.modules[0].class_name == "shifted");
  CHECK(add.where.file.ends_with("record.cpp"));
  CHECK(add.where.line == 18);
  CHECK(recorded.lowered.nodes[7].modules.empty());
}

TEST_CASE("a module that is called twice has one weight and two operators with names of their own") {
  const al::recorded_graph recorded = al::make_graph(al::record_model(twice{}, tower_input));
  CHECK(recorded.parameters.size() == 1);
  std::vector<std::string> nodes;
  for (const al::node& n : recorded.lowered.nodes) nodes.push_back(n.name);
  CHECK(nodes == std::vector<std::string>{"x", "shared.by", "shared.Add", "shared.Add_1", "NetOutput"});
}

TEST_CASE("operators stand in the order in which results need them, operands from left to right") {
  constexpr std::size_t place_of_left = [] {
    const al::tape record = al::record_model(operands{}, tower_input);
    for (std::size_t i = 0; i != record.steps().size(); ++i)
      if (record.steps()[i].scope == 1 && record.steps()[i].operands != 0) return i;
    return std::size_t{0};
  }();
  CHECK(place_of_left == 2);
  const al::recorded_graph recorded = al::make_graph(al::record_model(operands{}, tower_input));
  std::vector<std::string> nodes;
  for (const al::node& n : recorded.lowered.nodes) nodes.push_back(n.name);
  CHECK(nodes == std::vector<std::string>{"x", "left.by", "left.Add", "right.by", "right.Add", "Add",
                                          "right.Add_1", "Add_1", "NetOutput"});
  CHECK(recorded.lowered.nodes[5].inputs == std::vector<al::value_reference>{{2, 0}, {4, 0}});
  CHECK(recorded.lowered.nodes[7].inputs == std::vector<al::value_reference>{{6, 0}, {0, 0}});
}

TEST_CASE("what the compiler worked out, inference on the graph works out again") {
  al::recorded_graph recorded = al::make_graph(al::record_model(tower{}, tower_input));
  al::graph again = recorded.lowered;
  for (al::node& n : again.nodes)
    if (n.type == "Add") n.output_descriptions[0] = {};
  CHECK(al::infer(again).empty());
  for (std::size_t i = 0; i != again.nodes.size(); ++i)
    for (std::size_t k = 0; k != again.nodes[i].output_descriptions.size(); ++k) {
      CHECK(again.nodes[i].output_descriptions[k].shape ==
            recorded.lowered.nodes[i].output_descriptions[k].shape);
      CHECK(again.nodes[i].output_descriptions[k].type ==
            recorded.lowered.nodes[i].output_descriptions[k].type);
    }
}

TEST_CASE("the gears of the model are in the graph") {
  const al::graph g = al::make_graph(al::record_model(tower{}, tower_input)).lowered;
  CHECK(g.gears.axes == std::vector<std::string>{"rows", "cols"});
  CHECK(g.gears.sizes == std::vector<std::int64_t>{2, 2, 4, 4});
  CHECK(al::to_text(g.nodes[0].output_descriptions[0].shape, g.gears) == "[rows, 4]");
}
