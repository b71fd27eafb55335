#pragma once
// The same elements under another shape, order or element type.

#include <airloom/ops/sizes.hpp>

namespace airloom {

namespace op {

/// The dimensions that an input's contents say, one a number; unknown ones where the contents are not known.
constexpr shape_value unknown_sizes(const inference& i, std::size_t input) {
  const shape_value& list = i.shape(input);
  if (list.rank != 1 || !list[0].is_constant()) return shape_value::of_unknown_rank();
  shape_value result;
  for (std::int64_t k = 0; k != list[0].constant(); ++k) result.push(extent::unknown());
  return result;
}

/// Passes known contents of the input on, element by element.
constexpr void keep_values(inference& i) {
  if (!i.has_values(0)) return;
  for (std::size_t k = 0; k != i.value_count(0); ++k) i.output_value(i.value(0, k));
}

/// identity(x): a copy. GE folds it away.
/// Inputs   x
/// Output   the shape and element type of x
/// Lowers   Identity(x) -> y
struct identity : operator_definition {
  enum class part { x };
  static constexpr void rule(inference& i) {
    i.output(0, i.shape(0));
    keep_values(i);
  }
  static constexpr prototype ir = prototype{"Identity"}
                                      .input("x", types::real | set_of(boolean, dtype::string))
                                      .output_like("y", 0)
                                      .planned_as(memory_trait::view)
                                      .with_rule(rule);
};

/// cast<Type>(x): every element converted. Floats are rounded to nearest, ties to even; float to integer
/// truncates. Inputs   x Output   the shape of x, element type Type Needs    (R1) Type is a type that Cast
/// writes Lowers   Cast(x) {dst_type: the ge number of Type} -> y Example  al::cast<al::f32>(mask)
struct cast : operator_definition {
  enum class part { x, y };
  static constexpr dtype_set accepts =
      types::basic | set_of(boolean, dtype::c32, dtype::hifloat8, dtype::f8_e5m2, dtype::f8_e4m3fn,
                            dtype::f4_e1m2, dtype::f4_e2m1);
  static constexpr void rule(inference& i) {
    i.need_type(part::y, from_ge_number(i.integer("dst_type")), accepts);  // (R1)
    i.output(0, i.shape(0));
    if (types::integers.contains(i.type(0))) keep_values(i);
  }
  static constexpr prototype ir = prototype{"Cast"}
                                      .input("x", accepts | set_of(dtype::u1))
                                      .output_from("y", "dst_type")
                                      .required("dst_type", attribute_kind::integer)
                                      .planned_as(memory_trait::element_wise)
                                      .with_rule(rule);
};

/// reshape<Extents…>(x): the same elements in row-major order under another shape.
/// Inputs   x; shape: a list of sizes, in which 0 copies the dimension of x at its place and one -1 is
/// inferred Output   [Extents…], the element type of x Needs    (R1) as many elements as x has, in every gear
///          (R2) at most one -1, which the other sizes divide; no other negative size
///          (R3) a 0 has a dimension of x to copy
/// Lowers   Reshape(x, shape) -> y
/// Example  al::reshape<batch, seq, 4, 32>(x)
struct reshape : operator_definition {
  enum class part { x, shape, x_elements, shape_elements, inferred_sizes, copied_dimension, size };

