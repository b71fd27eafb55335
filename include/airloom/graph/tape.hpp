#pragma once
// What recording writes: a list of steps of fixed size, without strings, usable in constant evaluation.
//
// Ordinary code turns a tape into the graph once (graph/from_tape.hpp) and there composes names. A tape
// refers to static data wherever it can: prototypes, shapes, attributes and names are pointers to what the
// compiler made.

#include <airloom/graph/prototype.hpp>
#include <airloom/world/group.hpp>
#include <source_location>

namespace airloom {

/// A list that grows, in constant evaluation too. (std::vector is no constant expression for clang 14 to 16
/// with libstdc++ 12.) T is default-constructible and copyable.
template <class T>
class growing_list {
 public:
  constexpr growing_list() = default;
  constexpr growing_list(growing_list&& other) noexcept
      : items_{other.items_}, count_{other.count_}, capacity_{other.capacity_} {
    other.items_ = nullptr;
    other.count_ = other.capacity_ = 0;
  }
  growing_list(const growing_list&) = delete;
  growing_list& operator=(const growing_list&) = delete;
  growing_list& operator=(growing_list&&) = delete;
  constexpr ~growing_list() { delete[] items_; }

  constexpr std::size_t size() const { return count_; }
  constexpr const T& operator[](std::size_t index) const { return items_[index]; }
  constexpr T& operator[](std::size_t index) { return items_[index]; }
  constexpr const T* begin() const { return items_; }
  constexpr const T* end() const { return items_ + count_; }
  constexpr int add(const T& item) {
    if (count_ == capacity_) grow();
    items_[count_] = item;
    return static_cast<int>(count_++);
  }

 private:
  constexpr void grow() {
    const std::size_t capacity = capacity_ == 0 ? 16 : 2 * capacity_;
    T* items = new T[capacity];
    for (std::size_t i = 0; i != count_; ++i) items[i] = items_[i];
    delete[] items_;
    items_ = items;
    capacity_ = capacity;
  }

  T* items_ = nullptr;
  std::size_t count_ = 0;
  std::size_t capacity_ = 0;
};

/// One output of one step; step -1 is an input that is not fed.
struct tape_value {
  int step = -1;
  int output = 0;
};

/// One recorded operator.
struct tape_step {
  const prototype* op = nullptr;
  const attribute_list* attributes = &no_attributes;  ///< one for all ranks, or `ranks` of them
  const shape_value* shapes = nullptr;                ///< of its outputs
  const dtype* types = nullptr;
  int outputs = 0;
  int first_operand = 0;
  int operands = 0;
  int scope = 0;
  int contents = -1;   ///< Const with written contents: its place among the constants
  int parameter = -1;  ///< Const that is a parameter: its place among the parameters
  int input = -1;      ///< Data: its place among the inputs
  int ranks = 1;       ///< how many ranks the attributes or contents are written for; 1: for every rank
  std::source_location where{};
};

/// An attribute whose value is known only when the model is described (an epsilon, a factor).
struct tape_number {
  int step = 0;
  std::string_view name;
  double value = 0;
};

/// The contents of a small constant: integers as they are, floating-point numbers as the bits of a double.
/// Where they differ from rank to rank, those of rank r begin r * count words after `first`.
struct tape_constant {
  int first = 0;
  int count = 0;
  bool floating = false;
};

/// A module on the way from the root: one component of a dotted path.
struct tape_scope {
  int parent = -1;
  std::string_view name;        ///< the member's name; empty for an element of an array
  int index = -1;               ///< the element's place in its array
  std::string_view class_name;  ///< of the module, as the compiler spells it
};

struct tape_parameter {
  int scope = 0;
  std::string_view name;
  dtype type = dtype::undefined;
  const shape_value* shape = nullptr;
  int step = -1;  ///< the Const that stands for it; -1 while nothing uses it
};

struct tape_input {
  int step = 0;
  std::string_view name;
};

struct tape_output {
  tape_value value;
  std::string_view name;  ///< empty: named by its place
  int updates = -1;       ///< the input whose new value it is: its place among the inputs
};

/// The gears of the recorded model and the names of its axes.
struct tape_gears {
  gear_view view{};
  const std::string_view* names = nullptr;
};

/// A recorded model.
class tape {
 public:
  constexpr explicit tape(const tape_gears& gears) : gears_{gears} { scopes_.add({}); }

