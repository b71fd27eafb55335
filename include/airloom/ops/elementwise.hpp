#pragma once
// Element by element: arithmetic, comparison and selection of two or three tensors, with broadcasting.
//
// A number may stand where a tensor may: it becomes a Const of the other operand's element type.

#include <airloom/model/tensor.hpp>

namespace airloom {

namespace op {

/// The rule of all operators on two tensors here.
struct binary : operator_definition {
  enum class part { x1, x2 };

  static constexpr void rule(inference& i) {
    i.output(0, broadcast(i, part::x1, i.shape(0), part::x2, i.shape(1)));  // (R1)
  }
  /// The prototype of an operator whose result has the element type of its operands, or a fixed one.
  static constexpr prototype of(prototype&& named, dtype_set accepts, dtype result = dtype::undefined) {
    prototype both = static_cast<prototype&&>(named).input("x1", accepts, 'T').input("x2", accepts, 'T');
    return (result == dtype::undefined ? static_cast<prototype&&>(both).output_like("y", 0)
                                       : static_cast<prototype&&>(both).output_of("y", result))
        .planned_as(memory_trait::element_wise)
        .with_rule(rule);
  }
};

/// add(x1, x2), x1 + x2: the sum.
/// Inputs   x1, x2: shapes that broadcast, one element type; one of them may be a number
/// Output   the broadcast shape, the same element type
/// Needs    (R1) right-aligned, each dimension equal or 1 in every gear
/// Lowers   Add(x1, x2) -> y
/// Example  al::add(x, bias)
struct add : binary {
  static constexpr void rule(inference& i) {
    binary::rule(i);
    follow_integers(i, [](const extent& a, const extent& b) { return a + b; });
  }
  static constexpr dtype_set accepts =
      types::floats | types::complex | set_of(i32, i64, i16, i8, u8, boolean, dtype::c32, dtype::string);
  static constexpr prototype ir = prototype{"Add"}
                                      .input("x1", accepts, 'T')
                                      .input("x2", accepts, 'T')
                                      .output_like("y", 0)
                                      .planned_as(memory_trait::element_wise)
                                      .with_rule(rule);
};

/// sub(x1, x2), x1 - x2: the difference.
/// Inputs   x1, x2: shapes that broadcast, one element type; one of them may be a number
/// Output   the broadcast shape, the same element type
/// Needs    (R1) right-aligned, each dimension equal or 1 in every gear
/// Lowers   Sub(x1, x2) -> y
/// Example  al::sub(1, x)
struct sub : binary {
  static constexpr void rule(inference& i) {
    binary::rule(i);
    follow_integers(i, [](const extent& a, const extent& b) { return a - b; });
  }
  static constexpr dtype_set accepts =
      types::floats | types::complex | set_of(u8, i8, u16, i16, i32, i64, boolean, dtype::c32);
  static constexpr prototype ir = prototype{"Sub"}
                                      .input("x1", accepts, 'T')
                                      .input("x2", accepts, 'T')
                                      .output_like("y", 0)
                                      .planned_as(memory_trait::element_wise)
                                      .with_rule(rule);
};

/// mul(x1, x2), x1 * x2: the product, element by element.
/// Inputs   x1, x2: shapes that broadcast, one element type; one of them may be a number
/// Output   the broadcast shape, the same element type
/// Needs    (R1) right-aligned, each dimension equal or 1 in every gear
/// Lowers   Mul(x1, x2) -> y; a number beside f16 or bf16: Muls(x), as TorchAir does
/// Example  al::mul(scores, mask)
struct mul : binary {
  static constexpr void rule(inference& i) {
    binary::rule(i);
    follow_integers(i, [](const extent& a, const extent& b) { return a * b; });
  }
  static constexpr dtype_set accepts = sub::accepts;
  static constexpr prototype ir = prototype{"Mul"}
                                      .input("x1", accepts, 'T')
                                      .input("x2", accepts, 'T')
                                      .output_like("y", 0)
                                      .planned_as(memory_trait::element_wise)
                                      .with_rule(rule);
};

/// div(x1, x2), x1 / x2: the quotient.
/// Inputs   x1, x2: shapes that broadcast, one element type; one of them may be a number
/// Output   the broadcast shape, the same element type
/// Needs    (R1) right-aligned, each dimension equal or 1 in every gear
/// Lowers   RealDiv(x1, x2) -> y
/// Example  al::div(sum, count)
struct real_div : binary {
  static constexpr dtype_set accepts =
      types::floats | types::complex | set_of(u8, i8, u16, i16, i32, i64, boolean);
  static constexpr prototype ir = prototype{"RealDiv"}
                                      .input("x1", accepts, 'T')
                                      .input("x2", accepts, 'T')
                                      .output_like("y", 0)
                                      .planned_as(memory_trait::element_wise)
                                      .with_rule(rule);
};

/// maximum(x1, x2): the larger of the two.
/// Inputs   x1, x2: shapes that broadcast, one element type; one of them may be a number
/// Output   the broadcast shape, the same element type
/// Needs    (R1) right-aligned, each dimension equal or 1 in every gear
/// Lowers   Maximum(x1, x2) -> y
/// Example  al::maximum(x, 0)
struct maximum : binary {
  static constexpr dtype_set accepts = types::floats | set_of(i32, i64, i8, u8);
  static constexpr prototype ir = prototype{"Maximum"}
                                      .input("x1", accepts, 'T')
                                      .input("x2", accepts, 'T')
                                      .output_like("y", 0)
                                      .planned_as(memory_trait::element_wise)
                                      .with_rule(rule);
};

/// pow(x1, x2): x1 to the power of x2. Whole numbers wrap around; with a negative exponent they give 0, but
/// 1 and -1 a power of themselves.
/// Inputs   x1, x2: shapes that broadcast, one element type; one of them may be a number
/// Output   the broadcast shape, the same element type
/// Needs    (R1) right-aligned, each dimension equal or 1 in every gear
/// Lowers   Pow(x1, x2) -> y
/// Example  al::pow(x, 2)
struct pow : binary {
  static constexpr dtype_set accepts = types::floats | types::complex | set_of(i8, i16, i32, i64, u8);
  static constexpr prototype ir = prototype{"Pow"}
                                      .input("x1", accepts, 'T')
                                      .input("x2", accepts, 'T')
                                      .output_like("y", 0)
                                      .planned_as(memory_trait::element_wise)
                                      .with_rule(rule);
};

/// equal(x1, x2): where the two are equal.
/// Inputs   x1, x2: shapes that broadcast, one element type; one of them may be a number
/// Output   the broadcast shape, bool
/// Needs    (R1) right-aligned, each dimension equal or 1 in every gear
/// Lowers   Equal(x1, x2) -> y
/// Example  al::equal(ids, 0)
struct equal : binary {
  static constexpr dtype_set accepts =
      types::floats | types::complex |
      set_of(i32, i8, u8, i16, i64, u64, boolean, dtype::qu8, dtype::qi8, dtype::qi32, dtype::string);
  static constexpr prototype ir = prototype{"Equal"}
                                      .input("x1", accepts, 'T')
                                      .input("x2", accepts, 'T')
                                      .output_of("y", boolean)
                                      .planned_as(memory_trait::element_wise)
                                      .with_rule(rule);
};

/// less(x1, x2): where x1 < x2.
/// Inputs   x1, x2: shapes that broadcast, one element type; one of them may be a number
/// Output   the broadcast shape, bool
/// Needs    (R1) right-aligned, each dimension equal or 1 in every gear
/// Lowers   Less(x1, x2) -> y
/// Example  al::less(positions, lengths)
struct less : binary {
  static constexpr dtype_set accepts = types::real | set_of(boolean);
  static constexpr prototype ir = prototype{"Less"}
                                      .input("x1", accepts, 'T')
                                      .input("x2", accepts, 'T')
                                      .output_of("y", boolean)
                                      .planned_as(memory_trait::element_wise)
                                      .with_rule(rule);
};

/// minimum(x1, x2): the smaller of the two.
/// Inputs   x1, x2: shapes that broadcast, one element type; one of them may be a number
/// Output   the broadcast shape, the same element type
/// Needs    (R1) right-aligned, each dimension equal or 1 in every gear
/// Lowers   Minimum(x1, x2) -> y
/// Example  al::minimum(x, 6)
struct minimum : binary {
  static constexpr prototype ir = of(prototype{"Minimum"}, maximum::accepts);
};

/// The quotient, of whole numbers towards zero (of 0 it is 0); read from files, where div(x1, x2) writes
/// RealDiv. Inputs   x1, x2: shapes that broadcast, one element type Output   the broadcast shape, the same
/// element type Needs    (R1) right-aligned, each dimension equal or 1 in every gear Lowers   Div(x1, x2) ->
/// y
struct div : binary {
  static constexpr prototype ir =
      of(prototype{"Div"}, types::floats | types::complex | set_of(i8, u8, i16, u16, i32, i64, dtype::c32));
};

/// less_equal(x1, x2): where x1 ≤ x2.
/// Inputs   x1, x2: shapes that broadcast, one element type; one of them may be a number
/// Output   the broadcast shape, bool
/// Needs    (R1) right-aligned, each dimension equal or 1 in every gear
/// Lowers   LessEqual(x1, x2) -> y
/// Example  al::less_equal(positions, lengths)
struct less_equal : binary {
  static constexpr prototype ir = of(prototype{"LessEqual"}, less::accepts, boolean);
};

/// greater(x1, x2): where x1 > x2.
/// Inputs   x1, x2: shapes that broadcast, one element type; one of them may be a number
/// Output   the broadcast shape, bool
/// Needs    (R1) right-aligned, each dimension equal or 1 in every gear
/// Lowers   Greater(x1, x2) -> y
/// Example  al::greater(scores, 0.5)
struct greater : binary {
  static constexpr prototype ir = of(prototype{"Greater"}, less::accepts, boolean);
};

/// greater_equal(x1, x2): where x1 ≥ x2.
/// Inputs   x1, x2: shapes that broadcast, one element type; one of them may be a number
/// Output   the broadcast shape, bool
/// Needs    (R1) right-aligned, each dimension equal or 1 in every gear
/// Lowers   GreaterEqual(x1, x2) -> y
/// Example  al::greater_equal(scores, 0.5)
struct greater_equal : binary {
  static constexpr prototype ir = of(prototype{"GreaterEqual"}, less::accepts, boolean);
};

/// not_equal(x1, x2): where the two differ.
/// Inputs   x1, x2: shapes that broadcast, one element type; one of them may be a number
/// Output   the broadcast shape, bool
/// Needs    (R1) right-aligned, each dimension equal or 1 in every gear
/// Lowers   NotEqual(x1, x2) -> y
/// Example  al::not_equal(ids, 0)
struct not_equal : binary {
  static constexpr prototype ir = of(prototype{"NotEqual"}, less::accepts, boolean);
};

/// logical_and(x1, x2): where both hold.
/// Inputs   x1, x2: bool, shapes that broadcast
/// Output   the broadcast shape, bool
/// Needs    (R1) right-aligned, each dimension equal or 1 in every gear
/// Lowers   LogicalAnd(x1, x2) -> y
/// Example  al::logical_and(inside, valid)
struct logical_and : binary {
  static constexpr prototype ir = of(prototype{"LogicalAnd"}, set_of(boolean), boolean);
};

/// logical_or(x1, x2): where one of them holds.
/// Inputs   x1, x2: bool, shapes that broadcast
/// Output   the broadcast shape, bool
/// Needs    (R1) right-aligned, each dimension equal or 1 in every gear
/// Lowers   LogicalOr(x1, x2) -> y
/// Example  al::logical_or(inside, valid)
struct logical_or : binary {
  static constexpr prototype ir = of(prototype{"LogicalOr"}, set_of(boolean), boolean);
};

/// floor_div(x1, x2): the quotient rounded down. A whole number divided by 0 gives 0.
/// Inputs   x1, x2: shapes that broadcast, one element type; one of them may be a number
/// Output   the broadcast shape, the same element type
/// Needs    (R1) right-aligned, each dimension equal or 1 in every gear
/// Lowers   FloorDiv(x1, x2) -> y
/// Example  al::floor_div(positions, 64)
struct floor_div : binary {
  static constexpr prototype ir =
      of(prototype{"FloorDiv"}, types::floats | types::complex | set_of(i8, i16, i32, i64, u8, u16));
};

/// floor_mod(x1, x2): what floor_div leaves, with the sign of x2. A whole number divided by 0 leaves 0.
/// Inputs   x1, x2: shapes that broadcast, one element type; one of them may be a number
/// Output   the broadcast shape, the same element type
/// Needs    (R1) right-aligned, each dimension equal or 1 in every gear
/// Lowers   FloorMod(x1, x2) -> y
/// Example  al::floor_mod(ids, buckets)
struct floor_mod : binary {
  static constexpr prototype ir = of(prototype{"FloorMod"}, types::floats | types::index);
};

/// select(condition, then, otherwise): `then` where the condition holds, else `otherwise`.
/// Inputs   condition: bool; then, otherwise: shapes that broadcast, one element type but not bool; one of
///          them may be a number
/// Output   the broadcast shape, the element type of the branches
/// Needs    (R1) right-aligned, each dimension equal or 1 in every gear
/// Lowers   SelectV2(condition, then, else) -> result
/// Example  al::select(mask, scores, -10000)
struct select_v2 : operator_definition {
  enum class part { condition, then, else_, both_branches };

