#pragma once
// The same elements under another shape, order or element type.

#include <airloom/ops/sizes.hpp>

namespace airloom {

namespace op {

/// The shape that a list of sizes gives while its contents are not known: its length says the rank.
constexpr shape_value shape_of_unknown_sizes(const inference& i, std::size_t input) {
  const shape_value& list = i.shape(input);
  if (list.rank != 1 || !list[0].is_constant() || list[0].constant() > std::int64_t{max_rank})
    return shape_value::of_unknown_rank();
  return shape_value::of_unknown_sizes(static_cast<std::size_t>(list[0].constant()));
}

/// Passes known contents of x on, element by element.
constexpr void keep_values(inference& i) {
  if (!i.has_values(0)) return;
  for (std::size_t k = 0; k != i.value_count(0); ++k) i.output_value(i.value(0, k));
}

/// identity(x): a copy, which GE folds away.
/// Inputs   x
/// Output   the shape and element type of x
/// Lowers   Identity(x) -> y
/// Example  al::identity(x)
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
/// drops the fraction; to bool, everything but 0 is true. Inputs   x Output   the shape of x, element type
/// Type Needs    (R1) Type is one that Cast writes Lowers   Cast(x) {dst_type: the ge number of Type} -> y
/// Example  al::cast<al::f32>(mask)
struct cast : operator_definition {
  enum class part { x, y };

  static constexpr dtype_set accepts =
      types::basic | set_of(boolean, dtype::c32, dtype::hifloat8, dtype::f8_e5m2, dtype::f8_e4m3fn,
                            dtype::f4_e1m2, dtype::f4_e2m1);
  static constexpr void rule(inference& i) {
    const dtype type = from_ge_number(i.integer("dst_type"));
    i.need_type(part::y, type, accepts);  // (R1)
    i.output(0, i.shape(0));
    if (types::index.contains(type)) keep_values(i);
  }
  static constexpr prototype ir = prototype{"Cast"}
                                      .input("x", accepts | set_of(dtype::u1))
                                      .output_from("y", "dst_type")
                                      .required("dst_type", attribute_kind::integer)
                                      .planned_as(memory_trait::element_wise)
                                      .with_rule(rule);
};

/// reshape<Extents…>(x): the same elements in row-major order under another shape. One extent may be -1.
/// Inputs   x; shape: a list of sizes, in which 0 copies the dimension of x at its place and one -1 is
/// inferred Output   [Extents…], the element type of x Needs    (R1) as many elements as x has, in every gear
///          (R2) at most one -1, for which the other sizes divide the elements of x; no other negative size
///          (R3) a 0 has a dimension of x to copy
/// Lowers   Reshape(x, shape) -> y
/// Example  al::reshape<batch, seq, 4, 32>(x)
struct reshape : operator_definition {
  enum class part { x, shape, x_elements, shape_elements, inferred_sizes, copied_dimension, size };

