#pragma once
// Element by element: arithmetic, comparison and selection of two or three tensors, with broadcasting.

#include <airloom/model/tensor.hpp>

namespace airloom {

namespace op {

/// The rule of all binary operators here.
struct binary : operator_definition {
  enum class part { x1, x2 };

  static constexpr void rule(inference& i) {
    i.output(0, broadcast(i, part::x1, i.shape(0), part::x2, i.shape(1)));  // (R1)
  }
};

/// add(x1, x2), x1 + x2: the sum.
/// Inputs   x1, x2: shapes that broadcast, one element type
/// Needs    (R1) right-aligned, each dimension equal or 1 in every gear
/// Lowers   Add(x1, x2) -> y
struct add : binary {
  static constexpr void rule(inference& i) {
    binary::rule(i);
    follow_integers(i, [](const extent& a, const extent& b) { return a + b; });
  }
  static constexpr dtype_set accepts =
      types::floats | types::integers | types::complex | set_of(dtype::boolean, dtype::c32, dtype::string);
  static constexpr prototype ir = prototype{"Add"}
                                      .input("x1", accepts, 'T')
                                      .input("x2", accepts, 'T')
                                      .output_like("y", 0)
                                      .planned_as(memory_trait::element_wise)
                                      .with_rule(rule);
};

}  // namespace op

template <operand_like Left, operand_like Right>
constexpr auto add(const Left& x1, const Right& x2, const line& where = line::current()) {
  return record<op::add>(where, x1, x2).template output<0>();
}

}  // namespace airloom
