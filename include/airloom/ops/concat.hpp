#pragma once
// Joining tensors and taking them apart.

#include <airloom/ops/elementwise.hpp>

namespace airloom {

namespace op {

/// What joining operators share: members of one rank.
struct joining : operator_definition {
  enum class part { x, concat_dim, axis, member_size, first_size, members };

  /// So many inputs from `first` on, joined along `dimension`.
  template <class Part = part>
  static constexpr void join(inference& i, std::size_t first, std::size_t members, std::int64_t dimension) {
    if (!i.need_at_least(Part::members, static_cast<std::int64_t>(members), 1)) return;
    shape_value result = i.shape(first);
    const std::size_t along = i.need_dimension(Part::concat_dim, dimension, result.rank);  // (R1)
    for (std::size_t m = first + 1; m != first + members && i.holds(); ++m) {
      if (!i.need_rank(Part::x, i.shape(m), result.rank)) return;  // (R2)
      const extent sum = result[along] + i.shape(m)[along];
      meet<Part>(i, result, m, along);
      result[along] = sum;
    }
    i.output(0, result);
    follow(i, first, members);
  }
  /// (R2) The sizes of member m, but for one dimension, are those found so far; a known size decides an
  /// unknown one.
  template <class Part = part>
  static constexpr void meet(inference& i, shape_value& sizes, std::size_t m,
                             std::size_t but_for = max_rank) {
    for (std::size_t d = 0; d != sizes.rank; ++d) {
      const extent& size = i.shape(m)[d];
      if (d == but_for) continue;
      i.need_equal(Part::member_size, size, Part::first_size, sizes[d], static_cast<int>(d));
      if (!sizes[d].is_known()) sizes[d] = size;
    }
  }
  static constexpr void follow(inference& i, std::size_t first, std::size_t members) {
    for (std::size_t m = first; m != first + members; ++m) {
      if (!i.has_values(m)) return i.no_output_values();
      for (std::size_t k = 0; k != i.value_count(m); ++k) i.output_value(i.value(m, k));
    }
  }
  static constexpr dtype_set accepts = types::basic | set_of(boolean, dtype::string, dtype::f8_e4m3fn,
                                                             dtype::f8_e5m2, dtype::hifloat8, dtype::f8_e8m0);
};

/// concat<Axis>(a, b, …): joined along one dimension.
/// Inputs   x: one tensor or more; concat_dim: a constant
/// Output   the first shape, with the sizes along the axis added up
/// Needs    (R1) axis in [-rank, rank)
///          (R2) one rank, and all other dimensions equal in every gear
/// Lowers   ConcatV2(x0, x1, …, concat_dim) {N} -> y
/// Example  al::concat<-1>(left, right)
struct concat_v2 : joining {
  static constexpr void rule(inference& i) {
    const std::size_t members = i.input_count() - 1;
    if (!i.has_numbers(members) || i.value_count(members) == 0)
      return i.output(0, shape_value::of_unknown_sizes(i.shape(0).rank));
    join(i, 0, members, i.value(members, 0).constant());
  }
  static constexpr prototype ir = prototype{"ConcatV2"}
                                      .dynamic("x", accepts, 'T')
                                      .input("concat_dim", types::index)
                                      .output_like("y", 0)
                                      .attribute("N", 1)
                                      .with_rule(rule);
};

/// The same with the axis as an attribute; read from files.
/// Inputs   x: one tensor or more
/// Output   the first shape, with the sizes along the axis added up
/// Needs    (R1) concat_dim in [-rank, rank)
///          (R2) one rank, and all other dimensions equal in every gear
/// Lowers   ConcatD(x0, x1, …) {concat_dim, N} -> y
struct concat_d : joining {
  static constexpr void rule(inference& i) { join(i, 0, i.input_count(), i.integer("concat_dim")); }
  static constexpr prototype ir = prototype{"ConcatD"}
                                      .dynamic("x", types::real | set_of(boolean, dtype::c64), 'T')
                                      .output_like("y", 0)
                                      .required("concat_dim", attribute_kind::integer)
                                      .attribute("N", 1)
                                      .with_rule(rule);
};

/// pack<Axis>(a, b, …): tensors of one shape, stacked along a new dimension.
/// Inputs   x: one tensor or more
/// Output   one rank more, with the number of tensors at the axis
/// Needs    (R1) axis in [-rank - 1, rank], rank at most 7
///          (R2) one rank, and all dimensions equal in every gear
/// Lowers   Pack(x0, x1, …) {axis, N} -> y
/// Example  al::pack<0>(first, second)
struct pack : joining {
  static constexpr void rule(inference& i) {
    const std::size_t members = i.input_count();
    if (!i.need_at_least(part::members, static_cast<std::int64_t>(members), 1)) return;
    shape_value sizes = i.shape(0);
    const std::size_t rank = sizes.rank + std::size_t{1};
    const std::size_t axis = i.need_dimension(part::axis, i.integer("axis"), rank);  // (R1)
    if (!i.holds() || !i.need_possible_rank(part::x, rank)) return;
    for (std::size_t m = 1; m != members; ++m) {
      if (!i.need_rank(part::x, i.shape(m), sizes.rank)) return;  // (R2)
      meet(i, sizes, m);
    }
    shape_value result;
    for (std::size_t d = 0; d != rank; ++d)
      result.push(d == axis ? extent{static_cast<std::int64_t>(members)} : sizes[d < axis ? d : d - 1]);
    i.output(0, result);
    if (axis == 0) follow(i, 0, members);
  }
  static constexpr prototype ir = prototype{"Pack"}
                                      .dynamic("x", accepts, 'T')
                                      .output_like("y", 0)
                                      .attribute("axis", 0)
                                      .required("N", attribute_kind::integer)
                                      .with_rule(rule);
};

/// The oldest form, whose axis comes first; read from files.
/// Inputs   concat_dim: a constant; x: one tensor or more
/// Output   the first shape, with the sizes along the axis added up
/// Needs    (R1) concat_dim in [-rank, rank)
///          (R2) one rank, and all other dimensions equal in every gear
/// Lowers   Concat(concat_dim, x0, x1, …) {N} -> y
struct concat : joining {
  enum class part { concat_dim, x, member_size, first_size, members };

