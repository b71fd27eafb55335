#pragma once
// Where every value of a model lives while it runs: one function, which the compiler and the engine share.
//
//   static_assert(al::host::arena_bytes(al::record_model(model{}, input), 0) <= 64 * 1024);
//
// A model's inputs and outputs lie in the caller's memory and constants where they are loaded; everything
// between them shares one arena, in which values that are never alive together may lie at one place.

#include <airloom/graph/tape.hpp>

namespace airloom::host {

/// Where values in the arena start: a cache line, and a vector of the widest kind.
inline constexpr std::size_t arena_alignment = 64;

/// Where the outputs of a step come from.
enum class flow_origin : std::uint8_t { input, constant, computed };

/// One operator, as the planner sees it.
struct flow_step {
  flow_origin origin = flow_origin::computed;
  memory_trait memory = memory_trait::none;
  int input = -1;  ///< its place among the inputs of the model
  int first_operand = 0;
  int operands = 0;
  int first_value = 0;
  int outputs = 0;
};

/// One output of one operator, in one gear.
struct flow_value {
  std::size_t bytes = 0;
  std::size_t elements = 0;
  int step = 0;  ///< that makes it
};

/// The operators of a model in the order in which they run, and the values between them.
struct dataflow {
  growing_list<flow_step> steps;
  growing_list<int> operands;  ///< numbers of values; -1 for an input that is not fed
  growing_list<flow_value> values;
  growing_list<int> outputs;  ///< numbers of values: the results of the model
  growing_list<int> updates;  ///< one an output: the number of the input whose new value it is; else -1

  /// Starts a step; its operands and values are those that are added before the next one.
  constexpr void add_step(flow_origin origin, memory_trait memory, int input = -1) {
    steps.add({origin, memory, input, static_cast<int>(operands.size()), 0, static_cast<int>(values.size())});
  }
  constexpr void add_operand(int value) {
    operands.add(value);
    ++steps[steps.size() - 1].operands;
  }
  constexpr void add_value(std::size_t bytes, std::size_t elements) {
    values.add({bytes, elements, static_cast<int>(steps.size()) - 1});
    ++steps[steps.size() - 1].outputs;
  }
  constexpr void add_output(int value, int updated_input = -1) {
    outputs.add(value);
    updates.add(updated_input);
  }
  constexpr int operand(const flow_step& step, int index) const {
    return operands[static_cast<std::size_t>(step.first_operand + index)];
  }
};

enum class home : std::uint8_t {
  nowhere,   ///< nobody needs it
  input,     ///< in the caller's memory: `place` is the number of the input
  constant,  ///< known before running: `place` is the number of the value
  output,    ///< in the caller's memory: `place` is the number of the output
  arena,     ///< `place` is its offset in bytes
};

/// Where one value lives.
struct placement {
  home where = home::nowhere;
  std::size_t place = 0;
  constexpr bool operator==(const placement&) const = default;
};

/// What happens to a step.
enum class step_fate : std::uint8_t {
  dropped,    ///< nobody needs its outputs
  evaluated,  ///< once, before running: it needs nothing but constants
  run,
};

struct memory_plan {
  growing_list<placement> values;  ///< one a value of the dataflow
  growing_list<step_fate> steps;   ///< one a step
  std::size_t arena_bytes = 0;
};

/// A list of `count` equal items.
template <class T>
constexpr growing_list<T> list_of(std::size_t count, const T& item) {
  growing_list<T> list;
  for (std::size_t i = 0; i != count; ++i) list.add(item);
  return list;
}

/// Plans one dataflow; plan_memory() below is the way to it.
class memory_planner {
 public:
  explicit constexpr memory_planner(const dataflow& flow)
      : flow_{flow},
        constant_{list_of(flow.steps.size(), false)},
        needed_{list_of(flow.steps.size(), false)},
        buffer_of_{list_of(flow.values.size(), -1)} {}

  constexpr memory_plan run() {
    find_constants();
    find_needed();
    give_buffers();
    find_lifetimes();
    give_outputs_to_the_caller();
    overwrite_dying_operands();
    return place();
  }

