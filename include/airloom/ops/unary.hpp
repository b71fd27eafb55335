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

/// logical_not(x): where x does not hold.
/// Inputs   x: bool
/// Output   the shape of x, bool
/// Lowers   LogicalNot(x) -> y
/// Example  al::logical_not(mask)
struct logical_not : unary {
  static constexpr prototype ir = of(prototype{"LogicalNot"}, set_of(boolean));
};

/// What the two parts of complex numbers share.
struct complex_part : operator_definition {
  enum class part { input, output };

  static constexpr void rule(inference& i) {
    const dtype real = i.type(0) == dtype::c128 ? f64 : i.type(0) == dtype::c64 ? f32 : f16;
    i.need_type(part::output, from_ge_number(i.integer("Tout")), set_of(real));  // (R1)
    i.output(0, i.shape(0));
  }
  static constexpr prototype of(prototype&& named) {
    return static_cast<prototype&&>(named)
        .input("input", types::complex | set_of(dtype::c32))
        .output_from("output", "Tout")
        .attribute("Tout", f32)
        .with_rule(rule);
  }
};

/// The real parts of complex numbers; read from files.
/// Inputs   input: complex
/// Output   the shape of the input; f32 of c64, f64 of c128
/// Needs    (R1) Tout is that element type
/// Lowers   Real(input) {Tout} -> output
struct real : complex_part {
  static constexpr prototype ir = of(prototype{"Real"});
};

/// The imaginary parts of complex numbers; read from files.
/// Inputs   input: complex
/// Output   the shape of the input; f32 of c64, f64 of c128
/// Needs    (R1) Tout is that element type
/// Lowers   Imag(input) {Tout} -> output
struct imag : complex_part {
  static constexpr prototype ir = of(prototype{"Imag"});
};

/// abs(x): the magnitude.
/// Inputs   x
/// Output   the shape and element type of x
/// Lowers   Abs(x) -> y
/// Example  al::abs(error)
struct abs : unary {
  static constexpr prototype ir = of(prototype{"Abs"}, types::floats | set_of(i8, i16, i32, i64));
};

/// sin(x): the sine.
/// Inputs   x
/// Output   the shape and element type of x
/// Lowers   Sin(x) -> y
/// Example  al::sin(angles)
struct sin : unary {
  static constexpr prototype ir = of(prototype{"Sin"}, types::unary);
};

/// cos(x): the cosine.
/// Inputs   x
/// Output   the shape and element type of x
/// Lowers   Cos(x) -> y
/// Example  al::cos(angles)
struct cos : unary {
  static constexpr prototype ir = of(prototype{"Cos"}, types::unary);
};

/// reciprocal(x): 1 / x.
/// Inputs   x
/// Output   the shape and element type of x
/// Lowers   Reciprocal(x) -> y
/// Example  al::reciprocal(x)
struct reciprocal : unary {
  static constexpr prototype ir = of(prototype{"Reciprocal"}, types::floats | types::complex);
};

/// square(x): x · x; whole numbers wrap around.
/// Inputs   x
/// Output   the shape and element type of x
/// Lowers   Square(x) -> y
/// Example  al::square(x)
struct square : unary {
  static constexpr prototype ir = of(prototype{"Square"}, types::floats | types::complex | types::index);
};

/// floor(x): the largest whole number not above x.
/// Inputs   x
/// Output   the shape and element type of x
/// Lowers   Floor(x) -> y
/// Example  al::floor(x)
struct floor : unary {
  static constexpr prototype ir = of(prototype{"Floor"}, types::floats);
};

/// ceil(x): the smallest whole number not below x.
/// Inputs   x
/// Output   the shape and element type of x
/// Lowers   Ceil(x) -> y
/// Example  al::ceil(x)
struct ceil : unary {
  static constexpr prototype ir = of(prototype{"Ceil"}, types::floats);
};

/// round(x): the nearest whole number, of two as near the even one.
/// Inputs   x
/// Output   the shape and element type of x
/// Lowers   Round(x) -> y
/// Example  al::round(x)
struct round : unary {
  static constexpr prototype ir = of(prototype{"Round"}, types::floats | types::index);
};

/// sign(x): 1 where x is positive, -1 where it is negative, else x (0 or NaN).
/// Inputs   x
/// Output   the shape and element type of x
/// Lowers   Sign(x) -> y
/// Example  al::sign(x)
struct sign : unary {
  static constexpr prototype ir = of(prototype{"Sign"}, types::real | types::complex);
};

/// exp(x): e to the power of x. A file may give another base and scale · x + shift in the place of x.
/// Inputs   x
/// Output   the shape and element type of x
/// Lowers   Exp(x) {base, scale, shift} -> y
/// Example  al::exp(x)
struct exp : unary {
  static constexpr prototype ir = of(prototype{"Exp"}, types::unary)
                                      .attribute("base", -1.0)
                                      .attribute("scale", 1.0)
                                      .attribute("shift", 0.0);
};

/// log(x): the natural logarithm. A file may give another base and scale · x + shift in the place of x.
/// Inputs   x
/// Output   the shape of x; its element type, f32 of whole numbers and bool
/// Lowers   Log(x) {base, scale, shift} -> y
/// Example  al::log(x)
struct log : unary {
  static constexpr dtype_set whole = set_of(u8, i8, i16, i32, i64, boolean);

  static constexpr void rule(inference& i) {
    if (whole.contains(i.type(0))) i.output_type(0, f32);
    unary::rule(i);
  }
  static constexpr prototype ir = of(prototype{"Log"}, types::floats | types::complex | whole)
                                      .attribute("base", -1.0)
                                      .attribute("scale", 1.0)
                                      .attribute("shift", 0.0)
                                      .with_rule(rule);
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

template <operand_like X>
constexpr auto logical_not(const X& x, const line& where = line::current()) {
  return record<op::logical_not>(where, x).template output<0>();
}

template <operand_like X>
constexpr auto abs(const X& x, const line& where = line::current()) {
  return record<op::abs>(where, x).template output<0>();
}
template <operand_like X>
constexpr auto sin(const X& x, const line& where = line::current()) {
  return record<op::sin>(where, x).template output<0>();
}
template <operand_like X>
constexpr auto cos(const X& x, const line& where = line::current()) {
  return record<op::cos>(where, x).template output<0>();
}
template <operand_like X>
constexpr auto reciprocal(const X& x, const line& where = line::current()) {
  return record<op::reciprocal>(where, x).template output<0>();
}
template <operand_like X>
constexpr auto square(const X& x, const line& where = line::current()) {
  return record<op::square>(where, x).template output<0>();
}
template <operand_like X>
constexpr auto floor(const X& x, const line& where = line::current()) {
  return record<op::floor>(where, x).template output<0>();
}
template <operand_like X>
constexpr auto ceil(const X& x, const line& where = line::current()) {
  return record<op::ceil>(where, x).template output<0>();
}
template <operand_like X>
constexpr auto round(const X& x, const line& where = line::current()) {
  return record<op::round>(where, x).template output<0>();
}
template <operand_like X>
constexpr auto sign(const X& x, const line& where = line::current()) {
  return record<op::sign>(where, x).template output<0>();
}
template <operand_like X>
constexpr auto exp(const X& x, const line& where = line::current()) {
  return record<op::exp>(where, x).template output<0>();
}
template <operand_like X>
constexpr auto log(const X& x, const line& where = line::current()) {
  return record<op::log>(where, x).template output<0>();
}

}  // namespace airloom