  static constexpr void rule(inference& i) {
    // With these two, only some dimensions of x are reshaped; TorchAir never does so.
    if (i.integer("axis") != 0 || i.integer("num_axes") != -1)
      return i.output(0, shape_value::of_unknown_rank());
    if (!i.has_values(1)) return i.output(0, shape_of_unknown_sizes(i, 1));
    if (!i.need_possible_rank(part::shape, i.value_count(1))) return;
    const shape_value& x = i.shape(0);
    const std::size_t count = i.value_count(1);
    shape_value result;
    extent elements{1}, others{1};  // of x and of the result, without what is copied
    std::size_t inferred = count;
    for (std::size_t k = 0; k != count; ++k) {
      result.push(i.value(1, k));
      if (result[k].is(-1)) {
        if (!i.need_below(part::inferred_sizes, inferred == count ? 1 : 2, 2)) return;  // (R2)
        inferred = k;
      } else if (result[k].is(0)) {
        if (!copy_dimension(i, k, result[k])) return;
      } else if (i.need_at_least(part::size, result[k], 0))  // (R2)
        others = others * result[k];
    }
    for (std::size_t d = 0; d != x.rank; ++d)
      if (d >= count || !i.value(1, d).is(0)) elements = elements * x[d];
    if (!x.rank_known) elements = extent::unknown();
    if (inferred == count)
      i.need_equal(part::x_elements, elements, part::shape_elements, others);           // (R1)
    else if (i.need_divides(part::x_elements, elements, part::shape_elements, others))  // (R2)
      result[inferred] = inferred_size(elements, others, i.gears());
    i.output(0, result);
    keep_values(i);
  }
  static constexpr bool copy_dimension(inference& i, std::size_t place, extent& size) {
    const shape_value& x = i.shape(0);
    if (x.rank_known && !i.need_below(part::copied_dimension, static_cast<std::int64_t>(place), x.rank))
      return false;  // (R3)
    size = x.rank_known ? x[place] : extent::unknown();
    return true;
  }
  static constexpr prototype ir = prototype{"Reshape"}
                                      .input("x", types::all)
                                      .input("shape", types::index)
                                      .output_like("y", 0)
                                      .attribute("axis", 0)
                                      .attribute("num_axes", -1)
                                      .with_unknown_ranks()
                                      .planned_as(memory_trait::view)
                                      .with_rule(rule);
};

/// squeeze<Axes…>(x): without these dimensions, each of size 1; without any axis, without every dimension of
/// size 1.
/// Inputs   x
/// Output   the other dimensions of x, its element type
/// Needs    (R1) axes in [-rank, rank)
///          (R2) each named dimension has size 1 in every gear
/// Lowers   Squeeze(x) {axis} -> y
/// Example  al::squeeze<-1>(scores)
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
      if (i.length("axis") == 0 && may_be_one(x[d], i.gears()))
        return i.output(0, shape_value::of_unknown_rank());
      if (i.length("axis") == 0 ? !x[d].is(1) : !dropped[d]) result.push(x[d]);
    }
    i.output(0, result);
    keep_values(i);
  }
  /// Whether the size is 1 in some gears and not in others, as far as anyone knows.
  static constexpr bool may_be_one(const extent& size, const gear_view& gears) {
    if (size.is_constant() || !size.is_known()) return !size.is_known();
    for (std::size_t gear = 0; gear != gears.gears; ++gear)
      if (size.size_in(gears, gear) == 1) return true;
    return false;
  }
  static constexpr prototype ir = prototype{"Squeeze"}
                                      .input("x", types::all)
                                      .output_like("y", 0)
                                      .attribute("axis", {})
                                      .planned_as(memory_trait::view)
                                      .with_rule(rule);
};

/// unsqueeze<Axes…>(x): with a dimension of size 1 at each axis, which counts in the output.
/// Inputs   x
/// Output   rank of x + number of axes, the element type of x
/// Needs    (R1) axes in [-r, r) where r is the rank of the output, none twice
///          (R2) r is at most 8
/// Lowers   Unsqueeze(x) {axes} -> y
/// Example  al::unsqueeze<1, 2>(mask)
struct unsqueeze : operator_definition {
  enum class part { x, axes, axes_at_one_place, y };

