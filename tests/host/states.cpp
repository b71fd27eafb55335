#include <doctest/doctest.h>
#include <airloom/graph/graph.hpp>
#include <airloom/host/engine.hpp>
#include <airloom/host/memory_plan.hpp>
#include <airloom/model/record.hpp>
#include <airloom/model/trace.hpp>
#include <airloom/ops/concat.hpp>
#include <airloom/ops/elementwise.hpp>
#include <airloom/ops/reduce.hpp>
#include <airloom/ops/reshape.hpp>
#include <airloom/ops/slice.hpp>
#include <airloom/ops/unary.hpp>

namespace al = airloom;
using al::host::status_code;
using floats = std::vector<float>;

namespace {

constexpr auto state_a = al::state<al::static_model, al::f32, 2, 3>("a");
constexpr auto state_b = al::state<al::static_model, al::f32, 2, 3>("b");

/// What a run gives for every update, the states lying apart from their new values, or at one place with
/// them.
std::vector<floats> run(const al::model& model, bool in_place) {
  const al::host::engine engine{model};
  std::vector<floats> states, results;
  for (std::size_t i = 0; i != engine.inputs().size(); ++i) {
    floats state;
    for (int k = 0; k != 6; ++k) state.push_back(static_cast<float>(10 * (static_cast<int>(i) + 1) + k));
    states.push_back(state);
  }
  for (const al::host::tensor_port& port : engine.outputs()) results.emplace_back(port.bytes(0) / 4);
  const std::vector<al::host::input_buffer> in{states.begin(), states.end()};
  std::vector<al::host::output_buffer> out;
  for (std::size_t k = 0; k != results.size(); ++k) {
    const int updates = engine.outputs()[k].updates;
    out.emplace_back(in_place && updates >= 0 ? states[static_cast<std::size_t>(updates)] : results[k]);
  }
  const al::host::status status = engine.make_context().run(0, in, out);
  REQUIRE_MESSAGE(status.ok(), status.message());
  for (std::size_t k = 0; k != results.size(); ++k)
    if (in_place && engine.outputs()[k].updates >= 0)
      results[k] = states[static_cast<std::size_t>(engine.outputs()[k].updates)];
  return results;
}

/// Element by element: may be computed where the state lies.
struct counted {
  constexpr auto operator()(auto a) const { return al::updated(a, a + 1.0); }
};
/// Reads the state at other places than it writes.
struct rolled {
  constexpr auto operator()(auto a) const {
    return al::updated(a, al::concat<1>(al::slice<1, 1, 3>(a), al::slice<1, 0, 1>(a)));
  }
};
/// Reads the old state after the new one was computed.
struct read_later {
  constexpr auto operator()(auto a) const {
    auto next = a * 2.0;
    return al::outputs(al::updated(a, next), al::sum<0>(al::relu(next) - a));
  }
};
/// Gives the old state away as it was.
struct kept {
  constexpr auto operator()(auto a) const { return al::outputs(al::updated(a, -a), a); }
};
/// One state becomes the other, which becomes something else.
struct handed_on {
  constexpr auto operator()(auto a, auto b) const {
    return al::outputs(al::updated(a, a + b), al::updated(b, a * b));
  }
};
/// The new value is a view of what was computed, and a result beside.
struct viewed {
  constexpr auto operator()(auto a) const {
    auto next = al::reshape<3, 2>(al::neg(a));
    return al::outputs(next, al::updated(a, al::reshape<2, 3>(next)));
  }
};
struct swapped {
  constexpr auto operator()(auto a, auto b) const {
    return al::outputs(al::updated(a, b), al::updated(b, a));
  }
};

}  // namespace

TEST_CASE("a state may be given the memory of its new value, whatever the model does with it") {
  const auto check = [](const al::model& model) { CHECK(run(model, true) == run(model, false)); };
  check(al::trace(counted{}, state_a));
  check(al::trace(rolled{}, state_a));
  check(al::trace(read_later{}, state_a));
  check(al::trace(kept{}, state_a));
  check(al::trace(handed_on{}, state_a, state_b));
  check(al::trace(viewed{}, state_a));
}

TEST_CASE("what is computed is the new value") {
  CHECK(run(al::trace(counted{}, state_a), true) == std::vector<floats>{{11, 12, 13, 14, 15, 16}});
  CHECK(run(al::trace(rolled{}, state_a), true) == std::vector<floats>{{11, 12, 10, 14, 15, 13}});
  CHECK(run(al::trace(swapped{}, state_a, state_b), false) ==
        std::vector<floats>{{20, 21, 22, 23, 24, 25}, {10, 11, 12, 13, 14, 15}});
}

TEST_CASE("a new value is written where the state lies as soon as nobody reads the old one") {
  static_assert(al::host::arena_bytes(al::record_model(counted{}, state_a), 0) == 0);
  static_assert(al::host::arena_bytes(al::record_model(rolled{}, state_a), 0) == 2 * 64);  // the two slices
  static_assert(al::host::arena_bytes(al::record_model(kept{}, state_a), 0) == 64);
  CHECK(al::host::engine{al::trace(counted{}, state_a)}.arena_bytes(0) == 0);
  CHECK(al::host::engine{al::trace(rolled{}, state_a)}.arena_bytes(0) == 2 * 64);
  CHECK(al::host::engine{al::trace(kept{}, state_a)}.arena_bytes(0) == 64);
}

TEST_CASE("other memory than the whole of its own state is refused") {
  const auto outcome = [](const al::model& model, al::host::output_buffer first,
                          al::host::output_buffer second, std::span<const al::host::input_buffer> in) {
    const al::host::engine engine{model};
    return engine.make_context().run(0, in, std::vector{first, second}).code();
  };
  floats first(9), second(6), third(6), fourth(6);
  const std::vector<al::host::input_buffer> in{{first.data(), 24, al::f32}, second};
  const auto handing = al::trace(handed_on{}, state_a, state_b),
             swapping = al::trace(swapped{}, state_a, state_b);
  const al::host::output_buffer whole{first.data(), 24, al::f32}, shifted{first.data() + 3, 24, al::f32};
  CHECK(outcome(handing, whole, second, in) == status_code::ok);
  CHECK(outcome(handing, shifted, second, in) == status_code::buffers_overlap);
  CHECK(outcome(handing, second, whole, in) == status_code::buffers_overlap);
  CHECK(outcome(swapping, whole, second, in) == status_code::buffers_overlap);
  CHECK(outcome(swapping, third, fourth, in) == status_code::ok);
}

TEST_CASE("a pair of two shapes is no state") {
  al::graph g = al::trace(read_later{}, state_a).lowered();
  g.states = {{1, 0}};
  CHECK_THROWS_WITH_AS(al::host::engine{g}, doctest::Contains("has another element type or shape"),
                       al::error);
}