  static constexpr void rule(inference& i) {
    if (i.input_count() < 2 || !i.has_numbers(0) || i.value_count(0) == 0)
      return i.output(0, i.input_count() < 2 ? shape_value::of_unknown_rank()
                                             : shape_value::of_unknown_sizes(i.shape(1).rank));
    join<part>(i, 1, i.input_count() - 1, i.value(0, 0).constant());
  }
  static constexpr prototype ir = prototype{"Concat"}
                                      .input("concat_dim", types::index)
                                      .dynamic("x", types::basic, 'T')
                                      .output_like("y", 1)
                                      .attribute("N", 1)
                                      .with_rule(rule);
};

/// What both splits into equal pieces share.
struct equal_pieces : operator_definition {
  template <class Part>
  static constexpr void split(inference& i, shape_value piece, std::int64_t dimension) {
    const std::size_t axis = i.need_dimension(Part::split_dim, dimension, piece.rank);  // (R1)
    const std::int64_t count = i.integer("num_split");
    if (!i.holds() || !i.need_at_least(Part::num_split, count, 1)) return;
    if (!i.need_divides(Part::x_size, piece[axis], Part::num_split, count)) return;  // (R2)
    i.need_is(Part::outputs, static_cast<std::int64_t>(i.output_count()), count);    // (R3)
    piece[axis] = floor_quotient(piece[axis], count, i.gears());
    for (std::size_t k = 0; k != i.output_count(); ++k) i.output(k, piece);
  }
};

/// split<Axis, Count>(x): equal pieces along one dimension, for structured bindings.
/// Inputs   x
/// Output   Count tensors, each with its share of the dimension
/// Needs    (R1) axis in [-rank, rank)
///          (R2) the count divides the dimension in every gear
///          (R3) as many outputs as num_split says (a file may contradict itself)
/// Lowers   SplitD(x) {split_dim, num_split} -> y0, y1, …
/// Example  auto [left, right] = al::split<-1, 2>(x);
struct split_d : equal_pieces {
  enum class part { x, split_dim, x_size, num_split, outputs };