  static constexpr void rule(inference& i) {
    if (!i.has_values(1)) return i.output(0, unknown_sizes(i, 1));
    const shape_value& x = i.shape(0);
    shape_value result;
    extent product{1};
    std::size_t inferred = i.value_count(1);
    if (!i.need_possible_rank(part::shape, i.value_count(1))) return;
    for (std::size_t k = 0; k != i.value_count(1); ++k) {
      extent size = i.value(1, k);
      if (size.is(-1)) {
        if (!i.need_below(part::inferred_sizes, inferred == i.value_count(1) ? 1 : 2, 2)) return;  // (R2)
        inferred = k;
        size = extent{1};
      } else if (size.is(0)) {
        if (!i.need_below(part::copied_dimension, static_cast<std::int64_t>(k), x.rank)) return;  // (R3)
        size = x[k];
      }
      if (!i.need_at_least(part::size, size, 0)) return;  // (R2)
      product = product * size;
      result.push(size);
    }
    if (inferred == i.value_count(1))
      i.need_equal(part::x_elements, x.elements(), part::shape_elements, product);           // (R1)
    else if (i.need_divides(part::x_elements, x.elements(), part::shape_elements, product))  // (R2)
      result[inferred] = quotient(x.elements(), product, i.gears());
    i.output(0, result);
    keep_values(i);
  }
  static constexpr extent quotient(const extent& elements, const extent& product, const gear_view& gears) {
    const extent exact = elements / product;
    if (exact.state != extent_state::inexpressible) return exact;
    return extent_of_sizes(
        gears, [&](std::size_t gear) { return elements.size_in(gears, gear) / product.size_in(gears, gear); },
        {});
  }
  static constexpr prototype ir = prototype{"Reshape"}
                                      .input("x", types::all)
                                      .input("shape", types::index)
                                      .output_like("y", 0)
                                      .attribute("axis", 0)
                                      .attribute("num_axes", -1)
                                      .planned_as(memory_trait::view)
                                      .with_rule(rule);
};

/// squeeze<Axes…>(x): without these dimensions, each of size 1; without any axis, without every dimension of
/// size 1. Needs    (R1) axes in [-rank, rank)  (R2) each named dimension has size 1 Lowers   Squeeze(x)
/// {axis} -> y
struct squeeze : operator_definition {
  enum class part { x, axis, x_size };
  static constexpr void rule(inference& i) {
    const shape_value& x = i.shape(0);
    bool dropped[max_rank]{};
    for (std::size_t k = 0; k != i.length("axis"); ++k) {
      const std::size_t d = i.need_dimension(part::axis, i.element("axis", k), x.rank);  // (R1)
      if (!i.holds() || !i.need_is(part::x_size, x[d], 1, static_cast<int>(d))) return;  // (R2)
      dropped[d] = true;
    }
    shape_value result;
    for (std::size_t d = 0; d != x.rank; ++d) {
      if (i.length("axis") == 0 && x[d].state == extent_state::unknown)
        return i.output(0, shape_value::of_unknown_rank());
      if (i.length("axis") == 0 ? !x[d].is(1) : !dropped[d]) result.push(x[d]);
    }
    i.output(0, result);
    keep_values(i);
  }
  static constexpr prototype ir = prototype{"Squeeze"}
                                      .input("x", types::all)
                                      .output_like("y", 0)
                                      .attribute("axis", {})
                                      .planned_as(memory_trait::view)
                                      .with_rule(rule);
};

/// unsqueeze<Axes…>(x): with a dimension of size 1 at each axis, which counts in the output.
/// Needs    (R1) axes in [-r, r), r = rank of x + number of axes, no axis twice  (R2) r is at most 8
/// Lowers   Unsqueeze(x) {axes} -> y
/// Example  al::unsqueeze<1, 2>(mask)
struct unsqueeze : operator_definition {
  enum class part { x, axes, axes_at_one_place };
  static constexpr void rule(inference& i) {
    const shape_value& x = i.shape(0);
    const std::size_t rank = x.rank + i.length("axes");
    if (!i.need_possible_rank(part::x, rank)) return;  // (R2)
    bool inserted[max_rank]{};
    for (std::size_t k = 0; k != i.length("axes"); ++k) {
      const std::size_t d = i.need_dimension(part::axes, i.element("axes", k), rank);  // (R1)
      if (!i.holds() || !i.need_below(part::axes_at_one_place, inserted[d] ? 2 : 1, 2)) return;
      inserted[d] = true;
    }
    shape_value result;
    for (std::size_t d = 0, next = 0; d != rank; ++d) result.push(inserted[d] ? extent{1} : x[next++]);
    i.output(0, result);
    keep_values(i);
  }
  static constexpr prototype ir = prototype{"Unsqueeze"}
                                      .input("x", types::all)
                                      .output_like("y", 0)
                                      .attribute("axes", {})
                                      .planned_as(memory_trait::view)
                                      .with_rule(rule);
};

/// transpose<Permutation…>(x): dimension i of the output is dimension Permutation[i] of x.
/// Needs    (R1) one entry a dimension  (R2) each in [0, rank)  (R3) none twice
/// Lowers   Transpose(x, perm) -> y
/// Example  al::transpose<0, 2, 1, 3>(heads)
struct transpose : operator_definition {
  enum class part { x, perm, perm_entries, x_rank, entries_for_one_dimension };
  static constexpr void rule(inference& i) {
    const shape_value& x = i.shape(0);
    shape_value result;
    if (!i.has_values(1)) {
      for (std::size_t d = 0; d != x.rank; ++d) result.push(extent::unknown());
      return i.output(0, result);
    }
    if (!i.need_equal(part::perm_entries, static_cast<std::int64_t>(i.value_count(1)), part::x_rank, x.rank))
      return;  // (R1)
    bool seen[max_rank]{};
    for (std::size_t k = 0; k != x.rank; ++k) {
      const std::int64_t d = i.value(1, k).constant();
      if (!i.need_at_least(part::perm, d, 0) || !i.need_below(part::perm, d, x.rank)) return;  // (R2)
      const auto place = static_cast<std::size_t>(d);
      if (!i.need_below(part::entries_for_one_dimension, seen[place] ? 2 : 1, 2)) return;  // (R3)
      seen[place] = true;
      result.push(x[place]);
    }
    i.output(0, result);
  }
  static constexpr prototype ir =
      prototype{"Transpose"}
          .input("x", types::basic | set_of(boolean, dtype::hifloat8, dtype::f8_e5m2, dtype::f8_e4m3fn))
          .input("perm", types::index)
          .output_like("y", 0)
          .with_rule(rule);
};

/// broadcast_to<Extents…>(x): x repeated along dimensions of size 1.
/// Inputs   x; shape: a list of sizes, in which -1 keeps the dimension of x
/// Needs    (R1) right-aligned, each dimension of x equal to the size or 1  (R2) no fewer sizes than
/// dimensions Lowers   BroadcastTo(x, shape) -> y
struct broadcast_to : operator_definition {
  enum class part { x, shape, x_size, size, shape_entries, x_rank };
  static constexpr void rule(inference& i) {
    if (!i.has_values(1)) return i.output(0, unknown_sizes(i, 1));
    const shape_value& x = i.shape(0);
    const std::size_t rank = i.value_count(1);
    if (!i.need_possible_rank(part::shape, rank)) return;
    if (!i.need_not_above(part::x_rank, x.rank, part::shape_entries, static_cast<std::int64_t>(rank)))
      return;  // (R2)
    shape_value result;
    for (std::size_t k = 0; k != rank; ++k) {
      const std::size_t from_end = rank - k;
      const extent own = from_end <= x.rank ? x.back(from_end) : extent{1};
      const extent size = i.value(1, k).is(-1) ? own : i.value(1, k);
      if (!i.need_at_least(part::size, size, 0)) return;
      const extent both = broadcast_extent(i, part::x_size, own, part::size, size, static_cast<int>(k));
      i.need_equal(part::x_size, both, part::size, size, static_cast<int>(k));  // (R1)
      result.push(size);
    }
    i.output(0, result);
  }
  static constexpr prototype ir =
      prototype{"BroadcastTo"}
          .input("x", types::basic |
                          set_of(boolean, dtype::string, dtype::hifloat8, dtype::f8_e5m2, dtype::f8_e4m3fn))
          .input("shape", types::index)
          .output_like("y", 0)
          .with_rule(rule);
};

/// fill<Extents…>(beside, value): a tensor of this shape, every element the value.
/// Inputs   dims: a list of sizes; value: a scalar
/// Output   [Extents…], the element type of the value
/// Needs    (R1) no negative size
/// Lowers   Fill(dims, value) -> y
struct fill : operator_definition {
  enum class part { dims, value, size };
  static constexpr void rule(inference& i) {
    if (!i.has_values(0)) return i.output(0, unknown_sizes(i, 0));
    if (!i.need_possible_rank(part::dims, i.value_count(0))) return;
    shape_value result;
    for (std::size_t k = 0; k != i.value_count(0); ++k) {
      if (!i.need_at_least(part::size, i.value(0, k), 0)) return;  // (R1)
      result.push(i.value(0, k));
    }
    i.output(0, result);
  }
  static constexpr prototype ir = prototype{"Fill"}
                                      .input("dims", types::index)
                                      .input("value", types::basic | set_of(boolean, dtype::string))
                                      .output_like("y", 1)
                                      .with_rule(rule);
};

}  // namespace op

template <dtype Type, operand_like X>
constexpr auto cast(const X& x, const line& where = line::current()) {
  return record<op::cast>(
             where, [](attribute_list& set) { set("dst_type", ge_number(Type)); }, x)
      .template output<0>();
}
template <operand_like X>
constexpr auto identity(const X& x, const line& where = line::current()) {
  return record<op::identity>(where, x).template output<0>();
}
template <auto... Extents, operand_like X>
constexpr auto reshape(const X& x, const line& where = line::current()) {
  return record<op::reshape>(where, x, sizes_operand<sizes_form::copy_and_infer, Extents...>{})
      .template output<0>();
}
template <std::int64_t... Axes, operand_like X>
constexpr auto squeeze(const X& x, const line& where = line::current()) {
  return record<op::squeeze>(
             where, [](attribute_list& set) { set("axis", {Axes...}); }, x)
      .template output<0>();
}
template <std::int64_t... Axes, operand_like X>
constexpr auto unsqueeze(const X& x, const line& where = line::current()) {
  return record<op::unsqueeze>(
             where, [](attribute_list& set) { set("axes", {Axes...}); }, x)
      .template output<0>();
}
template <std::int64_t... Permutation, operand_like X>
constexpr auto transpose(const X& x, const line& where = line::current()) {
  return record<op::transpose>(where, x, integer_list<i64, Permutation...>{}).template output<0>();
}
template <auto... Extents, operand_like X>
constexpr auto broadcast_to(const X& x, const line& where = line::current()) {
  return record<op::broadcast_to>(where, x, sizes_operand<sizes_form::keep, Extents...>{})
      .template output<0>();
}

}  // namespace airloom
