#pragma once
// Recording a model: al::record_model(module, inputs…) gives the tape, in constant evaluation too.

#include <airloom/model/module.hpp>
#include <airloom/model/state.hpp>

namespace airloom {

/// An input of a model: its gears, element type and shape, and the name that files and callers use.
template <class Gears, dtype Type, class Shape>
struct input_declaration {
  using tensor_type = tensor<Gears, Type, Shape>;
  std::string_view name;
};

struct refused_input : no_shape {};
template <auto Extent>
struct extent_is;
template <auto... Extents>
struct shape_is;
struct every_axis_of_a_shape_belongs_to_the_gear_set;
struct a_dimension_is_at_least_one;
struct a_shape_has_at_most_eight_dimensions;
template <std::size_t Count>
struct but_has;

template <class Rule, class... Because>
inline constexpr bool input_fits = false;
/// The one error of a wrong input declaration.
template <class Rule, class... Because>
struct input_error : refused_input {
  static_assert(input_fits<Rule, Because...>,
                "this input cannot be (the template arguments name the rule and what breaks it)");
};

/// What is wrong with the extents of an input over these axes; the declaration itself where nothing is.
template <class Gears, dtype Type, auto... Extents>
constexpr auto checked_input(std::string_view name) {
  using table = gear_table<Gears>;
  if constexpr (sizeof...(Extents) > max_rank)
    return input_error<a_shape_has_at_most_eight_dimensions, but_has<sizeof...(Extents)>>{};
  else {
    constexpr shape_value value = value_of_shape<typename table::axes, shape<Extents...>>::value;
    constexpr bool foreign = [&] {
      for (std::size_t i = 0; i != value.rank; ++i)
        if (!value[i].is_known()) return true;
      return false;
    }();
    if constexpr (foreign)
      return input_error<every_axis_of_a_shape_belongs_to_the_gear_set, shape_is<Extents...>>{};
    else {
      constexpr bool positive = [&] {
        for (std::size_t gear = 0; gear != table::view.gears; ++gear)
          for (std::size_t i = 0; i != value.rank; ++i)
            if (value[i].size_in(table::view, gear) < 1) return false;
        return true;
      }();
      if constexpr (!positive)
        return input_error<a_dimension_is_at_least_one, shape_is<Extents...>>{};
      else
        return input_declaration<Gears, Type, shape<Extents...>>{name};
    }
  }
}

/// `al::input<traffic, al::f32, batch, 768>("x")`: one input of a model. `Gears` is a gear set, or
/// static_model. Needs    every axis belongs to the gear set; every dimension at least 1; at most 8
/// dimensions.
template <auto Gears, dtype Type, auto... Extents>
constexpr auto input(std::string_view name) {
  using set = std::remove_cvref_t<decltype(Gears)>;
  if constexpr (std::is_base_of_v<no_gears, set>)
    return refused_input{};
  else if constexpr (gear_count<set> > ascend_950_gear_limit ||
                     (is_bare_ladder<set> && gear_count<set> > default_gear_limit))
    return gear_error<too_many_gears, gears_in_all<set::raw_gears>, at_most<default_gear_limit>>{};
  else
    return checked_input<set, Type, Extents...>(name);
}

/// A state of a model: an input that it also writes. The name is the one of the input and of its new value.
template <class Gears, dtype Type, class Shape>
struct state_declaration {
  using tensor_type = tensor<Gears, Type, Shape>;
  std::string_view name;
};
template <class Gears, dtype Type, class Shape>
constexpr state_declaration<Gears, Type, Shape> as_state(const input_declaration<Gears, Type, Shape>& input) {
  return {input.name};
}
template <class Refused>
  requires(is_refused<Refused>)
constexpr Refused as_state(const Refused& refused) {
  return refused;
}

/// `al::state<traffic, al::f32, batch, 64, 8>("cache")`: one state of a model (model/state.hpp).
/// Needs    what an input needs; to be declared after all inputs, so that one order holds everywhere (in
/// files
///          the inputs come first, then the states); exactly one update among the results.
template <auto Gears, dtype Type, auto... Extents>
constexpr auto state(std::string_view name) {
  return as_state(input<Gears, Type, Extents...>(name));
}

/// A result with the name that run and compare use for it.
template <class Tensor>
struct named_output {
  Tensor value;
  std::string_view name;
};
template <operand_like Tensor>
constexpr named_output<Tensor> named(std::string_view name, const Tensor& value) {
  return {value, name};
}

/// Several results of one model: `return al::outputs(al::named("logits", a), b);` A module may return them to
/// another, which takes them apart: `auto [y, keys] = layer(x, cache);`
template <class... Results>
struct output_list;
template <class First, class... Rest>
struct output_list<First, Rest...> {
  First first;
  output_list<Rest...> rest;