  static constexpr void rule(inference& i) {
    const shape_value branches = broadcast(i, part::then, i.shape(1), part::else_, i.shape(2));  // (R1)
    i.output(0, broadcast(i, part::condition, i.shape(0), part::both_branches, branches));       // (R1)
  }
  static constexpr prototype ir = prototype{"SelectV2"}
                                      .input("condition", set_of(boolean))
                                      .input("then", types::basic, 'T')
                                      .input("else", types::basic, 'T')
                                      .output_like("result", 1)
                                      .planned_as(memory_trait::element_wise)
                                      .with_rule(rule);
};

/// The rule of operators on one tensor and a number.
struct with_a_number : operator_definition {
  enum class part { x };

  static constexpr void rule(inference& i) { i.output(0, i.shape(0)); }
};

/// mul(x, value) of f16 and bf16: the product with one number.
/// Inputs   x
/// Output   the shape and element type of x
/// Lowers   Muls(x) -> y
/// Example  x * 0.125
struct muls : with_a_number {
  static constexpr prototype ir =
      prototype{"Muls"}
          .input("x", set_of(f32, i16, i32, f16, bf16, i64, dtype::c32, dtype::c64))
          .output_like("y", 0)
          .required("value", attribute_kind::real)
          .planned_as(memory_trait::element_wise)
          .with_rule(rule);
};

/// The sum with one number. TorchAir writes an Add with a Const instead, and so does add(x, value).
/// Inputs   x
/// Output   the shape and element type of x
/// Lowers   Adds(x) -> y
struct adds : with_a_number {
  static constexpr prototype ir = prototype{"Adds"}
                                      .input("x", set_of(f32, i16, i32, f16, bf16, i64))
                                      .output_like("y", 0)
                                      .required("value", attribute_kind::real)
                                      .planned_as(memory_trait::element_wise)
                                      .with_rule(rule);
};

/// clip(x, low, high): x, but no smaller than low and no larger than high.
/// Inputs   x, clip_value_min, clip_value_max: shapes that broadcast, one element type; the bounds may be
///          numbers
/// Output   the broadcast shape, the same element type
/// Needs    (R1) right-aligned, each dimension equal or 1 in every gear
/// Lowers   ClipByValueV2(x, clip_value_min, clip_value_max) -> y
/// Example  al::clip(x, 0, 6)
struct clip_by_value_v2 : operator_definition {
  enum class part { x, clip_value_min, clip_value_max, both_bounds };

