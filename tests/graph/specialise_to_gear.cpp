#include <airloom/graph/specialise_to_gear.hpp>

#include <doctest/doctest.h>
#include <airloom/airloom.hpp>
#include <map>

#include "support/graphs.hpp"

namespace al = airloom;

namespace {

inline constexpr struct batch final : al::axis<batch> {
} batch;
inline constexpr struct seq final : al::axis<seq> {
} seq;
inline constexpr auto traffic = al::product(batch.in<1, 4>, seq.in<8, 16>);

/// [batch, seq, 6] by way of [batch * seq, 6], which a constant says, to [seq, batch, 6], whose sizes have to
/// be read from the input.
template <auto Batch, auto Seq>
struct turned {
  constexpr auto operator()(auto x) const {
    return al::reshape<Seq, Batch, 6>(al::relu(al::reshape<Batch * Seq, 6>(x)));
  }
};

al::graph with_gears() {
  return al::trace(turned<batch, seq>{}, al::input<traffic, al::f32, batch, seq, 6>("x"));
}
template <int Batch, int Seq>
al::graph with_numbers() {
  return al::trace(turned<Batch, Seq>{}, al::input<al::static_model, al::f32, Batch, Seq, 6>("x"));
}

std::map<std::string, int> operators_of(const al::graph& g) {
  std::map<std::string, int> count;
  for (const al::node& n : g.nodes) ++count[n.type];
  return count;
}

std::string shapes_of(const al::graph& g) {
  std::string text;
  for (const al::node& n : g.nodes)
    if (n.type != "Const" && n.type != "NetOutput")
      text += al::to_text(n.output_descriptions[0].shape, {}) + " ";
  return text;
}

al::error_code refusal_of(auto call) {
  try {
    call();
  } catch (const al::error& refused) {
    return refused.code();
  }
  return al::error_code::internal;
}

}  // namespace

TEST_CASE("a gear of a graph has the operators and shapes of the model that is traced with its numbers") {
  const al::graph geared = with_gears();
  REQUIRE(operators_of(geared).contains("Pack"));
  const std::vector<al::graph> traced{with_numbers<1, 8>(), with_numbers<1, 16>(), with_numbers<4, 8>(),
                                      with_numbers<4, 16>()};
  REQUIRE(geared.gears.gears == traced.size());
  for (std::size_t gear = 0; gear != traced.size(); ++gear) {
    const al::graph one = al::specialise_to_gear(geared, gear);
    CHECK(operators_of(one) == operators_of(traced[gear]));
    CHECK(shapes_of(one) == shapes_of(traced[gear]));
    CHECK(one.gears.gears == 1);
    CHECK(one.gears.axes.empty());
    CHECK(al::verify(one).empty());
  }
  CHECK(shapes_of(al::specialise_to_gear(geared, 2)) == "[4, 8, 6] [32, 6] [32, 6] [8, 4, 6] ");
}

TEST_CASE("a size that is used twice stays for the other user; an input that is used no more stays") {
  test::graph_builder b;
  const int x = b.input("x", al::f32, test::shape({al::extent::of_axis(0), 3}));
  const int only_its_size = b.input("y", al::f32, test::shape({al::extent::of_axis(0)}));
  const auto shape = [&](int of) { return b.node("Shape", {of}, {{"dtype", {std::int64_t{9}}}}); };
  b.result({x, shape(x), shape(only_its_size)});
  b.g.gears = {{"batch"}, {2, 5}, 2};
  const al::graph one = al::specialise_to_gear(b.g, 1);
  CHECK(operators_of(one) == std::map<std::string, int>{{"Data", 2}, {"Const", 2}, {"NetOutput", 1}});
  CHECK(one.inputs().size() == 2);
  const al::node& folded = one.nodes[static_cast<std::size_t>(one.outputs()[1].node)];
  const auto* value = folded.find("value")->get<al::tensor_contents>();
  REQUIRE(value != nullptr);
  REQUIRE(value->data.size == 16);
  std::int64_t sizes[2];
  std::memcpy(sizes, value->data.data, 16);
  CHECK(sizes[0] == 5);
  CHECK(sizes[1] == 3);
}

TEST_CASE("a gear that is not there is refused; settings choose one in any order") {
  const al::graph g = with_gears();
  CHECK(refusal_of([&] { al::specialise_to_gear(g, 4); }) == al::error_code::gear_unknown);
  const al::setting right[]{seq(16), batch(4)}, wrong[]{batch(4), seq(12)}, half[]{batch(4)},
      twice[]{batch(4), batch(4)};
  CHECK(al::find_gear(g.gears, right) == 3);
  CHECK(al::find_gear(g.gears, wrong) == al::no_gear);
  CHECK(al::find_gear(g.gears, half) == al::no_gear);
  CHECK(al::find_gear(g.gears, twice) == al::no_gear);
  CHECK(al::find_gear({}, {}) == 0);
}
