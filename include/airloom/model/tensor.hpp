#pragma once
// Tensors and parameters as values whose types name their gears, element type and shape, and the one function
// that records an operator on them.

#include <airloom/graph/plumbing.hpp>
#include <airloom/graph/tape.hpp>
#include <airloom/shape/shape.hpp>

namespace airloom {

/// The line of whoever calls: the default of the last parameter of every operator function.
using line = std::source_location;

// --- the words of shape errors ---
/// What a refused operator returns. Later operators take it and pass it on, so one mistake is one error.
struct no_shape {};

template <auto Part, auto Value>
struct is;
template <auto Part, auto Value>
struct must_equal;
template <auto Part, auto Value>
struct must_equal_or_be_one;
template <auto Part, auto Value>
struct must_be_divisible_by;
template <auto Part, auto Value>
struct must_be_at_least;
template <auto Bound>
struct at_least;
template <auto Bound>
struct below;
template <auto Value>
struct has_to_be;
template <auto Part, auto Rank>
struct has_rank;
template <auto Rank>
struct needs_rank;
template <auto Rank>
struct needs_rank_at_least;
template <auto Rank>
struct needs_rank_at_most;
template <auto Part>
struct missing;
template <auto Part>
struct needs_known_contents;
struct which_the_operator_does_not_take;
struct a_required_attribute_is_missing;
struct an_attribute_says_an_unknown_word;
template <int Output>
struct output_size_is_no_polynomial;
template <int Dimension>
struct at_dimension;
template <std::size_t Count>
struct of;
template <std::size_t Number, class Of, class... Where>
struct in_gear;
struct operands_have_different_gear_sets;
struct no_operand_is_a_tensor;

template <class Op, class... Because>
inline constexpr bool shapes_fit = false;

/// The one error of a wrong program: the operator, the two parts in its own words with their sizes, and the
/// gear. g++ prints the class first, clang the requirement, so both open with the reason.
template <class Op, class... Because>
struct shape_error : no_shape {
  static_assert(
      shapes_fit<Op, Because...>,
      "these tensors do not fit together (the template arguments name the operator, the parts and the gear)");
};

template <class T>
inline constexpr bool is_refused = __is_base_of(no_shape, T) || __is_base_of(no_gears, T);

// --- values ---
// What tensors and parameters hold lies in bases that are no templates, so that the code which records them
// is compiled once.
struct tensor_base {
  tape* record = nullptr;
  tape_value value{};
};
struct parameter_base {
  tape* record = nullptr;
  int index = -1;
};
/// Operands that are on no tape yet.
struct written_operand {};

/// A tensor of a model being described: an output of a recorded step.
template <class Gears, dtype Type, class Shape>
struct tensor : tensor_base {
  using gears = Gears;
  using shape_type = Shape;
  static constexpr dtype type = Type;
};

/// A weight: element type and dimensions, all numbers. Members of modules are parameters; their names give
/// the path under which the weight is found in a weights file.
template <dtype Type, auto... Extents>
struct parameter : parameter_base {
  using shape_type = shape<Extents...>;
  static constexpr dtype type = Type;
};

/// An optional input that is not fed.
struct unfed_type : written_operand {};
inline constexpr unfed_type unfed{};

/// A constant list of integers as an operand (axes, a permutation): a Const of element type Type, rank 1.
template <dtype Type, std::int64_t... Values>
struct integer_list : written_operand {};
/// The same in rows of `Columns`: a Const of rank 2.
template <dtype Type, std::int64_t Columns, std::int64_t... Values>
struct integer_table : written_operand {};
/// A constant integer as an operand: a Const of rank 0.
template <dtype Type, std::int64_t Value>
struct integer_scalar : written_operand {};
/// A constant number as an operand: a Const of rank 0 of element type Type, which holds `value` rounded.
template <dtype Type>
struct number : written_operand {
  double value = 0;
};

// --- operands, as a rule sees them ---
/// How the recorder sees a type of operand: `input` for the rule, place() for the tape.
template <class Axes, class T>
struct operand;

constexpr tape* tape_of(const tensor_base& x) {
  return x.record;
}
constexpr tape* tape_of(const parameter_base& x) {
  return x.record;
}
constexpr tape* tape_of(const written_operand&) {
  return nullptr;
}
constexpr tape* tape_of(const no_shape&) {
  return nullptr;
}

struct tensor_operand {
  static constexpr tape_value place(tape&, const tensor_base& x, const shape_value*) { return x.value; }
};
struct parameter_operand {
  /// The Const that stands for the parameter, made on first use.
  static constexpr tape_value place(tape& record, const parameter_base& x, const shape_value*) {
    tape_parameter& entry = record.parameter(x.index);
    if (entry.step == -1) {
      tape_step step{&op::constant::ir, &no_attributes, entry.shape, &entry.type, 1};
      step.parameter = x.index;
      const int outer = record.enter(entry.scope);
      entry.step = record.add_step(step, record.line(), nullptr, 0);
      record.leave(outer);
    }
    return {entry.step, 0};
  }
};

template <class Axes, class Gears, dtype Type, class Shape>
struct operand<Axes, tensor<Gears, Type, Shape>> : tensor_operand {
  using shape_type = Shape;
  static constexpr inference_input input{true, Type, &value_of_shape<Axes, Shape>::value};
};

template <class Axes, dtype Type, auto... Extents>
struct operand<Axes, parameter<Type, Extents...>> : parameter_operand {
  using shape_type = shape<Extents...>;
  static constexpr const shape_value& value = value_of_shape<axis_list<>, shape<Extents...>>::value;
  static constexpr inference_input input{true, Type, &value};
};

template <class Axes>
struct operand<Axes, unfed_type> {
  using shape_type = void;
  static constexpr inference_input input{};
  static constexpr tape_value place(tape&, unfed_type, const shape_value*) { return {}; }
};

/// Adds a Const with written contents.
constexpr tape_value add_constant(tape& record, const shape_value& shape, const dtype& type,
                                  const std::int64_t* words, std::size_t count, bool floating) {
  tape_step step{&op::constant::ir, &no_attributes, &shape, &type, 1};
  step.contents = record.add_contents(words, count, floating);
  return {record.add_step(step, record.line(), nullptr, 0), 0};
}

template <class Axes, dtype Type, std::int64_t... Values>
struct operand<Axes, integer_list<Type, Values...>> {
  using shape_type = shape<static_cast<int>(sizeof...(Values))>;
  static constexpr shape_value value = shape_value::of(static_cast<std::int64_t>(sizeof...(Values)));
  static constexpr dtype type = Type;
  static constexpr extent contents[sizeof...(Values) + 1]{extent{Values}..., extent{0}};
  static constexpr std::int64_t words[sizeof...(Values) + 1]{Values..., 0};
  static constexpr inference_input input{true, Type, &value, contents, sizeof...(Values)};
  static constexpr tape_value place(tape& record, integer_list<Type, Values...>, const shape_value*) {
    return add_constant(record, value, type, words, sizeof...(Values), false);
  }
};

template <class Axes, dtype Type, std::int64_t Value>
struct operand<Axes, integer_scalar<Type, Value>> {
  using shape_type = shape<>;
  static constexpr shape_value value{};
  static constexpr dtype type = Type;
  static constexpr extent contents[1]{extent{Value}};
  static constexpr std::int64_t words[1]{Value};
  static constexpr inference_input input{true, Type, &value, contents, 1};
  static constexpr tape_value place(tape& record, integer_scalar<Type, Value>, const shape_value*) {
    return add_constant(record, value, type, words, 1, false);
  }
};

template <class Axes, dtype Type, std::int64_t Columns, std::int64_t... Values>
struct operand<Axes, integer_table<Type, Columns, Values...>> {
  static_assert(sizeof...(Values) % Columns == 0, "a table has whole rows");
  using shape_type = shape<static_cast<int>(sizeof...(Values) / Columns), static_cast<int>(Columns)>;
  static constexpr const shape_value& value = value_of_shape<Axes, shape_type>::value;
  using list = operand<Axes, integer_list<Type, Values...>>;
  static constexpr inference_input input{true, Type, &value, list::contents, sizeof...(Values)};
  static constexpr tape_value place(tape& record, const written_operand&, const shape_value*) {
    return add_constant(record, value, list::type, list::words, sizeof...(Values), false);
  }
};

template <class Axes, dtype Type>
struct operand<Axes, number<Type>> {
  using shape_type = shape<>;
  static constexpr shape_value value{};
  static constexpr dtype type = Type;
  static constexpr inference_input input{true, Type, &value};
  static constexpr tape_value place(tape& record, const number<Type>& x, const shape_value*) {
    const std::int64_t word = __builtin_bit_cast(std::int64_t, x.value);
    return add_constant(record, value, type, &word, 1, true);
  }
};

// --- the gears of the operands ---
struct gears_differ {};
struct gears_unknown {};

template <class T>
struct gears_of_operand {
  using type = gears_unknown;
};
template <class Gears, dtype Type, class Shape>
struct gears_of_operand<tensor<Gears, Type, Shape>> {
  using type = Gears;
};

template <class Left, class Right>
constexpr auto one_gear_set(std::type_identity<Left>, std::type_identity<Right>) {
  if constexpr (std::is_same_v<Left, Right> || std::is_same_v<Right, gears_unknown>)
    return std::type_identity<Left>{};
  else if constexpr (std::is_same_v<Left, gears_unknown>)
    return std::type_identity<Right>{};
  else
    return std::type_identity<gears_differ>{};
}
template <class Found>
constexpr auto gears_of_all(Found found) {
  return found;
}
template <class Found, class First, class... Rest>
constexpr auto gears_of_all(Found found, std::type_identity<First> first, Rest... rest) {
  return gears_of_all(one_gear_set(found, first), rest...);
}
template <class... Operands>
using gears_of =
    typename decltype(gears_of_all(std::type_identity<gears_unknown>{},
                                   std::type_identity<typename gears_of_operand<Operands>::type>{}...))::type;

// --- applying an operator ---
/// The result of a rule, with room for exactly as many outputs as the operator has.
template <std::size_t Outputs>
struct outcome {
  shape_value shapes[Outputs == 0 ? 1 : Outputs]{};
  dtype types[Outputs == 0 ? 1 : Outputs]{};
  std::size_t same_as[Outputs == 0 ? 1 : Outputs]{};  ///< the operand of the same shape; their count where
                                                      ///< none has it
  finding misfit;
};

constexpr std::size_t operand_of_shape(const inference_input* inputs, std::size_t count,
                                       const shape_value& shape) {
  std::size_t i = 0;
  while (i != count && !(inputs[i].fed && *inputs[i].shape == shape)) ++i;
  return i;
}

/// The attributes that a call sets: what `Call` writes into an empty list.
template <class Call>
struct attributes_of_call {
  static constexpr attribute_list value = [] {
    attribute_list list;
    Call{}(list);
    return list;
  }();
};
/// A call that leaves every attribute at its default.
struct no_call {
  constexpr void operator()(attribute_list&) const {}
};
template <>
struct attributes_of_call<no_call> {
  static constexpr const attribute_list& value = no_attributes;
};
/// A call that writes other attributes from rank to rank says for how many ranks: `Call::ranks`, and
/// Call{}(list, rank). What shapes depend on has to be the same on all of them.
template <class Call>
  requires(Call::ranks > 1)
struct attributes_of_call<Call> {
  struct lists {
    attribute_list of_rank[Call::ranks];
  };
  static constexpr lists all = [] {
    lists written;
    for (int rank = 0; rank != Call::ranks; ++rank) Call{}(written.of_rank[rank], rank);
    return written;
  }();
  static constexpr const attribute_list& value = all.of_rank[0];
};
template <class Call>
inline constexpr int ranks_of_call = 1;
template <class Call>
  requires(Call::ranks > 1)
inline constexpr int ranks_of_call<Call> = Call::ranks;

/// How many outputs the operator has under these attributes, given this many operands.
template <class Op, class Call>
constexpr std::size_t outputs_of(std::size_t operands) {
  if constexpr (Op::ir.output_count == 0 || !Op::ir.outputs[0].dynamic)
    return Op::ir.output_count;
  else if constexpr (Op::ir.outputs[0].count_attribute.empty())
    return operands + 1 - Op::ir.input_count;
  else {
    const attribute_value& count = attributes_of_call<Call>::value[Op::ir.outputs[0].count_attribute];
    return count.is_set() ? static_cast<std::size_t>(count.integer) : 1;
  }
}

/// One operator applied to operands of these types: the rule is run once for each such combination of types.
template <class Op, class Call, class Gears, class... Operands>
struct application {
  using axes = typename gear_table<Gears>::axes;
  static constexpr std::size_t outputs = outputs_of<Op, Call>(sizeof...(Operands));
  static constexpr inference_input inputs[sizeof...(Operands) + 1]{operand<axes, Operands>::input..., {}};
  static constexpr outcome<outputs> value = [] {
    outcome<outputs> result;
    inference_outputs out{result.shapes, result.types, outputs};
    inference rule{
        Op::ir, gear_table<Gears>::view, inputs, sizeof...(Operands), attributes_of_call<Call>::value, out};
    rule.run();
    result.misfit = rule.found();
    for (std::size_t i = 0; i != outputs; ++i)
      result.same_as[i] = operand_of_shape(inputs, sizeof...(Operands), result.shapes[i]);
    return result;
  }();
  static constexpr tape_step step = [] {
    tape_step made{&Op::ir, &attributes_of_call<Call>::value, value.shapes, value.types, outputs};
    made.ranks = ranks_of_call<Call>;
    return made;
  }();
};

template <class Application, std::size_t Output>
struct output_shape_source {
  static constexpr const shape_value& value = Application::value.shapes[Output];
};

template <std::size_t Index, class First, class... Rest>
constexpr auto pick_type() {
  if constexpr (Index == 0)
    return std::type_identity<First>{};
  else
    return pick_type<Index - 1, Rest...>();
}

/// The type of one output: an operand's own shape type where the shape is the same, else a new name.
template <class Application, class Gears, std::size_t Output, class... Operands>
constexpr auto output_type_of() {
  constexpr std::size_t same = Application::value.same_as[Output];
  constexpr dtype type = Application::value.types[Output];
  using axes = typename Application::axes;
  if constexpr (same != sizeof...(Operands)) {
    using like = typename decltype(pick_type<same, Operands...>())::type;
    return std::type_identity<tensor<Gears, type, typename operand<axes, like>::shape_type>>{};
  } else
    return std::type_identity<
        tensor<Gears, type, named_shape<axes, output_shape_source<Application, Output>>>>{};
}

// --- explaining a finding ---
template <class Gears, std::size_t Gear, class... Axes>
constexpr auto words_of_gear(axis_list<Axes...>) {
  using table = gear_table<Gears>;
  if constexpr (Gear == no_gear || sizeof...(Axes) == 0)
    return parts<>{};
  else
    return parts<std::type_identity<
        in_gear<Gear + 1, of<table::view.gears>,
                where<Axes, table::view.size(Gear, axis_list<Axes...>::template index<Axes>())>...>>{}>{};
}
template <int Dimension>
constexpr auto words_of_dimension() {
  if constexpr (Dimension < 0)
    return parts<>{};
  else
    return parts<std::type_identity<at_dimension<Dimension>>{}>{};
}
template <class... Words>
constexpr auto words() {
  return parts<std::type_identity<Words>{}...>{};
}

template <class Part, finding Found>
constexpr auto words_of_need() {
  constexpr auto left = static_cast<Part>(Found.left);
  constexpr auto right = static_cast<Part>(Found.right);
  constexpr auto a = canonical_number<Found.left_size>(), b = canonical_number<Found.right_size>();
  if constexpr (Found.need == relation::equal)
    return words<is<left, a>, must_equal<right, b>>();
  else if constexpr (Found.need == relation::equal_or_one)
    return words<is<left, a>, must_equal_or_be_one<right, b>>();
  else if constexpr (Found.need == relation::divides)
    return words<is<left, a>, must_be_divisible_by<right, b>>();
  else if constexpr (Found.need == relation::at_least && left == right)
    return words<is<left, a>, at_least<b>>();
  else if constexpr (Found.need == relation::at_least)
    return words<is<left, a>, must_be_at_least<right, b>>();
  else if constexpr (Found.need == relation::below)
    return words<is<left, a>, below<b>>();
  else if constexpr (Found.need == relation::rank)
    return words<has_rank<left, a>, needs_rank<b>>();
  else if constexpr (Found.need == relation::rank_at_least)
    return words<has_rank<left, a>, needs_rank_at_least<b>>();
  else if constexpr (Found.need == relation::rank_at_most)
    return words<has_rank<left, a>, needs_rank_at_most<b>>();
  else if constexpr (Found.need == relation::same_dtype)
    return words<is<left, static_cast<dtype>(a)>, must_equal<right, static_cast<dtype>(b)>>();
  else if constexpr (Found.need == relation::dtype_accepted)
    return words<is<left, static_cast<dtype>(a)>, which_the_operator_does_not_take>();
  else if constexpr (Found.need == relation::fed)
    return words<missing<left>>();
  else if constexpr (Found.need == relation::contents_known)
    return words<needs_known_contents<left>>();
  else if constexpr (Found.need == relation::exactly)
    return words<is<left, a>, has_to_be<b>>();
  else if constexpr (Found.need == relation::attribute_set)
    return words<a_required_attribute_is_missing>();
  else if constexpr (Found.need == relation::text_known)
    return words<an_attribute_says_an_unknown_word>();
  else
    return words<output_size_is_no_polynomial<Found.left>>();
}

template <class Op, auto... Words>
constexpr auto error_of_words(parts<Words...>) {
  return shape_error<Op, typename decltype(Words)::type...>{};
}

/// Turns a finding into the one error that names it.
template <class Op, class Gears, finding Found>
constexpr auto explain() {
  return error_of_words<Op>(words_of_need<typename Op::part, Found>() |
                            words_of_dimension<Found.dimension>() |
                            words_of_gear<Gears, Found.gear>(typename gear_table<Gears>::axes{}));
}

// --- recording ---
/// A parameter as a tensor in the gears of another tensor, for operators that take nothing else from the
/// model:
///   slice<0, 0, seq>(as_tensor(positions.weight, ids))
template <class Gears, dtype Type, class Shape, dtype ParameterType, auto... Extents>
constexpr auto as_tensor(const parameter<ParameterType, Extents...>& weight,
                         const tensor<Gears, Type, Shape>& beside) {
  return tensor<Gears, ParameterType, shape<Extents...>>{
      {beside.record, parameter_operand::place(*beside.record, weight, nullptr)}};
}

/// What recording an operator gives: its outputs, one by one.
template <class... Outputs>
struct recorded {
  tape* record = nullptr;
  int step = -1;

