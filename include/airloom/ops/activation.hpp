#pragma once
// Activations beyond the plainest: of gated networks and of networks for small devices.

#include <airloom/ops/unary.hpp>

namespace airloom {

namespace op {

/// silu(x), swish(x, scale): x / (1 + exp(-scale x)); 0 at minus infinity.
/// Inputs   x
/// Output   the shape and element type of x
/// Lowers   Swish(x) {scale} -> y
/// Example  al::silu(gate)
struct swish : unary {
  static constexpr prototype ir = of(prototype{"Swish"}, set_of(f16, f32, bf16)).attribute("scale", 1.0);
};

/// swiglu<Dim>(x): silu of the first half of one dimension times the second half, in f32 inside.
/// Inputs   x
/// Output   the shape of x with half the size along the dimension, its element type
/// Needs    (R1) dim in [-rank, rank)
///          (R2) an even size along it in every gear
/// Lowers   SwiGlu(x) {dim} -> y
/// Example  al::swiglu<-1>(gate_and_up)
struct swi_glu : operator_definition {
  enum class part { x, dim, x_size, halves };

  static constexpr void rule(inference& i) {
    shape_value result = i.shape(0);
    const std::size_t along = i.need_dimension(part::dim, i.integer("dim"), result.rank);     // (R1)
    if (!i.holds() || !i.need_divides(part::x_size, result[along], part::halves, 2)) return;  // (R2)
    result[along] = floor_quotient(result[along], 2, i.gears());
    i.output(0, result);
  }
  static constexpr prototype ir = prototype{"SwiGlu"}
                                      .input("x", set_of(bf16, f16, f32))
                                      .output_like("y", 0)
                                      .attribute("dim", -1)
                                      .with_rule(rule);
};

/// leaky_relu(x, slope): x where it is positive, else slope · x.
/// Inputs   x
/// Output   the shape and element type of x
/// Lowers   LeakyRelu(x) {negative_slope} -> y
/// Example  al::leaky_relu(x, 0.01)
struct leaky_relu : unary {
  static constexpr prototype ir = of(prototype{"LeakyRelu"}, types::floats).attribute("negative_slope", 0.0);
};

/// hard_swish(x): x · min(max(x + 3, 0), 6) / 6.
/// Inputs   x
/// Output   the shape and element type of x
/// Lowers   HardSwish(x) -> y
/// Example  al::hard_swish(x)
struct hard_swish : unary {
  static constexpr prototype ir = of(prototype{"HardSwish"}, set_of(f16, f32, bf16));
};

/// hard_sigmoid(x): min(max(alpha · x + beta, 0), 1) with alpha 1/6 and beta 1/2.
/// Inputs   input_x
/// Output   the shape and element type of input_x
/// Lowers   HardSigmoid(input_x) {alpha, beta} -> output_y
/// Example  al::hard_sigmoid(x)
struct hard_sigmoid : operator_definition {
  enum class part { input_x };

  static constexpr void rule(inference& i) { i.output(0, i.shape(0)); }
  static constexpr prototype ir = prototype{"HardSigmoid"}
                                      .input("input_x", set_of(f32, f16, bf16))
                                      .output_like("output_y", 0)
                                      .attribute("alpha", 0.16666666)
                                      .attribute("beta", 0.5)
                                      .planned_as(memory_trait::element_wise)
                                      .with_rule(rule);
};

/// mish(x): x · tanh(log(1 + exp(x))).
/// Inputs   x
/// Output   the shape and element type of x
/// Lowers   Mish(x) -> y
/// Example  al::mish(x)
struct mish : unary {
  static constexpr prototype ir = of(prototype{"Mish"}, set_of(f32, f16, bf16));
};

}  // namespace op

template <operand_like X>
constexpr auto silu(const X& x, const line& where = line::current()) {
  return record<op::swish>(where, x).template output<0>();
}
template <operand_like X>
constexpr auto swish(const X& x, double scale, const line& where = line::current()) {
  return record<op::swish>(
             where, [](attribute_list& set) { set("scale", 1.0); }, x)
      .with("scale", scale)
      .template output<0>();
}
template <std::int64_t Dim = -1, operand_like X>
constexpr auto swiglu(const X& x, const line& where = line::current()) {
  return record<op::swi_glu>(
             where, [](attribute_list& set) { set("dim", Dim); }, x)
      .template output<0>();
}

template <operand_like X>
constexpr auto leaky_relu(const X& x, double slope, const line& where = line::current()) {
  return record<op::leaky_relu>(
             where, [](attribute_list& set) { set("negative_slope", 0.0); }, x)
      .with("negative_slope", slope)
      .template output<0>();
}
template <operand_like X>
constexpr auto hard_swish(const X& x, const line& where = line::current()) {
  return record<op::hard_swish>(where, x).template output<0>();
}
template <operand_like X>
constexpr auto hard_sigmoid(const X& x, const line& where = line::current()) {
  return record<op::hard_sigmoid>(where, x).template output<0>();
}
template <operand_like X>
constexpr auto mish(const X& x, const line& where = line::current()) {
  return record<op::mish>(where, x).template output<0>();
}

}  // namespace airloom