  static constexpr void rule(inference& i) {
    const shape_value bounds =
        broadcast(i, part::clip_value_min, i.shape(1), part::clip_value_max, i.shape(2));
    i.output(0, broadcast(i, part::x, i.shape(0), part::both_bounds, bounds));  // (R1)
  }
  static constexpr prototype ir = prototype{"ClipByValueV2"}
                                      .input("x", types::number, 'T')
                                      .input("clip_value_min", types::number, 'T')
                                      .input("clip_value_max", types::number, 'T')
                                      .output_like("y", 0)
                                      .planned_as(memory_trait::element_wise)
                                      .with_rule(rule);
};

/// masked_fill(x, mask, value): the value where the mask holds, else x.
/// Inputs   x; mask: bool, a shape that broadcasts with that of x; value: one element, or a number
/// Output   the broadcast shape, the element type of x
/// Needs    (R1) right-aligned, each dimension equal or 1 in every gear
///          (R2) value has one element
/// Lowers   MaskedFill(x, mask, value) -> y
/// Example  al::masked_fill(scores, hidden, -10000)
struct masked_fill : operator_definition {
  enum class part { x, mask, value };

  static constexpr void rule(inference& i) {
    i.need_is(part::value, i.shape(2).elements(), 1);                        // (R2)
    i.output(0, broadcast(i, part::x, i.shape(0), part::mask, i.shape(1)));  // (R1)
  }
  static constexpr dtype_set accepts = set_of(f32, bf16, f16, i8, i32, i64, boolean);
  static constexpr prototype ir = prototype{"MaskedFill"}
                                      .input("x", accepts, 'T')
                                      .input("mask", set_of(boolean))
                                      .input("value", accepts, 'T')
                                      .output_like("y", 0)
                                      .planned_as(memory_trait::element_wise)
                                      .with_rule(rule);
};

}  // namespace op

// --- numbers beside tensors ---
template <class T>
concept plain_number = !__is_class(T) && std::is_arithmetic_v<T> && !std::is_same_v<T, bool>;

/// Two operands, of which one may be a number.
template <class Left, class Right>
concept operand_pair = (operand_like<Left> && (operand_like<Right> || plain_number<Right>)) ||
                       (plain_number<Left> && operand_like<Right>);

template <dtype Type>
struct beside_a_tensor_of;
struct a_whole_number_is_needed;

/// What stands for an operand of `Op` beside one of type `Other`: itself, or the Const that a number becomes.
template <class Op, class Other, operand_like Operand>
constexpr const Operand& beside(const Operand& operand) {
  return operand;
}
template <class Op, class Other, plain_number Number>
constexpr auto beside(Number value) {
  constexpr dtype type = type_of<Other>;
  if constexpr (std::is_integral_v<Number> || types::floats.contains(type))
    return number<type>{{}, static_cast<double>(value)};
  else
    return shape_error<Op, beside_a_tensor_of<type>, a_whole_number_is_needed>{};
}

constexpr tape* tape_of(plain_number auto) {
  return nullptr;
}
/// The line of an operator that is no function call: the last one on the tape.
template <class... Operands>
constexpr line last_line(const Operands&... operands) {
  const tape* record = first_tape({tape_of(operands)...});
  return record == nullptr ? line{} : record->line();
}

template <class Op, class Left, class Right>
constexpr auto record_pair(const line& where, const Left& x1, const Right& x2) {
  return record<Op>(where, beside<Op, Right>(x1), beside<Op, Left>(x2)).template output<0>();
}

/// Whether TorchAir multiplies this operand with a number through Muls.
template <class T>
inline constexpr bool multiplied_by_muls = type_of<T> == f16 || type_of<T> == bf16;

template <operand_like X>
constexpr auto record_muls(const line& where, const X& x, double value) {
  return record<op::muls>(
             where, [](attribute_list& set) { set("value", 0.0); }, x)
      .with("value", value)
      .template output<0>();
}

// --- the functions ---
template <class Left, class Right>
  requires operand_pair<Left, Right>
constexpr auto add(const Left& x1, const Right& x2, const line& where = line::current()) {
  return record_pair<op::add>(where, x1, x2);
}
template <class Left, class Right>
  requires operand_pair<Left, Right>
constexpr auto sub(const Left& x1, const Right& x2, const line& where = line::current()) {
  return record_pair<op::sub>(where, x1, x2);
}
template <class Left, class Right>
  requires operand_pair<Left, Right>
constexpr auto mul(const Left& x1, const Right& x2, const line& where = line::current()) {
  if constexpr (plain_number<Right> && multiplied_by_muls<Left>)
    return record_muls(where, x1, static_cast<double>(x2));
  else if constexpr (plain_number<Left> && multiplied_by_muls<Right>)
    return record_muls(where, x2, static_cast<double>(x1));
  else
    return record_pair<op::mul>(where, x1, x2);
}
template <class Left, class Right>
  requires operand_pair<Left, Right>
constexpr auto div(const Left& x1, const Right& x2, const line& where = line::current()) {
  return record_pair<op::real_div>(where, x1, x2);
}
template <class Left, class Right>
  requires operand_pair<Left, Right>
constexpr auto maximum(const Left& x1, const Right& x2, const line& where = line::current()) {
  return record_pair<op::maximum>(where, x1, x2);
}
template <class Left, class Right>
  requires operand_pair<Left, Right>
constexpr auto pow(const Left& x1, const Right& x2, const line& where = line::current()) {
  return record_pair<op::pow>(where, x1, x2);
}
template <class Left, class Right>
  requires operand_pair<Left, Right>
constexpr auto equal(const Left& x1, const Right& x2, const line& where = line::current()) {
  return record_pair<op::equal>(where, x1, x2);
}
template <class Left, class Right>
  requires operand_pair<Left, Right>
constexpr auto less(const Left& x1, const Right& x2, const line& where = line::current()) {
  return record_pair<op::less>(where, x1, x2);
}
template <class Left, class Right>
  requires operand_pair<Left, Right>
constexpr auto less_equal(const Left& x1, const Right& x2, const line& where = line::current()) {
  return record_pair<op::less_equal>(where, x1, x2);
}
template <class Left, class Right>
  requires operand_pair<Left, Right>
constexpr auto greater(const Left& x1, const Right& x2, const line& where = line::current()) {
  return record_pair<op::greater>(where, x1, x2);
}
template <class Left, class Right>
  requires operand_pair<Left, Right>
constexpr auto greater_equal(const Left& x1, const Right& x2, const line& where = line::current()) {
  return record_pair<op::greater_equal>(where, x1, x2);
}
template <class Left, class Right>
  requires operand_pair<Left, Right>
constexpr auto not_equal(const Left& x1, const Right& x2, const line& where = line::current()) {
  return record_pair<op::not_equal>(where, x1, x2);
}
template <class Left, class Right>
  requires operand_pair<Left, Right>
constexpr auto floor_div(const Left& x1, const Right& x2, const line& where = line::current()) {
  return record_pair<op::floor_div>(where, x1, x2);
}
template <class Left, class Right>
  requires operand_pair<Left, Right>
constexpr auto floor_mod(const Left& x1, const Right& x2, const line& where = line::current()) {
  return record_pair<op::floor_mod>(where, x1, x2);
}
template <operand_like Left, operand_like Right>
constexpr auto logical_and(const Left& x1, const Right& x2, const line& where = line::current()) {
  return record<op::logical_and>(where, x1, x2).template output<0>();
}
template <operand_like Left, operand_like Right>
constexpr auto logical_or(const Left& x1, const Right& x2, const line& where = line::current()) {
  return record<op::logical_or>(where, x1, x2).template output<0>();
}
template <class Left, class Right>
  requires operand_pair<Left, Right>
constexpr auto minimum(const Left& x1, const Right& x2, const line& where = line::current()) {
  return record_pair<op::minimum>(where, x1, x2);
}
template <operand_like X, class Low, class High>
  requires(operand_pair<X, Low> && operand_pair<X, High>)
constexpr auto clip(const X& x, const Low& low, const High& high, const line& where = line::current()) {
  return record<op::clip_by_value_v2>(where, x, beside<op::clip_by_value_v2, X>(low),
                                      beside<op::clip_by_value_v2, X>(high))
      .template output<0>();
}
template <operand_like X, operand_like Mask, class Value>
  requires operand_pair<X, Value>
constexpr auto masked_fill(const X& x, const Mask& mask, const Value& value,
                           const line& where = line::current()) {
  return record<op::masked_fill>(where, x, mask, beside<op::masked_fill, X>(value)).template output<0>();
}
template <operand_like Condition, class Then, class Else>
  requires operand_pair<Then, Else>
constexpr auto select(const Condition& condition, const Then& then, const Else& otherwise,
                      const line& where = line::current()) {
  return record<op::select_v2>(where, condition, beside<op::select_v2, Else>(then),
                               beside<op::select_v2, Then>(otherwise))
      .template output<0>();
}

template <class Left, class Right>
  requires operand_pair<Left, Right>
constexpr auto operator+(const Left& x1, const Right& x2) {
  return add(x1, x2, last_line(x1, x2));
}
template <class Left, class Right>
  requires operand_pair<Left, Right>
constexpr auto operator-(const Left& x1, const Right& x2) {
  return sub(x1, x2, last_line(x1, x2));
}
template <class Left, class Right>
  requires operand_pair<Left, Right>
constexpr auto operator*(const Left& x1, const Right& x2) {
  return mul(x1, x2, last_line(x1, x2));
}
template <class Left, class Right>
  requires operand_pair<Left, Right>
constexpr auto operator/(const Left& x1, const Right& x2) {
  return div(x1, x2, last_line(x1, x2));
}

}  // namespace airloom
