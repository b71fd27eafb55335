#include <doctest/doctest.h>
#include <airloom/host/memory_plan.hpp>
#include <airloom/model/record.hpp>
#include <airloom/ops/elementwise.hpp>
#include <map>
#include <random>
#include <vector>

namespace al = airloom;
using al::memory_trait;
using al::host::dataflow;
using al::host::flow_origin;
using al::host::home;
using al::host::memory_plan;
using al::host::placement;
using al::host::step_fate;

namespace {

/// input -> three element-wise steps -> output, every value of `bytes` bytes.
constexpr dataflow chain(std::size_t bytes, memory_trait trait) {
  dataflow flow;
  flow.add_step(flow_origin::input, memory_trait::source, 0);
  flow.add_value(bytes, bytes);
  for (int step = 1; step != 4; ++step) {
    flow.add_step(flow_origin::computed, trait);
    flow.add_operand(step - 1);
    flow.add_value(bytes, bytes);
  }
  flow.add_output(3);
  return flow;
}

constexpr std::size_t arena_of_chain(std::size_t bytes, memory_trait trait) {
  return al::host::plan_memory(chain(bytes, trait)).arena_bytes;
}

// The first and the second result are in the arena, the third is the caller's. Element by element they share
// one place; where they may not, they need two.
static_assert(arena_of_chain(64, memory_trait::element_wise) == 64);
static_assert(arena_of_chain(64, memory_trait::none) == 128);
static_assert(arena_of_chain(65, memory_trait::none) == 256);
// Views of the input cost nothing.
static_assert(arena_of_chain(64, memory_trait::view) == 0);

bool is_same_size(const dataflow& flow, int a, int b) {
  const al::host::flow_value &left = flow.values[static_cast<std::size_t>(a)],
                             &right = flow.values[static_cast<std::size_t>(b)];
  return left.bytes == right.bytes && left.elements == right.elements;
}

/// A random dataflow: inputs, constants, then steps of every kind on earlier values;
/// some results are the new values of inputs.
dataflow random_flow(std::mt19937& random) {
  const auto below = [&](int limit) { return std::uniform_int_distribution<int>{0, limit - 1}(random); };
  dataflow flow;
  const int inputs = 1 + below(3), constants = below(3), steps = 1 + below(40);
  for (int i = 0; i != inputs + constants; ++i) {
    flow.add_step(i < inputs ? flow_origin::input : flow_origin::constant, memory_trait::source,
                  i < inputs ? i : -1);
    flow.add_value(static_cast<std::size_t>(4 * (1 + below(100))), static_cast<std::size_t>(1 + below(100)));
  }
  for (int s = 0; s != steps; ++s) {
    const int known = static_cast<int>(flow.values.size());
    const auto pick = [&] { return below(3) == 0 ? below(known) : known - 1 - below(std::min(known, 4)); };
    const int operand = pick(), kind = below(8);
    const al::host::flow_value like = flow.values[static_cast<std::size_t>(operand)];
    const bool same = kind < 5;
    flow.add_step(flow_origin::computed, kind < 3    ? memory_trait::element_wise
                                         : kind == 3 ? memory_trait::view
                                         : kind == 7 ? memory_trait::shape_only
                                                     : memory_trait::none);
    flow.add_operand(operand);
    if (below(2) == 0) flow.add_operand(below(4) == 0 ? -1 : pick());
    flow.add_value(same ? like.bytes : static_cast<std::size_t>(4 * (1 + below(100))),
                   same ? like.elements : static_cast<std::size_t>(1 + below(100)));
    if (kind == 6) flow.add_value(4, 1);
  }
  for (int results = 1 + below(4), next_state = 0; results != 0; --results) {
    const int value = below(static_cast<int>(flow.values.size()));
    const bool updates = next_state != inputs && below(2) == 0 && is_same_size(flow, value, next_state);
    flow.add_output(value, updates ? next_state : -1);
    next_state += updates ? 1 : 0;
  }
  return flow;
}

/// Runs a plan with a name in place of every byte: a value is lost where somebody else wrote over it.
class rehearsal {
 public:
  rehearsal(const dataflow& flow, const memory_plan& plan)
      : flow_{flow}, plan_{plan}, names_(flow.values.size()) {}

  void run() {
    for (std::size_t s = 0; s != flow_.steps.size(); ++s) {
      const al::host::flow_step& step = flow_.steps[s];
      if (step.origin == flow_origin::input && plan_.values[value_of(step)].where != home::nowhere)
        write(value_of(step), static_cast<int>(s));
      if (plan_.steps[s] == step_fate::run) run_step(step, static_cast<int>(s));
    }
    for (const int result : flow_.outputs) check_readable(static_cast<std::size_t>(result));
  }

