#pragma once
// States: inputs that the model also writes, such as the key cache of a decoder.
//
//   struct step {
//     constexpr auto operator()(auto x, auto cache) const {
//       auto written = al::concat<1>(al::slice<1, 1, al::to_the_end>(cache), x);
//       return al::outputs(al::sum<1>(written), al::updated(cache, written));
//     }
//   };
//   al::trace(step{}, al::input<traffic, al::f32, batch, 1, 8>("x"),
//                     al::state<traffic, al::f32, batch, 64, 8>("cache"));
//
// A state is read like any tensor. Its new value is a result: one update a state, of its own element type and
// shape. A module that is given a state may return the update among its results; whoever calls it passes it
// on.

#include <airloom/model/tensor.hpp>

namespace airloom {

namespace op {

/// The rule of updates: (R1) one element type, (R2) one rank, and every size equal in every gear.
struct update : operator_definition {
  enum class part { state, new_value, state_size, new_value_size };

  static constexpr void rule(inference& i) {
    const shape_value &state = i.shape(0), &value = i.shape(1);
    if (!i.need_rank(part::new_value, value, state.rank)) return;
    for (std::size_t d = 0; d != state.rank; ++d)
      i.need_equal(part::new_value_size, value[d], part::state_size, state[d], static_cast<int>(d));
  }
  static constexpr prototype ir = prototype{"update"}
                                      .input("state", types::all, 'T')
                                      .input("new_value", types::all, 'T')
                                      .with_unknown_ranks()
                                      .with_rule(rule);
};

}  // namespace op

/// A state as its model sees it: a tensor that knows which input of the model it is, counted from 0.
template <std::size_t Place, class Gears, dtype Type, class Shape>
struct state_tensor : tensor<Gears, Type, Shape> {};

template <std::size_t Place, class Gears, dtype Type, class Shape>
inline constexpr std::size_t rank_of<state_tensor<Place, Gears, Type, Shape>> = Shape::rank;
template <std::size_t Place, class Gears, dtype Type, class Shape>
inline constexpr dtype type_of<state_tensor<Place, Gears, Type, Shape>> = Type;
template <std::size_t Place, class Gears, dtype Type, class Shape>
struct gears_of_operand<state_tensor<Place, Gears, Type, Shape>>
    : gears_of_operand<tensor<Gears, Type, Shape>> {};
template <class Axes, std::size_t Place, class Gears, dtype Type, class Shape>
struct operand<Axes, state_tensor<Place, Gears, Type, Shape>> : operand<Axes, tensor<Gears, Type, Shape>> {};

/// The new value of the state that is input `Place` of the model: one of the model's results.
template <std::size_t Place, class Tensor>
struct state_update {
  Tensor value;
};

struct only_a_state_of_the_model_is_updated;
struct a_state_is_updated_twice;
struct a_state_is_never_updated;
struct inputs_come_before_states;
template <std::size_t Number>
struct input_number;

template <class Rule, class... Because>
inline constexpr bool state_fits = false;
/// The one error of a state that is declared, or updated, as it cannot be.
template <class Rule, class... Because>
struct state_error : no_shape {
  static_assert(state_fits<Rule, Because...>,
                "this state cannot be (the template arguments name the rule and what breaks it)");
};

/// updated(state, value): what the state holds after the model has run. Among the results it stands where it
/// is written, under the state's name.
/// Needs    a state of the model; a value of its element type, and of its shape in every gear
template <std::size_t Place, class Gears, dtype Type, class Shape, operand_like Value>
constexpr auto updated(const state_tensor<Place, Gears, Type, Shape>& state, const Value& value) {
  if constexpr (is_refused<Value>)
    return value;
  else if constexpr (std::is_base_of_v<parameter_base, Value>)
    return updated(state, as_tensor(value, state));
  else {
    using gears = gears_of<tensor<Gears, Type, Shape>, Value>;
    using applied = application<op::update, no_call, Gears, tensor<Gears, Type, Shape>, Value>;
    if constexpr (std::is_same_v<gears, gears_differ>) {
      static_cast<void>(shape_error<op::update, operands_have_different_gear_sets, Gears>{});
      return no_shape{};
    } else if constexpr (!applied::value.misfit.holds()) {
      static_cast<void>(explain<op::update, Gears, applied::value.misfit>());
      return no_shape{};
    } else
      return state_update<Place, Value>{value};
  }
}
template <class Gears, dtype Type, class Shape, operand_like Value>
constexpr auto updated(const tensor<Gears, Type, Shape>&, const Value&) {
  static_cast<void>(state_error<only_a_state_of_the_model_is_updated, Shape>{});
  return no_shape{};
}
template <operand_like Value>
constexpr no_shape updated(const no_shape& refused, const Value&) {
  return refused;
}

}  // namespace airloom
