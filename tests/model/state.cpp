#include <doctest/doctest.h>
#include <airloom/graph/from_tape.hpp>
#include <airloom/model/record.hpp>
#include <airloom/ops/concat.hpp>
#include <airloom/ops/elementwise.hpp>
#include <airloom/ops/reduce.hpp>
#include <airloom/ops/slice.hpp>

namespace al = airloom;

namespace {

inline constexpr struct batch final : al::axis<batch> {
} batch;
inline constexpr auto traffic = batch.in<1, 3>;

constexpr auto newest = al::input<traffic, al::f32, batch, 1, 2>("x");
constexpr auto kept = al::state<traffic, al::f32, batch, 4, 2>("cache");
constexpr auto counter = al::state<traffic, al::f32, 1>("count");

/// The oldest place leaves, x comes last.
struct shifted_cache {
  constexpr auto operator()(auto x, auto cache) const {
    auto written = al::concat<1>(al::slice<1, 1, al::to_the_end>(cache), x);
    return al::outputs(al::sum<1>(written), al::updated(cache, written));
  }
};

/// Passes on the update that a module below it makes.
struct counting {
  al::module<shifted_cache> inner;
  constexpr auto operator()(auto x, auto cache, auto count) const {
    auto [sum, written] = inner(x, cache);
    return al::outputs(al::updated(count, count + 1.0), sum, written);
  }
};

}  // namespace

BOOST_HANA_ADAPT_STRUCT(counting, inner);

TEST_CASE("a state is a RefData with the caller's name, and its new value a result of that name") {
  const al::graph g = al::make_graph(al::record_model(shifted_cache{}, newest, kept)).lowered;
  const al::node& state = g.nodes[1];
  CHECK(state.name == "cache");
  CHECK(state.type == "RefData");
  CHECK(*state.find("index")->get<std::int64_t>() == 1);
  CHECK(*state.find("_origin_data_name")->get<std::string>() == "cache");
  CHECK(al::to_text(state.output_descriptions[0].shape, g.gears) == "[batch, 4, 2]");
  CHECK(g.output_labels == std::vector<std::string>{"out0", "cache"});
  CHECK(g.states == std::vector<al::state_pair>{{1, 1}});
  CHECK(al::verify(g).empty());
}

TEST_CASE("an update made in a module is passed on by the one around it") {
  const al::graph g = al::make_graph(al::record_model(counting{}, newest, kept, counter)).lowered;
  CHECK(g.output_labels == std::vector<std::string>{"count", "out1", "cache"});
  CHECK(g.states == std::vector<al::state_pair>{{0, 2}, {2, 1}});
}

TEST_CASE("states are recorded in constant evaluation too") {
  static_assert(al::record_model(shifted_cache{}, newest, kept).outputs()[1].updates == 1);
  static_assert(al::record_model(shifted_cache{}, newest, kept).output_size(1, 0, 1) == 3);
}

TEST_CASE("pairs that name nothing, or one input twice, are found") {
  al::graph g = al::make_graph(al::record_model(shifted_cache{}, newest, kept)).lowered;
  const auto complaint = [&](std::vector<al::state_pair> states) {
    g.states = std::move(states);
    const auto found = al::verify(g);
    return found.empty() ? std::string{} : found[0].message;
  };
  CHECK(complaint({{2, 1}}) == "Output 2 is said to update input 1, but they are not both there.");
  CHECK(complaint({{1, -1}}) == "Output 1 is said to update input -1, but they are not both there.");
  CHECK(complaint({{0, 1}, {1, 1}}) == "Two outputs are said to update input 1.");
  CHECK(complaint({{1, 1}}) == "");
}