 private:
  static std::size_t value_of(const al::host::flow_step& step, int output = 0) {
    return static_cast<std::size_t>(step.first_value + output);
  }

  void run_step(const al::host::flow_step& step, int s) {
    for (int i = 0; i != step.operands; ++i)
      if (const int operand = flow_.operand(step, i); operand >= 0) {
        check_readable(static_cast<std::size_t>(operand));
        for (int o = 0; o != step.outputs; ++o)
          check_overlap(step, static_cast<std::size_t>(operand), value_of(step, o));
      }
    if (is_in_place_view(step)) {
      names_[value_of(step)] = names_[static_cast<std::size_t>(flow_.operand(step, 0))];
      return;
    }
    for (int o = 0; o != step.outputs; ++o) write(value_of(step, o), 1000 * (o + 1) + s);
  }
  bool is_in_place_view(const al::host::flow_step& step) const {
    return step.memory == memory_trait::view &&
           plan_.values[static_cast<std::size_t>(flow_.operand(step, 0))] == plan_.values[value_of(step)];
  }

  /// Only an element-wise step may write over what it reads, and then exactly over it.
  void check_overlap(const al::host::flow_step& step, std::size_t operand, std::size_t output) {
    const placement from = real_place(plan_.values[operand]), to = real_place(plan_.values[output]);
    if (from.where != to.where || is_in_place_view(step)) return;
    if (from.where != home::arena && from.place != to.place) return;
    if (from.where == home::input) {
      CHECK(step.memory == memory_trait::element_wise);
      CHECK(flow_.values[operand].bytes == flow_.values[output].bytes);
      return;
    }
    const std::size_t from_end = from.place + flow_.values[operand].bytes;
    const std::size_t to_end = to.place + flow_.values[output].bytes;
    if (from_end <= to.place || to_end <= from.place) return;
    CHECK(step.memory == memory_trait::element_wise);
    CHECK(from == to);
    CHECK(flow_.values[operand].bytes == flow_.values[output].bytes);
    CHECK(flow_.values[operand].elements == flow_.values[output].elements);
  }

  /// The caller gives the new value of an input the memory of the old one.
  placement real_place(const placement& at) const {
    const int input = at.where == home::output ? flow_.updates[at.place] : -1;
    return input < 0 ? at : placement{home::input, static_cast<std::size_t>(input)};
  }
  std::vector<int>& memory_of(const placement& at) {
    const placement real = real_place(at);
    return memory_[{real.where, real.where == home::arena ? 0 : real.place}];
  }
  std::size_t offset_of(const placement& at) const { return at.where == home::arena ? at.place : 0; }

  void write(std::size_t value, int name) {
    const placement& at = plan_.values[value];
    REQUIRE(at.where != home::nowhere);
    std::vector<int>& memory = memory_of(at);
    const std::size_t end = offset_of(at) + flow_.values[value].bytes;
    if (at.where == home::arena) CHECK(end <= plan_.arena_bytes);
    if (memory.size() < end) memory.resize(end);
    std::fill(memory.begin() + static_cast<std::ptrdiff_t>(offset_of(at)),
              memory.begin() + static_cast<std::ptrdiff_t>(end), name);
    names_[value] = name;
  }
  void check_readable(std::size_t value) {
    const placement& at = plan_.values[value];
    REQUIRE(at.where != home::nowhere);
    if (at.where == home::constant) return;
    const std::vector<int>& memory = memory_of(at);
    REQUIRE(memory.size() >= offset_of(at) + flow_.values[value].bytes);
    for (std::size_t i = 0; i != flow_.values[value].bytes; ++i)
      if (memory[offset_of(at) + i] != names_[value]) {
        FAIL_CHECK("value " << value << " was overwritten");
        return;
      }
  }

  const dataflow& flow_;
  const memory_plan& plan_;
  std::vector<int> names_;
  std::map<std::pair<home, std::size_t>, std::vector<int>> memory_;
};

/// The most bytes of the arena that are alive at one step: no plan can need less.
std::size_t most_alive(const dataflow& flow, const memory_plan& plan) {
  std::size_t most = 0;
  for (std::size_t s = 0; s != flow.steps.size(); ++s) {
    if (plan.steps[s] != step_fate::run) continue;
    std::map<std::size_t, std::size_t> alive;  // by offset: what this step itself reads and writes
    const auto count = [&](int value) {
      if (value < 0 || plan.values[static_cast<std::size_t>(value)].where != home::arena) return;
      alive[plan.values[static_cast<std::size_t>(value)].place] =
          flow.values[static_cast<std::size_t>(value)].bytes;
    };
    for (int i = 0; i != flow.steps[s].operands; ++i) count(flow.operand(flow.steps[s], i));
    for (int o = 0; o != flow.steps[s].outputs; ++o) count(flow.steps[s].first_value + o);
    std::size_t sum = 0;
    for (const auto& [offset, bytes] : alive) sum += bytes;
    most = std::max(most, sum);
  }
  return most;
}

}  // namespace