  template <std::size_t Index>
  constexpr auto get() const {
    if constexpr (Index == 0)
      return first;
    else
      return rest.template get<Index - 1>();
  }
};
template <>
struct output_list<> {};

constexpr output_list<> outputs() {
  return {};
}
template <class First, class... Rest>
constexpr output_list<First, Rest...> outputs(const First& first, const Rest&... rest) {
  return {first, outputs(rest...)};
}

// --- recording ---
template <class Gears, dtype Type, class Shape>
constexpr tape_value place_source(tape& record, const prototype& ir, std::string_view name) {
  using tensor_operand = operand<typename gear_table<Gears>::axes, tensor<Gears, Type, Shape>>;
  tape_step step{&ir, &no_attributes, tensor_operand::input.shape, &tensor_operand::input.type, 1};
  step.input = static_cast<int>(record.inputs().size());
  const int index = record.add_step(step, record.line(), nullptr, 0);
  record.add_input({index, name});
  return {index, 0};
}
template <class Gears, dtype Type, class Shape>
constexpr tape_value place_input(tape& record, const input_declaration<Gears, Type, Shape>& declared) {
  return place_source<Gears, Type, Shape>(record, op::data::ir, declared.name);
}
template <class Gears, dtype Type, class Shape>
constexpr tape_value place_input(tape& record, const state_declaration<Gears, Type, Shape>& declared) {
  return place_source<Gears, Type, Shape>(record, op::ref_data::ir, declared.name);
}

/// What the module is called with for one declaration.
template <std::size_t Place, class Gears, dtype Type, class Shape>
constexpr auto argument_of(const input_declaration<Gears, Type, Shape>&, const tensor_base& placed) {
  return tensor<Gears, Type, Shape>{placed};
}
template <std::size_t Place, class Gears, dtype Type, class Shape>
constexpr auto argument_of(const state_declaration<Gears, Type, Shape>&, const tensor_base& placed) {
  return state_tensor<Place, Gears, Type, Shape>{{placed}};
}

template <class Gears, dtype Type, class Shape>
constexpr void place_output(tape& record, const tensor<Gears, Type, Shape>& result, std::string_view name) {
  record.add_output({result.value, name});
}
template <class Result>
constexpr void place_outputs(tape& record, const Result& result) {
  place_output(record, result, {});
}
template <class Tensor>
constexpr void place_outputs(tape& record, const named_output<Tensor>& result) {
  place_output(record, result.value, result.name);
}
template <std::size_t Place, class Tensor>
constexpr void place_outputs(tape& record, const state_update<Place, Tensor>& update) {
  record.add_output({update.value.value, record.inputs()[Place].name, static_cast<int>(Place)});
}
constexpr void place_outputs(tape&, const output_list<>&) {}
template <class First, class... Rest>
constexpr void place_outputs(tape& record, const output_list<First, Rest...>& results) {
  place_outputs(record, results.first);
  place_outputs(record, results.rest);
}

template <class T>
inline constexpr bool result_refused = is_refused<T>;
template <class Tensor>
inline constexpr bool result_refused<named_output<Tensor>> = is_refused<Tensor>;
template <class... Results>
inline constexpr bool result_refused<output_list<Results...>> = (result_refused<Results> || ...);

template <class T>
struct gears_of_declaration {
  using type = product_set<>;
};
template <class Gears, dtype Type, class Shape>
struct gears_of_declaration<input_declaration<Gears, Type, Shape>> {
  using type = Gears;
};
template <class Gears, dtype Type, class Shape>
struct gears_of_declaration<state_declaration<Gears, Type, Shape>> {
  using type = Gears;
};

// --- what is asked of states ---
template <class T>
inline constexpr bool is_state = false;
template <class Gears, dtype Type, class Shape>
inline constexpr bool is_state<state_declaration<Gears, Type, Shape>> = true;

/// How often a result updates the state at a place.
template <class T>
struct counted_updates {
  static constexpr std::size_t at(std::size_t) { return 0; }
};
template <std::size_t Place, class Tensor>
struct counted_updates<state_update<Place, Tensor>> {
  static constexpr std::size_t at(std::size_t place) { return place == Place ? 1 : 0; }
};
template <class... Results>
struct counted_updates<output_list<Results...>> {
  static constexpr std::size_t at([[maybe_unused]] std::size_t place) {
    return (std::size_t{0} + ... + counted_updates<Results>::at(place));
  }
};

/// The first input that is declared behind a state; the number of inputs where none is.
template <class... Declarations>
constexpr std::size_t input_behind_a_state() {
  constexpr bool states[]{is_state<Declarations>...};
  std::size_t place = 1;
  while (place < sizeof...(Declarations) && (states[place] || !states[place - 1])) ++place;
  return place < sizeof...(Declarations) ? place : sizeof...(Declarations);
}
/// The first state that is not updated once; the number of inputs where all are.
template <class Result, class... Declarations>
constexpr std::size_t state_not_updated_once() {
  constexpr bool states[]{is_state<Declarations>...};
  std::size_t place = 0;
  while (place != sizeof...(Declarations) && (!states[place] || counted_updates<Result>::at(place) == 1))
    ++place;
  return place;
}

/// The one error of the state at this place.
template <class Result, std::size_t Place>
constexpr void refuse_updates() {
  if constexpr (counted_updates<Result>::at(Place) == 0)
    static_cast<void>(state_error<a_state_is_never_updated, input_number<Place + 1>>{});
  else
    static_cast<void>(state_error<a_state_is_updated_twice, input_number<Place + 1>>{});
}

/// Calls the module on its inputs. The inputs are placed in the order in which they are written.
template <class Module, std::size_t... I, class... Declarations>
constexpr void record_forward(tape& record, const Module& root, std::index_sequence<I...>,
                              const Declarations&... declarations) {
  const tape_value placed[]{place_input(record, declarations)...};
  const auto result = root(argument_of<I>(declarations, {&record, placed[I]})...);
  using result_type = std::remove_cvref_t<decltype(result)>;
  if constexpr (!result_refused<result_type>) {
    constexpr std::size_t wrong = state_not_updated_once<result_type, Declarations...>();
    if constexpr (wrong == sizeof...(Declarations))
      place_outputs(record, result);
    else
      refuse_updates<result_type, wrong>();
  }
}

/// Records `module(inputs…)`. Usable in constant evaluation: the node count, the sizes of outputs and the
/// arena of the model are then constants.
template <class Module, class First, class... Rest>
constexpr tape record_model(Module root, const First& first, const Rest&... rest) {
  using table = gear_table<typename gears_of_declaration<First>::type>;
  tape record{tape_gears{table::view, table::axes::names}};
  constexpr std::size_t misplaced = input_behind_a_state<First, Rest...>();
  if constexpr (misplaced != 1 + sizeof...(Rest))
    static_cast<void>(state_error<inputs_come_before_states, input_number<misplaced + 1>>{});
  else if constexpr (!(is_refused<First> || ... || is_refused<Rest>)) {
    bind_members<Module>(record, 0, root);
    record_forward(record, root, std::make_index_sequence<1 + sizeof...(Rest)>{}, first, rest...);
    record.put_in_order();
  }
  return record;
}

}  // namespace airloom

template <class... Results>
struct std::tuple_size<airloom::output_list<Results...>>
    : std::integral_constant<std::size_t, sizeof...(Results)> {};
template <std::size_t Index, class... Results>
struct std::tuple_element<Index, airloom::output_list<Results...>>
    : decltype(airloom::pick_type<Index, Results...>()) {};