 private:
  /// The memory of one value, or of several that share it.
  struct buffer {
    std::size_t bytes = 0;
    int first = 0;  // the step that writes it
    int last = 0;   // the last step that reads it
    placement at{home::arena, 0};
    int shared_with = -1;  // the buffer whose memory it takes over
  };
  /// A part of the arena in use.
  struct region {
    std::size_t begin = 0;
    std::size_t end = 0;
    int last = 0;
  };

  constexpr std::size_t step_of(int value) const {
    return static_cast<std::size_t>(flow_.values[static_cast<std::size_t>(value)].step);
  }
  constexpr bool runs(std::size_t step) const {
    return needed_[step] && !constant_[step] && flow_.steps[step].origin == flow_origin::computed;
  }

  /// A step is constant when everything it reads is, unless other ranks wait for it. A step that reads only
  /// the shapes of its operands is constant in every gear.
  constexpr void find_constants() {
    for (std::size_t s = 0; s != flow_.steps.size(); ++s) {
      const flow_step& step = flow_.steps[s];
      bool constant = step.origin != flow_origin::input && step.memory != memory_trait::communicates;
      for (int i = 0; step.memory != memory_trait::shape_only && i != step.operands; ++i)
        constant = constant && (flow_.operand(step, i) < 0 || constant_[step_of(flow_.operand(step, i))]);
      constant_[s] = constant;
    }
  }

  constexpr void find_needed() {
    for (const int value : flow_.outputs) needed_[step_of(value)] = true;
    for (std::size_t s = flow_.steps.size(); s-- != 0;) {
      const flow_step& step = flow_.steps[s];
      if (step.memory == memory_trait::communicates) needed_[s] = true;
      if (!needed_[s] || step.memory == memory_trait::shape_only) continue;
      for (int i = 0; i != step.operands; ++i)
        if (flow_.operand(step, i) >= 0) needed_[step_of(flow_.operand(step, i))] = true;
    }
  }

  constexpr void give_buffers() {
    for (std::size_t s = 0; s != flow_.steps.size(); ++s) {
      const flow_step& step = flow_.steps[s];
      if (!needed_[s] || constant_[s]) continue;
      for (int i = 0; i != step.outputs; ++i) {
        const auto value = static_cast<std::size_t>(step.first_value + i);
        const int viewed = viewed_buffer(step, value);
        buffer_of_[value] = viewed >= 0 ? viewed : add_buffer(s, value);
      }
    }
  }
  /// The buffer that a view looks into; -1 for what is no view of a buffer.
  constexpr int viewed_buffer(const flow_step& step, std::size_t value) const {
    if (step.memory != memory_trait::view || step.operands == 0 || flow_.operand(step, 0) < 0) return -1;
    const auto operand = static_cast<std::size_t>(flow_.operand(step, 0));
    return flow_.values[operand].bytes == flow_.values[value].bytes ? buffer_of_[operand] : -1;
  }
  constexpr int add_buffer(std::size_t s, std::size_t value) {
    buffer fresh{flow_.values[value].bytes, static_cast<int>(s), static_cast<int>(s)};
    if (flow_.steps[s].origin == flow_origin::input)
      fresh.at = {home::input, static_cast<std::size_t>(flow_.steps[s].input)};
    return buffers_.add(fresh);
  }

  constexpr void find_lifetimes() {
    for (std::size_t s = 0; s != flow_.steps.size(); ++s) {
      const flow_step& step = flow_.steps[s];
      for (int i = 0; runs(s) && i != step.operands; ++i)
        if (const int used = buffer_of(flow_.operand(step, i)); used >= 0)
          buffers_[static_cast<std::size_t>(used)].last = static_cast<int>(s);
    }
  }