TEST_CASE("no value of a random graph is overwritten while somebody needs it") {
  std::mt19937 random{20240607};
  for (int round = 0; round != 3000; ++round) {
    const dataflow flow = random_flow(random);
    const memory_plan plan = al::host::plan_memory(flow);
    rehearsal{flow, plan}.run();
    CHECK(plan.arena_bytes >= most_alive(flow, plan));
    for (const placement& at : plan.values)
      if (at.where == home::arena) CHECK(at.place % al::host::arena_alignment == 0);
  }
}

TEST_CASE("a gap is used again: the arena of a long chain is that of two neighbours") {
  dataflow flow;
  flow.add_step(flow_origin::input, memory_trait::source, 0);
  flow.add_value(64, 16);
  for (int step = 1; step != 100; ++step) {
    flow.add_step(flow_origin::computed, memory_trait::none);
    flow.add_operand(step - 1);
    flow.add_value(64, 16);
  }
  flow.add_output(99);
  CHECK(al::host::plan_memory(flow).arena_bytes == 2 * 64);
}

TEST_CASE("a small operand that is broadcast is not overwritten, though its bytes are as many") {
  dataflow flow;
  flow.add_step(flow_origin::input, memory_trait::source, 0);
  flow.add_value(8, 2);
  flow.add_step(flow_origin::computed, memory_trait::none);  // two f32
  flow.add_operand(0);
  flow.add_value(8, 2);
  flow.add_step(flow_origin::computed, memory_trait::element_wise);  // compared with four f32: eight bools
  flow.add_operand(1);
  flow.add_value(8, 8);
  flow.add_step(flow_origin::computed, memory_trait::none);
  flow.add_operand(2);
  flow.add_value(8, 8);
  flow.add_output(3);
  const memory_plan plan = al::host::plan_memory(flow);
  CHECK(!(plan.values[1] == plan.values[2]));
}

TEST_CASE("what only constants feed takes no place, and neither does what nobody reads") {
  dataflow flow;
  flow.add_step(flow_origin::input, memory_trait::source, 0);
  flow.add_value(64, 16);
  flow.add_step(flow_origin::constant, memory_trait::source);
  flow.add_value(64, 16);
  flow.add_step(flow_origin::computed, memory_trait::none);  // of the constant
  flow.add_operand(1);
  flow.add_value(64, 16);
  flow.add_step(flow_origin::computed, memory_trait::shape_only);  // of the input
  flow.add_operand(0);
  flow.add_value(8, 1);
  flow.add_step(flow_origin::computed, memory_trait::none);  // read by nobody
  flow.add_operand(0);
  flow.add_value(64, 16);
  flow.add_step(flow_origin::computed, memory_trait::none);
  flow.add_operand(0);
  flow.add_operand(2);
  flow.add_operand(3);
  flow.add_value(64, 16);
  flow.add_output(5);
  const memory_plan plan = al::host::plan_memory(flow);
  CHECK(plan.arena_bytes == 0);
  CHECK(plan.steps[2] == step_fate::evaluated);
  CHECK(plan.steps[3] == step_fate::evaluated);
  CHECK(plan.steps[4] == step_fate::dropped);
  CHECK(plan.values[2].where == home::constant);
  CHECK(plan.values[4].where == home::nowhere);
  CHECK(plan.values[5] == placement{home::output, 0});
}

// --- recorded models

namespace {

inline constexpr struct batch final : al::axis<batch> {
} batch;

struct sum_of_three {
  constexpr auto operator()(auto a, auto b, auto c) const { return al::add(al::add(a, b), al::add(b, c)); }
};

constexpr al::tape record_sum() {
  return al::record_model(sum_of_three{}, al::input<batch.in<1, 4>, al::f32, batch, 16>("a"),
                          al::input<batch.in<1, 4>, al::f32, batch, 16>("b"),
                          al::input<batch.in<1, 4>, al::f32, batch, 16>("c"));
}

// Two sums of [batch, 16] f32 are in the arena, the last one is the result.
static_assert(al::host::arena_bytes(record_sum(), 0) == 2 * 64);
static_assert(al::host::arena_bytes(record_sum(), 1) == 2 * 4 * 64);

}  // namespace