  static constexpr void rule(inference& i) {
    const shape_value& x = i.shape(0);
    const std::size_t rank = x.rank + i.length("axes");
    if (!i.need_possible_rank(part::y, rank)) return;  // (R2)
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
/// Inputs   x; perm: a constant list
/// Output   the dimensions of x in that order, its element type
/// Needs    (R1) one entry a dimension
///          (R2) each in [-rank, rank), none twice
/// Lowers   Transpose(x, perm) -> y
/// Example  al::transpose<0, 2, 1, 3>(heads)
struct transpose : operator_definition {
  enum class part { x, perm, perm_entries, x_rank, entries_for_one_dimension };

  static constexpr void rule(inference& i) {
    const shape_value& x = i.shape(0);
    if (!i.has_numbers(1)) return i.output(0, shape_value::of_unknown_sizes(x.rank));
    if (!i.need_equal(part::perm_entries, static_cast<std::int64_t>(i.value_count(1)), part::x_rank, x.rank))
      return;  // (R1)
    shape_value result;
    bool taken[max_rank]{};
    for (std::size_t k = 0; k != x.rank; ++k) {
      const std::size_t d = i.need_dimension(part::perm, i.value(1, k).constant(), x.rank);  // (R2)
      if (!i.holds() || !i.need_below(part::entries_for_one_dimension, taken[d] ? 2 : 1, 2)) return;
      taken[d] = true;
      result.push(x[d]);
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

/// broadcast_to<Extents…>(x): x repeated along its dimensions of size 1, and along new leading ones.
/// Inputs   x; shape: a list of sizes, in which -1 keeps the dimension of x
/// Output   [Extents…], the element type of x
/// Needs    (R1) right-aligned, each dimension of x equal to the size, or 1, in every gear
///          (R2) no fewer sizes than dimensions; no negative size but -1 where x has a dimension
/// Lowers   BroadcastTo(x, shape) -> y
/// Example  al::broadcast_to<batch, seq, 768>(positions)
struct broadcast_to : operator_definition {
  enum class part { x, shape, x_size, size, shape_entries, x_rank };

  static constexpr void rule(inference& i) {
    if (!i.has_values(1)) return i.output(0, shape_of_unknown_sizes(i, 1));
    const shape_value& x = i.shape(0);
    const std::size_t rank = i.value_count(1);
    if (!i.need_possible_rank(part::shape, rank) ||
        !i.need_not_above(part::x_rank, x.rank, part::shape_entries, static_cast<std::int64_t>(rank)))
      return;  // (R2)
    shape_value result;
    for (std::size_t k = 0; k != rank; ++k) {
      const std::size_t from_end = rank - k;
      const bool kept = i.value(1, k).is(-1);
      if (kept && !x.rank_known)
        result.push(extent::unknown());
      else
        result.push(kept && from_end <= x.rank ? x.back(from_end) : i.value(1, k));
      if (!i.need_at_least(part::size, result[k], 0)) return;  // (R2)
    }
    need_broadcast_to(i, part::x_size, x, part::size, result);  // (R1)
    i.output(0, result);
  }
  static constexpr prototype ir =
      prototype{"BroadcastTo"}
          .input("x", types::basic |
                          set_of(boolean, dtype::string, dtype::hifloat8, dtype::f8_e5m2, dtype::f8_e4m3fn))
          .input("shape", types::index)
          .output_like("y", 0)
          .with_unknown_ranks()
          .with_rule(rule);
};

/// fill_like(x, value): a tensor of the shape and element type of x, every element the number.
/// Inputs   dims: a list of sizes; value: one element
/// Output   the sizes of dims, the element type of the value
/// Needs    (R1) no negative size
///          (R2) value has one element
/// Lowers   Fill(dims, value) -> y
/// Example  al::fill_like(x, 0)
struct fill : operator_definition {
  enum class part { dims, value, size, value_elements };

  static constexpr void rule(inference& i) {
    i.need_is(part::value_elements, i.shape(1).elements(), 1);  // (R2)
    if (!i.has_values(0)) return i.output(0, shape_of_unknown_sizes(i, 0));
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
                                      .with_unknown_ranks()
                                      .with_rule(rule);
};

/// tile<Multiples…>(x): x repeated so many times along each dimension.
/// Inputs   x; multiples: a constant list
/// Output   the shape of x, with leading 1s where the list is longer, times the multiples; its element type
/// Needs    (R1) no fewer multiples than dimensions, at most 8
///          (R2) no negative one
/// Lowers   Tile(x, multiples) -> y
/// Example  al::tile<2, 1>(x)
struct tile : operator_definition {
  enum class part { x, multiples, multiples_entries, x_rank, multiple };

  static constexpr void rule(inference& i) {
    if (!i.has_values(1)) return i.output(0, shape_of_unknown_sizes(i, 1));
    const shape_value& x = i.shape(0);
    const std::size_t rank = i.value_count(1);
    if (!i.need_possible_rank(part::multiples, rank) ||
        !i.need_not_above(part::x_rank, x.rank, part::multiples_entries, static_cast<std::int64_t>(rank)))
      return;  // (R1)
    shape_value result;
    for (std::size_t k = 0; k != rank; ++k) {
      if (!i.need_at_least(part::multiple, i.value(1, k), 0)) return;  // (R2)
      result.push(rank - k <= x.rank ? x.back(rank - k) * i.value(1, k) : i.value(1, k));
    }
    i.output(0, result);
  }
  static constexpr prototype ir =
      prototype{"Tile"}
          .input("x", types::basic | set_of(boolean, dtype::hifloat8, dtype::f8_e5m2, dtype::f8_e4m3fn))
          .input("multiples", types::index)
          .output_like("y", 0)
          .with_rule(rule);
};

/// zeros_like(x): zeros of the shape and element type of x.
/// Inputs   x
/// Output   the shape and element type of x
/// Lowers   ZerosLike(x) -> y
/// Example  al::zeros_like(x)
struct zeros_like : operator_definition {
  enum class part { x };

  static constexpr void rule(inference& i) { i.output(0, i.shape(0)); }
  static constexpr prototype ir =
      prototype{"ZerosLike"}
          .input("x", types::basic | set_of(boolean, dtype::variant, dtype::f8_e5m2, dtype::f8_e4m3fn,
                                            dtype::hifloat8, dtype::f4_e1m2, dtype::f4_e2m1))
          .output_like("y", 0)
          .with_rule(rule);
};

/// A dimension of size 1 at one place; read from files, where unsqueeze writes Unsqueeze.
/// Inputs   x; axis: a constant
/// Output   rank of x + 1, the element type of x
/// Needs    (R1) axis in [-rank - 1, rank], rank at most 7
/// Lowers   ExpandDims(x, axis) -> y
struct expand_dims : operator_definition {
  enum class part { x, axis, y };

  static constexpr void rule(inference& i) {
    const shape_value& x = i.shape(0);
    const std::size_t rank = x.rank + std::size_t{1};
    if (!i.need_possible_rank(part::y, rank)) return;
    if (!i.has_numbers(1) || i.value_count(1) == 0) return i.output(0, shape_value::of_unknown_sizes(rank));
    const std::size_t axis = i.need_dimension(part::axis, i.value(1, 0).constant(), rank);  // (R1)
    shape_value result;
    for (std::size_t d = 0; d != rank; ++d) result.push(d == axis ? extent{1} : x[d < axis ? d : d - 1]);
    i.output(0, result);
    keep_values(i);
  }
  static constexpr prototype ir = prototype{"ExpandDims"}
                                      .input("x", types::real | set_of(boolean, dtype::string))
                                      .input("axis", types::index)
                                      .output_like("y", 0)
                                      .planned_as(memory_trait::view)
                                      .with_rule(rule);
};

/// ones_like(x): ones of the shape and element type of x.
/// Inputs   x
/// Output   the shape and element type of x
/// Lowers   OnesLike(x) -> y
/// Example  al::ones_like(x)
struct ones_like : operator_definition {
  enum class part { x };

  static constexpr void rule(inference& i) { i.output(0, i.shape(0)); }
  static constexpr prototype ir =
      prototype{"OnesLike"}
          .input("x", types::floats | set_of(i8, u8, i16, u16, i32, i64, dtype::c128, boolean))
          .output_like("y", 0)
          .with_rule(rule);
};

/// A copy that keeps its source from being changed in place; read from files.
/// Inputs   x
/// Output   the shape and element type of x
/// Lowers   TensorMove(x) -> y
struct tensor_move : operator_definition {
  enum class part { x };

  static constexpr void rule(inference& i) {
    i.output(0, i.shape(0));
    keep_values(i);
  }
  static constexpr prototype ir =
      prototype{"TensorMove"}
          .input("x", types::real | set_of(boolean, dtype::hifloat8, dtype::f8_e5m2, dtype::f8_e4m3fn,
                                           dtype::c32, dtype::c64))
          .output_like("y", 0)
          .planned_as(memory_trait::view)
          .with_rule(rule);
};

}  // namespace op

template <operand_like X>
constexpr auto identity(const X& x, const line& where = line::current()) {
  return record<op::identity>(where, x).template output<0>();
}
template <dtype Type, operand_like X>
constexpr auto cast(const X& x, const line& where = line::current()) {
  return record<op::cast>(
             where, [](attribute_list& set) { set("dst_type", ge_number(Type)); }, x)
      .template output<0>();
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
template <operand_like X, plain_number Value>
constexpr auto fill_like(const X& x, Value value, const line& where = line::current()) {
  if constexpr (is_refused<X>)
    return x;
  else
    return record<op::fill>(where, sizes_of(x), beside<op::fill, X>(value)).template output<0>();
}

template <std::int64_t... Multiples, operand_like X>
constexpr auto tile(const X& x, const line& where = line::current()) {
  return record<op::tile>(where, x, integer_list<i64, Multiples...>{}).template output<0>();
}
template <operand_like X>
constexpr auto zeros_like(const X& x, const line& where = line::current()) {
  return record<op::zeros_like>(where, x).template output<0>();
}

template <operand_like X>
constexpr auto ones_like(const X& x, const line& where = line::current()) {
  return record<op::ones_like>(where, x).template output<0>();
}

}  // namespace airloom