  static constexpr void rule(inference& i) { split<part>(i, i.shape(0), i.integer("split_dim")); }
  static constexpr prototype ir = prototype{"SplitD"}
                                      .input("x", types::integers | set_of(f32, f16, bf16, boolean))
                                      .outputs_like("y", 0, "num_split")
                                      .required("split_dim", attribute_kind::integer)
                                      .required("num_split", attribute_kind::integer)
                                      .with_rule(rule);
};

/// The form whose axis is an input and comes first; read from files.
/// Inputs   split_dim: a constant; x
/// Output   num_split tensors, each with its share of the dimension
/// Needs    (R1) split_dim in [-rank, rank)
///          (R2) num_split divides the dimension in every gear
///          (R3) as many outputs as num_split says
/// Lowers   Split(split_dim, x) {num_split} -> y0, y1, …
struct split : equal_pieces {
  enum class part { split_dim, x, x_size, num_split, outputs };

  static constexpr void rule(inference& i) {
    if (i.has_numbers(0) && i.value_count(0) != 0)
      return equal_pieces::split<part>(i, i.shape(1), i.value(0, 0).constant());
    for (std::size_t k = 0; k != i.output_count(); ++k)
      i.output(k, shape_value::of_unknown_sizes(i.shape(1).rank));
  }
  static constexpr prototype ir = prototype{"Split"}
                                      .input("split_dim", set_of(i32))
                                      .input("x", types::basic | set_of(boolean))
                                      .outputs_like("y", 1, "num_split")
                                      .required("num_split", attribute_kind::integer)
                                      .with_rule(rule);
};

/// split_sizes<Axis, Sizes…>(x): pieces of these sizes along one dimension, for structured bindings. One size
/// may be -1: what the others leave.
/// Inputs   x; size_splits: a constant list; split_dim: a constant
/// Output   as many tensors as sizes, each with its share of the dimension
/// Needs    (R1) axis in [-rank, rank)
///          (R2) the sizes add up to the dimension in every gear; at most one -1, no other negative size
///          (R3) as many sizes and outputs as num_split says
/// Lowers   SplitV(x, size_splits, split_dim) {num_split} -> y0, y1, …
/// Example  auto [query, key, value] = al::split_sizes<-1, 64, 16, 16>(x);
struct split_v : operator_definition {
  enum class part { x, size_splits, split_dim, num_split, outputs, x_size, size, all_sizes, open_sizes };

  static constexpr void rule(inference& i) {
    const extent count{i.integer("num_split")};
    i.need_is(part::outputs, static_cast<std::int64_t>(i.output_count()), count.constant());  // (R3)
    shape_value piece = i.shape(0);
    if (!i.has_numbers(2) || i.value_count(2) == 0)
      return output_pieces(i, shape_value::of_unknown_sizes(piece.rank));
    const std::size_t axis = i.need_dimension(part::split_dim, i.value(2, 0).constant(), piece.rank);  // (R1)
    if (!i.holds()) return;
    const extent whole = piece[axis];
    piece[axis] = extent::unknown();
    output_pieces(i, piece);
    if (!i.has_values(1) ||
        !i.need_equal(part::size_splits, static_cast<std::int64_t>(i.value_count(1)), part::num_split, count))
      return;  // (R3)
    const extent rest = what_is_left(i, whole);
    for (std::size_t k = 0; i.holds() && k != i.output_count(); ++k) {
      piece[axis] = i.value(1, k).is(-1) ? rest : i.value(1, k);
      i.output(k, piece);
    }
  }
  static constexpr void output_pieces(inference& i, const shape_value& piece) {
    for (std::size_t k = 0; k != i.output_count(); ++k) i.output(k, piece);
  }
  /// (R2) The size that a -1 stands for.
  static constexpr extent what_is_left(inference& i, const extent& whole) {
    extent sum;
    std::int64_t open = 0;
    for (std::size_t k = 0; k != i.value_count(1); ++k)
      if (i.value(1, k).is(-1))
        ++open;
      else if (i.need_at_least(part::size, i.value(1, k), 0))
        sum = sum + i.value(1, k);
    if (open == 0)
      i.need_equal(part::all_sizes, sum, part::x_size, whole);
    else if (i.need_below(part::open_sizes, open, 2))
      i.need_not_above(part::all_sizes, sum, part::x_size, whole);
    return whole - sum;
  }
  static constexpr prototype ir = prototype{"SplitV"}
                                      .input("x", types::basic | set_of(boolean, dtype::string))
                                      .input("size_splits", types::index)
                                      .input("split_dim", set_of(i32))
                                      .outputs_like("y", 0, "num_split")
                                      .required("num_split", attribute_kind::integer)
                                      .with_rule(rule);
};

/// unpack<Axis, Count>(x): the places of one dimension, each without it, for structured bindings.
/// Inputs   x
/// Output   num tensors of one rank less
/// Needs    (R1) axis in [-rank, rank)
///          (R2) num is the size along it in every gear
///          (R3) as many outputs as num says
/// Lowers   Unpack(x) {num, axis} -> y0, y1, …
/// Example  auto [first, second] = al::unpack<0, 2>(pair);
struct unpack : operator_definition {
  enum class part { x, axis, x_size, num, outputs };