  constexpr int add_step(tape_step step, const std::source_location& where, const tape_value* operands,
                         std::size_t count) {
    step.where = where;
    step.first_operand = static_cast<int>(operands_.size());
    step.operands = static_cast<int>(count);
    step.scope = scope_;
    for (std::size_t i = 0; i != count; ++i) operands_.add(operands[i]);
    return steps_.add(step);
  }
  constexpr int add_scope(const tape_scope& scope) { return scopes_.add(scope); }
  constexpr int add_parameter(const tape_parameter& parameter) { return parameters_.add(parameter); }
  constexpr void add_input(const tape_input& input) { inputs_.add(input); }
  constexpr void add_output(const tape_output& output) { outputs_.add(output); }
  constexpr void add_number(int step, std::string_view name, double value) {
    numbers_.add({step, name, value});
  }
  /// Notes a group that a collective names, so that the graph can say who its members are.
  constexpr void add_group(const group_view& group) { groups_.add(group); }
  constexpr int add_contents(const std::int64_t* words, std::size_t count, bool floating,
                             std::size_t ranks = 1) {
    const int first = static_cast<int>(words_.size());
    for (std::size_t i = 0; i != count * ranks; ++i) words_.add(words[i]);
    return constants_.add({first, static_cast<int>(count), floating});
  }

  /// Puts the steps in an order that the model alone decides: inputs, then what each output needs, operands
  /// from left to right. C++ does not say which operand of `a(x) + b(x)` is computed first, and compilers
  /// differ. Steps that do more than give outputs stay in the order in which they were recorded.
  constexpr void put_in_order();

  /// Everything recorded until leave() belongs to `scope`; returns the scope to go back to.
  constexpr int enter(int scope) {
    const int outer = scope_;
    scope_ = scope;
    return outer;
  }
  constexpr void leave(int outer) { scope_ = outer; }
  /// The user's line for operators that cannot take one themselves (`a + b`).
  constexpr void set_line(const std::source_location& where) { line_ = where; }
  constexpr const std::source_location& line() const { return line_; }

  /// Where the size of an axis has been read already; step -1 while it has not.
  constexpr tape_value axis_size(std::size_t axis) const { return axis_sizes_[axis]; }
  constexpr void set_axis_size(std::size_t axis, tape_value value) { axis_sizes_[axis] = value; }
  /// Notes that the size of an axis has to be read but that no input carries the axis alone; make_graph()
  /// refuses then.
  constexpr void miss_axis(int axis) { missed_axis_ = axis; }
  constexpr int missed_axis() const { return missed_axis_; }

  constexpr tape_parameter& parameter(int index) { return parameters_[static_cast<std::size_t>(index)]; }

  constexpr const tape_gears& gears() const { return gears_; }
  constexpr const growing_list<tape_step>& steps() const { return steps_; }
  constexpr const growing_list<tape_scope>& scopes() const { return scopes_; }
  constexpr const growing_list<tape_parameter>& parameters() const { return parameters_; }
  constexpr const growing_list<tape_input>& inputs() const { return inputs_; }
  constexpr const growing_list<tape_output>& outputs() const { return outputs_; }
  constexpr const growing_list<tape_number>& numbers() const { return numbers_; }
  constexpr const growing_list<tape_constant>& constants() const { return constants_; }
  constexpr const growing_list<std::int64_t>& words() const { return words_; }
  constexpr const growing_list<group_view>& groups() const { return groups_; }
  constexpr tape_value operand(const tape_step& step, std::size_t index) const {
    return operands_[static_cast<std::size_t>(step.first_operand) + index];
  }
  constexpr const tape_step& step(int index) const { return steps_[static_cast<std::size_t>(index)]; }

  /// The shape of one recorded value.
  constexpr const shape_value& shape_of(tape_value value) const {
    return step(value.step).shapes[static_cast<std::size_t>(value.output)];
  }
  /// Nodes that the graph will have: every step and the NetOutput.
  constexpr std::size_t node_count() const { return steps_.size() + 1; }
  /// The size of one dimension of one of the model's outputs in one gear.
  constexpr std::int64_t output_size(std::size_t output, std::size_t dimension, std::size_t gear) const {
    return shape_of(outputs_[output].value)[dimension].size_in(gears_.view, gear);
  }

