#pragma once
// Activations of gated networks: they have an attribute or take two halves together.

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

}  // namespace airloom