  /// A result is computed where the caller wants it. One that is an input, a constant or another result too
  /// is left where it is, for the engine to copy.
  constexpr void give_outputs_to_the_caller() {
    for (std::size_t k = 0; k != flow_.outputs.size(); ++k) {
      const int result = buffer_of(flow_.outputs[k]);
      if (result < 0) continue;
      buffer& given = buffers_[static_cast<std::size_t>(result)];
      if (given.at.where != home::arena) continue;
      if (may_lie_at(k, result))
        given.at = {home::output, k};
      else
        given.last = static_cast<int>(flow_.steps.size());  // it is copied behind the last step
    }
  }
  /// The new value of an input may lie in the memory of the old one: it is written there only when nobody
  /// reads the old one any more, else at the end.
  constexpr bool may_lie_at(std::size_t output, int result) const {
    const int input = flow_.updates[output];
    if (input < 0) return true;
    const buffer& written = buffers_[static_cast<std::size_t>(result)];
    for (std::size_t i = 0; i != buffers_.size(); ++i) {
      if (!(buffers_[i].at == placement{home::input, static_cast<std::size_t>(input)})) continue;
      if (buffers_[i].last > written.first || is_result(static_cast<int>(i))) return false;
      if (buffers_[i].last == written.first && !is_overwritten(static_cast<int>(i), written)) return false;
    }
    return true;
  }
  constexpr bool is_result(int buffer) const {
    for (const int value : flow_.outputs)
      if (buffer_of(value) == buffer) return true;
    return false;
  }
  /// Whether the step that writes `written` may read this buffer at the very place where it writes.
  constexpr bool is_overwritten(int read, const buffer& written) const {
    const flow_step& step = flow_.steps[static_cast<std::size_t>(written.first)];
    return step.memory == memory_trait::element_wise &&
           buffers_[static_cast<std::size_t>(read)].bytes == written.bytes;
  }

  /// An element-wise step writes over an operand that nobody reads after it.
  constexpr void overwrite_dying_operands() {
    for (std::size_t s = 0; s != flow_.steps.size(); ++s) {
      const flow_step& step = flow_.steps[s];
      if (!runs(s) || step.memory != memory_trait::element_wise) continue;
      const int result = buffer_of(step.first_value);
      if (buffers_[static_cast<std::size_t>(result)].at.where != home::arena) continue;
      for (int i = 0; i != step.operands; ++i)
        if (may_overwrite(flow_.operand(step, i), step.first_value, static_cast<int>(s))) {
          take_over(result, buffer_of(flow_.operand(step, i)));
          break;
        }
    }
  }
  /// Equal bytes alone do not do: a small operand of a wide type may be broadcast.
  constexpr bool may_overwrite(int operand, int result, int s) const {
    const int candidate = buffer_of(operand);
    if (candidate < 0) return false;
    const buffer& taken = buffers_[static_cast<std::size_t>(candidate)];
    const flow_value& from = flow_.values[static_cast<std::size_t>(operand)];
    const flow_value& to = flow_.values[static_cast<std::size_t>(result)];
    return taken.at.where == home::arena && taken.last == s && from.bytes == to.bytes &&
           from.elements == to.elements;
  }
  constexpr void take_over(int result, int operand) {
    buffer& taken = buffers_[static_cast<std::size_t>(operand)];
    buffer& taking = buffers_[static_cast<std::size_t>(result)];
    taking.shared_with = operand;
    taken.last = taking.last;
  }

  /// The buffer in which a value lies; -1 for a constant and for what nobody needs.
  constexpr int buffer_of(int value) const {
    int found = value < 0 ? -1 : buffer_of_[static_cast<std::size_t>(value)];
    while (found >= 0 && buffers_[static_cast<std::size_t>(found)].shared_with >= 0)
      found = buffers_[static_cast<std::size_t>(found)].shared_with;
    return found;
  }

  // --- offsets. In the order of time, each buffer goes into the smallest gap between those that are alive.
  // (The largest first would pack a little better, but takes quadratic time: 1000 steps are too many for
  // clang's limit on constant evaluation then.)