  static constexpr void rule(inference& i) {
    const shape_value& x = i.shape(0);
    const std::int64_t count = i.integer("num");
    const std::size_t axis = i.need_dimension(part::axis, i.integer("axis"), x.rank);  // (R1)
    if (!i.holds() || !i.need_equal(part::x_size, x[axis], part::num, count)) return;  // (R2)
    i.need_is(part::outputs, static_cast<std::int64_t>(i.output_count()), count);      // (R3)
    shape_value piece;
    for (std::size_t d = 0; d != x.rank; ++d)
      if (d != axis) piece.push(x[d]);
    for (std::size_t k = 0; k != i.output_count(); ++k) i.output(k, piece);
  }
  static constexpr prototype ir = prototype{"Unpack"}
                                      .input("x", types::basic | set_of(boolean))
                                      .outputs_like("y", 0, "num")
                                      .required("num", attribute_kind::integer)
                                      .attribute("axis", 0)
                                      .with_rule(rule);
};

}  // namespace op

template <std::int64_t Axis, operand_like... Members>
constexpr auto concat(const Members&... members) {
  return record<op::concat_v2>(
             last_line(members...),
             [](attribute_list& set) { set("N", static_cast<std::int64_t>(sizeof...(Members))); }, members...,
             integer_scalar<i64, Axis>{})
      .template output<0>();
}
template <std::int64_t Axis, operand_like... Members>
constexpr auto pack(const Members&... members) {
  return record<op::pack>(
             last_line(members...),
             [](attribute_list& set) {
               set("axis", Axis);
               set("N", static_cast<std::int64_t>(sizeof...(Members)));
             },
             members...)
      .template output<0>();
}
template <std::int64_t Axis, std::int64_t Count, operand_like X>
constexpr auto split(const X& x, const line& where = line::current()) {
  return outputs_of<Count>(record<op::split_d>(
      where,
      [](attribute_list& set) {
        set("split_dim", Axis);
        set("num_split", Count);
      },
      x));
}

template <std::int64_t Axis, std::int64_t... Sizes, operand_like X>
constexpr auto split_sizes(const X& x, const line& where = line::current()) {
  return outputs_of<sizeof...(Sizes)>(record<op::split_v>(
      where, [](attribute_list& set) { set("num_split", static_cast<std::int64_t>(sizeof...(Sizes))); }, x,
      integer_list<i64, Sizes...>{}, integer_scalar<i32, Axis>{}));
}

template <std::int64_t Axis, std::int64_t Count, operand_like X>
constexpr auto unpack(const X& x, const line& where = line::current()) {
  return outputs_of<Count>(record<op::unpack>(
      where,
      [](attribute_list& set) {
        set("num", Count);
        set("axis", Axis);
      },
      x));
}

}  // namespace airloom