 private:
  tape_gears gears_;
  growing_list<tape_step> steps_;
  growing_list<tape_value> operands_;
  growing_list<tape_scope> scopes_;
  growing_list<tape_parameter> parameters_;
  growing_list<tape_input> inputs_;
  growing_list<tape_output> outputs_;
  growing_list<tape_number> numbers_;
  growing_list<tape_constant> constants_;
  growing_list<std::int64_t> words_;
  growing_list<group_view> groups_;
  std::source_location line_{};
  int scope_ = 0;
  int missed_axis_ = -1;
  tape_value axis_sizes_[max_axes]{};
};

/// The steps of a tape in the order of tape::put_in_order().
class tape_order {
 public:
  constexpr explicit tape_order(const tape& record)
      : record_{record}, places_{new int[record.steps().size()]}, before_{new int[record.steps().size()]} {
    int kept = -1;
    for (std::size_t i = 0; i != record.steps().size(); ++i) {
      places_[i] = -1;
      before_[i] = -1;
      if (record.steps()[i].op->memory != memory_trait::communicates) continue;
      before_[i] = kept;
      kept = static_cast<int>(i);
    }
    for (const tape_input& input : record.inputs()) visit(input.step);
    for (const tape_output& output : record.outputs()) visit(output.value.step);
    for (std::size_t i = 0; i != record.steps().size(); ++i) visit(static_cast<int>(i));
  }
  constexpr ~tape_order() {
    delete[] places_;
    delete[] before_;
  }
  tape_order(const tape_order&) = delete;
  tape_order& operator=(const tape_order&) = delete;

  /// Old places, in the new order.
  constexpr const growing_list<int>& steps() const { return steps_; }
  /// The new place of a step.
  constexpr int place(int step) const { return step < 0 ? step : places_[step]; }

 private:
  struct frame {
    int step = 0;
    int next = 0;  ///< which of its needs comes next
  };

  /// Everything that a step needs and then the step; a stack of our own, since models are deep.
  constexpr void visit(int root) {
    int depth = 0;
    push(depth, root);
    while (depth != 0) {
      frame& top = stack_[static_cast<std::size_t>(depth - 1)];
      const tape_step& step = record_.step(top.step);
      if (places_[top.step] >= 0 || top.next > step.operands) {
        if (places_[top.step] < 0) places_[top.step] = steps_.add(top.step);
        --depth;
        continue;
      }
      const int index = top.next++;
      push(depth, index < step.operands ? record_.operand(step, static_cast<std::size_t>(index)).step
                                        : before_[top.step]);
    }
  }

  constexpr void push(int& depth, int step) {
    if (step < 0 || places_[step] >= 0) return;
    if (static_cast<std::size_t>(depth) == stack_.size()) stack_.add({});
    stack_[static_cast<std::size_t>(depth++)] = {step, 0};
  }

  const tape& record_;
  int* places_;
  int* before_;  ///< the step before it that has to stay there
  growing_list<int> steps_;
  growing_list<frame> stack_;
};

constexpr void tape::put_in_order() {
  const tape_order order{*this};
  growing_list<tape_step> steps;
  for (const int old : order.steps()) steps.add(steps_[static_cast<std::size_t>(old)]);
  for (std::size_t i = 0; i != steps.size(); ++i) steps_[i] = steps[i];
  for (std::size_t i = 0; i != operands_.size(); ++i) operands_[i].step = order.place(operands_[i].step);
  for (std::size_t i = 0; i != inputs_.size(); ++i) inputs_[i].step = order.place(inputs_[i].step);
  for (std::size_t i = 0; i != outputs_.size(); ++i)
    outputs_[i].value.step = order.place(outputs_[i].value.step);
  for (std::size_t i = 0; i != numbers_.size(); ++i) numbers_[i].step = order.place(numbers_[i].step);
  for (std::size_t i = 0; i != parameters_.size(); ++i)
    parameters_[i].step = order.place(parameters_[i].step);
  for (tape_value& size : axis_sizes_) size.step = order.place(size.step);
}

}  // namespace airloom
