#pragma once
// One tensor in, one of the same shape out: mathematical functions and activations.

#include <airloom/model/tensor.hpp>

namespace airloom {

namespace op {

/// The rule of all operators here: the output has the shape of x.
struct unary : operator_definition {
  enum class part { x };

  static constexpr void rule(inference& i) { i.output(0, i.shape(0)); }

  /// The prototype that all of them have but for their names and element types.
  static constexpr prototype of(prototype&& named, dtype_set accepts) {
    return static_cast<prototype&&>(named)
        .input("x", accepts)
        .output_like("y", 0)
        .planned_as(memory_trait::element_wise)
        .with_rule(rule);
  }
};

/// neg(x), -x: the negative.
/// Inputs   x
/// Output   the shape and element type of x
/// Lowers   Neg(x) -> y
/// Example  al::neg(x)
struct neg : unary {
  static constexpr prototype ir = of(prototype{"Neg"}, types::floats | types::complex | set_of(i32, i64, i8));
};

/// sqrt(x): the square root.
/// Inputs   x
/// Output   the shape and element type of x
/// Lowers   Sqrt(x) -> y
/// Example  al::sqrt(variance)
struct sqrt : unary {
  static constexpr prototype ir = of(prototype{"Sqrt"}, types::floats | types::complex);
};

/// rsqrt(x): one divided by the square root.
/// Inputs   x
/// Output   the shape and element type of x
/// Lowers   Rsqrt(x) -> y
/// Example  al::rsqrt(variance + 1e-5)
struct rsqrt : unary {
  static constexpr prototype ir = of(prototype{"Rsqrt"}, types::unary);
};

/// tanh(x): the hyperbolic tangent.
/// Inputs   x
/// Output   the shape and element type of x
/// Lowers   Tanh(x) -> y
/// Example  al::tanh(x)
struct tanh : unary {
  static constexpr prototype ir = of(prototype{"Tanh"}, types::unary);
};

/// sigmoid(x): 1 / (1 + exp(-x)).
/// Inputs   x
/// Output   the shape and element type of x
/// Lowers   Sigmoid(x) -> y
/// Example  al::sigmoid(gate)
struct sigmoid : unary {
  static constexpr prototype ir = of(prototype{"Sigmoid"}, types::unary);
};

/// erf(x): the error function.
/// Inputs   x
/// Output   the shape and element type of x
/// Lowers   Erf(x) -> y
/// Example  al::erf(x)
struct erf : unary {
  static constexpr prototype ir = of(prototype{"Erf"}, types::floats);
};

/// relu(x): x where it is positive, else 0.
/// Inputs   x
/// Output   the shape and element type of x
/// Lowers   Relu(x) -> y
/// Example  al::relu(x)
struct relu : unary {
  static constexpr prototype ir =
      of(prototype{"Relu"}, types::floats | set_of(i8, i32, i16, i64, u8, u16, dtype::qi8));
};

/// gelu_tanh(x): the Gaussian error linear unit in its tanh form,
/// x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3))). It differs from gelu(x) by up to 4.7e-4.
/// Inputs   x
/// Output   the shape and element type of x
/// Lowers   Gelu(x) -> y; TorchAir writes this form for torch's default gelu too
/// Example  al::gelu_tanh(x)
struct gelu : unary {
  static constexpr prototype ir = of(prototype{"Gelu"}, set_of(bf16, f16, f32));
};

/// gelu(x): the Gaussian error linear unit, x / 2 * (1 + erf(x / sqrt(2))), as torch's default.
/// Inputs   x
/// Output   the shape and element type of x
/// Needs    (R1) the attribute `approximate`, where a file gives it, is "none" or "tanh"
/// Lowers   GeluV2(x) -> y with approximate = "none"
/// Example  al::gelu(x)
struct gelu_v2 : unary {
  static constexpr void rule(inference& i) {
    i.need_text("approximate", {"none", "tanh"});  // (R1)
    unary::rule(i);
  }
  static constexpr prototype ir =
      of(prototype{"GeluV2"}, set_of(bf16, f16, f32)).attribute("approximate", "none").with_rule(rule);
};

}  // namespace op

template <operand_like X>
constexpr auto neg(const X& x, const line& where = line::current()) {
  return record<op::neg>(where, x).template output<0>();
}
template <operand_like X>
constexpr auto operator-(const X& x) {
  const tape* record = tape_of(x);
  return neg(x, record == nullptr ? line{} : record->line());
}
template <operand_like X>
constexpr auto sqrt(const X& x, const line& where = line::current()) {
  return record<op::sqrt>(where, x).template output<0>();
}
template <operand_like X>
constexpr auto rsqrt(const X& x, const line& where = line::current()) {
  return record<op::rsqrt>(where, x).template output<0>();
}
template <operand_like X>
constexpr auto tanh(const X& x, const line& where = line::current()) {
  return record<op::tanh>(where, x).template output<0>();
}
template <operand_like X>
constexpr auto sigmoid(const X& x, const line& where = line::current()) {
  return record<op::sigmoid>(where, x).template output<0>();
}
template <operand_like X>
constexpr auto erf(const X& x, const line& where = line::current()) {
  return record<op::erf>(where, x).template output<0>();
}
template <operand_like X>
constexpr auto relu(const X& x, const line& where = line::current()) {
  return record<op::relu>(where, x).template output<0>();
}
template <operand_like X>
constexpr auto gelu(const X& x, const line& where = line::current()) {
  return record<op::gelu_v2>(where, x).template output<0>();
}
template <operand_like X>
constexpr auto gelu_tanh(const X& x, const line& where = line::current()) {
  return record<op::gelu>(where, x).template output<0>();
}

}  // namespace airloom