  constexpr memory_plan place() {
    memory_plan plan;
    for (std::size_t i = 0; i != buffers_.size(); ++i) {
      buffer& placed = buffers_[i];
      if (placed.at.where != home::arena || placed.shared_with >= 0) continue;
      const std::size_t room = (placed.bytes + arena_alignment - 1) / arena_alignment * arena_alignment;
      forget_dead(placed.first);
      placed.at.place = best_offset(room);
      insert({placed.at.place, placed.at.place + room, placed.last});
      if (placed.at.place + room > plan.arena_bytes) plan.arena_bytes = placed.at.place + room;
    }
    for (std::size_t value = 0; value != flow_.values.size(); ++value)
      plan.values.add(placement_of(static_cast<int>(value)));
    for (std::size_t s = 0; s != flow_.steps.size(); ++s) plan.steps.add(fate_of(s));
    return plan;
  }
  constexpr placement placement_of(int value) const {
    const std::size_t step = step_of(value);
    if (!needed_[step]) return {};
    if (constant_[step]) return {home::constant, static_cast<std::size_t>(value)};
    return buffers_[static_cast<std::size_t>(buffer_of(value))].at;
  }
  constexpr step_fate fate_of(std::size_t step) const {
    if (runs(step)) return step_fate::run;
    return needed_[step] && constant_[step] ? step_fate::evaluated : step_fate::dropped;
  }

  constexpr void forget_dead(int now) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i != alive_count_; ++i)
      if (alive_[i].last >= now) alive_[kept++] = alive_[i];
    alive_count_ = kept;
  }
  constexpr std::size_t best_offset(std::size_t room) const {
    std::size_t end = 0, best = 0, best_gap = 0;  // no gap yet
    for (std::size_t i = 0; i != alive_count_; ++i) {
      const region& next = alive_[i];
      const std::size_t gap = next.begin - end;
      if (gap >= room && (best_gap == 0 || gap < best_gap)) {
        best = end;
        best_gap = gap;
      }
      end = next.end;
    }
    return best_gap == 0 ? end : best;
  }
  constexpr void insert(const region& fresh) {
    if (alive_count_ == alive_.size()) alive_.add(fresh);
    std::size_t at = alive_count_++;
    for (; at != 0 && alive_[at - 1].begin > fresh.begin; --at) alive_[at] = alive_[at - 1];
    alive_[at] = fresh;
  }

  const dataflow& flow_;
  growing_list<bool> constant_;  // one a step
  growing_list<bool> needed_;    // one a step
  growing_list<int> buffer_of_;  // one a value, before any was taken over
  growing_list<buffer> buffers_;
  growing_list<region> alive_;  // sorted by begin; those past the count are forgotten
  std::size_t alive_count_ = 0;
};

/// Says where every value lives.
///
/// Steps that nobody needs are dropped; steps that need only constants are evaluated before running. A view
/// lies where its first operand lies. An element-wise step overwrites an operand of its size that dies there.
/// In the order of time, each value goes into the smallest gap that holds it.
constexpr memory_plan plan_memory(const dataflow& flow) {
  return memory_planner{flow}.run();
}

/// A recorded model as the planner sees it, in one gear.
constexpr dataflow flow_of(const tape& record, std::size_t gear) {
  dataflow flow;
  growing_list<int> first_value;  // one a step
  for (const tape_step& step : record.steps()) {
    const bool source = step.op->memory == memory_trait::source;
    const flow_origin origin = step.input >= 0 ? flow_origin::input
                               : source        ? flow_origin::constant
                                               : flow_origin::computed;
    flow.add_step(origin, step.op->memory, step.input);
    for (int i = 0; i != step.operands; ++i) {
      const tape_value operand = record.operand(step, static_cast<std::size_t>(i));
      flow.add_operand(
          operand.step < 0 ? -1 : first_value[static_cast<std::size_t>(operand.step)] + operand.output);
    }
    first_value.add(static_cast<int>(flow.values.size()));
    for (int i = 0; i != step.outputs; ++i) {
      const auto elements = static_cast<std::size_t>(step.shapes[i].elements_in(record.gears().view, gear));
      flow.add_value(bytes_for(step.types[i], elements), elements);
    }
  }
  for (const tape_output& output : record.outputs())
    flow.add_output(first_value[static_cast<std::size_t>(output.value.step)] + output.value.output,
                    output.updates);
  return flow;
}

/// The bytes of the arena that a recorded model needs in one gear: a constant where the model is recorded in
/// constant evaluation. host::engine::arena_bytes() says the same of the same model; less where the fast plan
/// runs operators together, and never more.
constexpr std::size_t arena_bytes(const tape& record, std::size_t gear) {
  return plan_memory(flow_of(record, gear)).arena_bytes;
}

}  // namespace airloom::host