  template <std::size_t Index>
  constexpr auto output() const {
    using type = typename decltype(pick_type<Index, Outputs...>())::type;
    if constexpr (is_refused<type>)
      return type{};
    else
      return type{{record, {step, static_cast<int>(Index)}}};
  }
  /// The same under the name that structured bindings look for: auto [left, right] = al::split<1, 2>(x);
  template <std::size_t Index>
  constexpr auto get() const {
    return output<Index>();
  }
  /// Sets an attribute whose value is a number known only now.
  constexpr const recorded& with(std::string_view name, double value) const {
    record->add_number(step, name, value);
    return *this;
  }
};
struct nothing_recorded {
  template <std::size_t Index>
  constexpr no_shape output() const {
    return {};
  }
  constexpr const nothing_recorded& with(std::string_view, double) const { return *this; }
};

/// The first outputs of an operator, for structured bindings; as many refused ones where it was refused.
template <std::size_t>
using refused_output = no_shape;
template <std::size_t Count, class... Outputs>
constexpr auto outputs_of(const recorded<Outputs...>& all) {
  return [&]<std::size_t... I>(std::index_sequence<I...>) {
    return recorded<typename decltype(pick_type<I, Outputs...>())::type...>{all.record, all.step};
  }(std::make_index_sequence<Count>{});
}
template <std::size_t Count>
constexpr auto outputs_of(const nothing_recorded&) {
  return []<std::size_t... I>(std::index_sequence<I...>) {
    return recorded<refused_output<I>...>{};
  }(std::make_index_sequence<Count>{});
}

/// The first tape that is one.
constexpr tape* first_tape(std::initializer_list<tape*> tapes) {
  for (tape* found : tapes)
    if (found != nullptr) return found;
  return nullptr;
}

/// The outputs of an application, as the user gets them.
template <class Application, class Gears, class Outputs, class... Operands>
struct recorded_by;
template <class Application, class Gears, std::size_t... Output, class... Operands>
struct recorded_by<Application, Gears, std::index_sequence<Output...>, Operands...> {
  using type =
      recorded<typename decltype(output_type_of<Application, Gears, Output, Operands...>())::type...>;
};

/// A captureless function that writes attributes.
template <class T>
concept attribute_writer = std::is_empty_v<T> && requires(T call, attribute_list& list) { call(list); };

/// Records operator `Op` on the operands in these gears, or refuses with the one error that says why not.
template <class Op, class Gears, class Call, class... Operands>
constexpr auto record_on(tape* record, const std::source_location& where, Call, const Operands&... operands) {
  using applied = application<Op, Call, Gears, Operands...>;
  if constexpr (!applied::value.misfit.holds()) {
    static_cast<void>(explain<Op, Gears, applied::value.misfit>());
    return nothing_recorded{};
  } else {
    record->set_line(where);
    const tape_value values[sizeof...(Operands) + 1]{
        operand<typename applied::axes, Operands>::place(*record, operands, applied::inputs[0].shape)...};
    using outputs = std::make_index_sequence<applied::outputs>;
    return typename recorded_by<applied, Gears, outputs, Operands...>::type{
        record, record->add_step(applied::step, where, values, sizeof...(Operands))};
  }
}

/// Records operator `Op` on the operands, or refuses with the one error that says why not.
/// `Call` is a captureless function that writes the attributes which the call sets.
template <class Op, attribute_writer Call, class... Operands>
constexpr auto record(const std::source_location& where, Call call, const Operands&... operands) {
  if constexpr ((is_refused<Operands> || ...))
    return nothing_recorded{};
  else {
    using gears = gears_of<Operands...>;
    if constexpr (std::is_same_v<gears, gears_differ>) {
      static_cast<void>(shape_error<Op, operands_have_different_gear_sets>{});
      return nothing_recorded{};
    } else if constexpr (std::is_same_v<gears, gears_unknown>) {
      static_cast<void>(shape_error<Op, no_operand_is_a_tensor>{});
      return nothing_recorded{};
    } else
      return record_on<Op, gears>(first_tape({tape_of(operands)...}), where, call, operands...);
  }
}
template <class Op, class First, class... Rest>
  requires(!attribute_writer<First>)
constexpr auto record(const std::source_location& where, const First& first, const Rest&... rest) {
  return record<Op>(where, no_call{}, first, rest...);
}

/// What an operator function takes: a tensor, a parameter, or what a refused operator returned.
// Asked of every operand of every operator, so the compiler's own word is used: it makes no class a type, as
// std::is_base_of does.
template <class T>
concept operand_like =
    __is_base_of(tensor_base, T) || __is_base_of(parameter_base, T) || __is_base_of(no_shape, T);
/// An operand that may also be left out.
template <class T>
concept optional_operand = operand_like<T> || std::is_same_v<T, unfed_type>;

/// The rank of an operand's type; 0 for a refused one.
template <class T>
inline constexpr std::size_t rank_of = 0;
template <class Gears, dtype Type, class Shape>
inline constexpr std::size_t rank_of<tensor<Gears, Type, Shape>> = Shape::rank;
template <dtype Type, auto... Extents>
inline constexpr std::size_t rank_of<parameter<Type, Extents...>> = sizeof...(Extents);
template <class T>
inline constexpr dtype type_of = dtype::f32;
template <class Gears, dtype Type, class Shape>
inline constexpr dtype type_of<tensor<Gears, Type, Shape>> = Type;
template <dtype Type, auto... Extents>
inline constexpr dtype type_of<parameter<Type, Extents...>> = Type;

}  // namespace airloom

template <class... Outputs>
struct std::tuple_size<airloom::recorded<Outputs...>>
    : std::integral_constant<std::size_t, sizeof...(Outputs)> {};
template <std::size_t Index, class... Outputs>
struct std::tuple_element<Index, airloom::recorded<Outputs...>>
    : decltype(airloom::pick_type<Index, Outputs...>()) {};
