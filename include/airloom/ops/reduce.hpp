#pragma once
// Reductions over some dimensions, running sums, and the largest elements.

#include <airloom/model/tensor.hpp>

namespace airloom {

/// Whether a reduction keeps its dimensions as size 1.
enum class dims : bool { dropped, kept };

namespace op {

/// The rule of all reductions: the named dimensions become 1 or are dropped. An empty list of axes leaves x
/// as it is, or names all dimensions where noop_with_empty_axes is false.
struct reduction : operator_definition {
  enum class part { x, axes };

  static constexpr void rule(inference& i) {
    const shape_value& x = i.shape(0);
    const bool keep = i.boolean("keep_dims");
    if (!i.has_numbers(1))
      return i.output(0, keep ? shape_value::of_unknown_sizes(x.rank) : shape_value::of_unknown_rank());
    const bool all = i.value_count(1) == 0 && !i.boolean("noop_with_empty_axes");
    bool reduced[max_rank]{};
    for (std::size_t k = 0; k != i.value_count(1); ++k) {
      const std::size_t axis = i.need_dimension(part::axes, i.value(1, k).constant(), x.rank);  // (R1)
      if (!i.holds()) return;
      reduced[axis] = true;
    }
    shape_value result;
    for (std::size_t d = 0; d != x.rank; ++d)
      if (!all && !reduced[d])
        result.push(x[d]);
      else if (keep)
        result.push(1);
    i.output(0, result);
  }
  /// The prototype that all of them begin with.
  static constexpr prototype of(prototype&& named, dtype_set accepts) {
    return static_cast<prototype&&>(named)
        .input("x", accepts)
        .input("axes", types::index)
        .output_like("y", 0)
        .attribute("keep_dims", false)
        .with_rule(rule);
  }
};

/// sum<Axes…>(x), sum<dims::kept, Axes…>(x): the sum over these dimensions, without axes over all; f16 and
/// bf16 are summed in f32. Inputs   x; axes: a constant list Output   x without these dimensions, or with
/// size 1 there; the element type of x Needs    (R1) axes in [-rank, rank) Lowers   ReduceSum(x, axes)
/// {keep_dims} -> y Example  al::sum<-1>(x)
struct reduce_sum : reduction {
  static constexpr prototype ir = of(prototype{"ReduceSum"}, types::number | set_of(boolean))
                                      .newer_attribute("noop_with_empty_axes", true);
};

/// mean<Axes…>(x), mean<dims::kept, Axes…>(x): the mean over these dimensions, without axes over all.
/// Inputs   x; axes: a constant list
/// Output   x without these dimensions, or with size 1 there; the element type of x
/// Needs    (R1) axes in [-rank, rank)
/// Lowers   ReduceMean(x, axes) {keep_dims, noop_with_empty_axes} -> y
/// Example  al::mean<al::dims::kept, -1>(x)
struct reduce_mean : reduction {
  static constexpr prototype ir =
      of(prototype{"ReduceMean"}, types::number).attribute("noop_with_empty_axes", true);
};

/// max<Axes…>(x), max<dims::kept, Axes…>(x): the largest over these dimensions, without axes over all.
/// Inputs   x; axes: a constant list
/// Output   x without these dimensions, or with size 1 there; the element type of x
/// Needs    (R1) axes in [-rank, rank)
/// Lowers   ReduceMax(x, axes) {keep_dims} -> y
/// Example  al::max<2, 3>(image)
struct reduce_max : reduction {
  static constexpr prototype ir =
      of(prototype{"ReduceMax"}, types::number).newer_attribute("noop_with_empty_axes", true);
};

/// argmax<Axis>(x): the place of the first largest along one dimension, which is dropped.
/// Inputs   x; dimension: a constant
/// Output   x without this dimension; i64, or i32 where the attribute dtype says so
/// Needs    (R1) axis in [-rank, rank)
///          (R2) dtype is i32 or i64
/// Lowers   ArgMaxV2(x, dimension) {dtype} -> y
/// Example  al::argmax<-1>(logits)
struct arg_max_v2 : operator_definition {
  enum class part { x, dimension, y };

  static constexpr void rule(inference& i) {
    const shape_value& x = i.shape(0);
    i.need_type(part::y, from_ge_number(i.integer("dtype")), types::index);  // (R2)
    if (!i.has_numbers(1) || i.value_count(1) == 0)
      return i.output(0, shape_value::of_unknown_sizes(x.rank == 0 ? 0 : x.rank - std::size_t{1}));
    const std::size_t axis = i.need_dimension(part::dimension, i.value(1, 0).constant(), x.rank);  // (R1)
    shape_value result;
    for (std::size_t d = 0; d != x.rank; ++d)
      if (d != axis) result.push(x[d]);
    i.output(0, result);
  }
  static constexpr prototype ir = prototype{"ArgMaxV2"}
                                      .input("x", types::number)
                                      .input("dimension", types::index)
                                      .output_from("y", "dtype")
                                      .attribute("dtype", i64)
                                      .with_rule(rule);
};

/// min<Axes…>(x), min<dims::kept, Axes…>(x): the smallest over these dimensions, without axes over all.
/// Inputs   x; axes: a constant list
/// Output   x without these dimensions, or with size 1 there; the element type of x
/// Needs    (R1) axes in [-rank, rank)
/// Lowers   ReduceMin(x, axes) {keep_dims} -> y
/// Example  al::min<-1>(x)
struct reduce_min : reduction {
  static constexpr prototype ir =
      of(prototype{"ReduceMin"}, types::number).newer_attribute("noop_with_empty_axes", true);
};

/// prod<Axes…>(x), prod<dims::kept, Axes…>(x): the product over these dimensions, without axes over all; f16
/// and bf16 are multiplied in f32, whole numbers wrap around.
/// Inputs   x; axes: a constant list
/// Output   x without these dimensions, or with size 1 there; the element type of x
/// Needs    (R1) axes in [-rank, rank)
/// Lowers   ReduceProd(x, axes) {keep_dims} -> y
/// Example  al::prod<-1>(x)
struct reduce_prod : reduction {
  static constexpr prototype ir =
      of(prototype{"ReduceProd"}, types::number).newer_attribute("noop_with_empty_axes", true);
};

/// any<Axes…>(x), any<dims::kept, Axes…>(x): whether one element over these dimensions holds, without axes
/// over all.
/// Inputs   x: bool; axes: a constant list
/// Output   x without these dimensions, or with size 1 there; bool
/// Needs    (R1) axes in [-rank, rank)
/// Lowers   ReduceAny(x, axes) {keep_dims} -> y
/// Example  al::any<-1>(mask)
struct reduce_any : reduction {
  static constexpr prototype ir = of(prototype{"ReduceAny"}, set_of(boolean));
};

/// all<Axes…>(x), all<dims::kept, Axes…>(x): whether every element over these dimensions holds, without axes
/// over all.
/// Inputs   x: bool; axes: a constant list
/// Output   x without these dimensions, or with size 1 there; bool
/// Needs    (R1) axes in [-rank, rank)
/// Lowers   ReduceAll(x, axes) {keep_dims} -> y
/// Example  al::all<-1>(mask)
struct reduce_all : reduction {
  static constexpr prototype ir = of(prototype{"ReduceAll"}, set_of(boolean));
};

/// cumsum<Axis>(x): the sum of all elements up to each along one dimension; f16 and bf16 are summed in f32.
/// Inputs   x; axis: a constant
/// Output   the shape and element type of x; `exclusive` leaves out the element itself, `reverse` sums from
///          the end
/// Needs    (R1) axis in [-rank, rank)
/// Lowers   Cumsum(x, axis) {exclusive, reverse} -> y
/// Example  al::cumsum<-1>(mask)
struct cumsum : operator_definition {
  enum class part { x, axis };

  static constexpr void rule(inference& i) {
    i.output(0, i.shape(0));
    if (i.has_numbers(1) && i.value_count(1) != 0)
      i.need_dimension(part::axis, i.value(1, 0).constant(), i.shape(0).rank);  // (R1)
  }
  static constexpr prototype ir = prototype{"Cumsum"}
                                      .input("x", types::number)
                                      .input("axis", types::index)
                                      .output_like("y", 0)
                                      .attribute("exclusive", false)
                                      .attribute("reverse", false)
                                      .with_rule(rule);
};

/// topk<Axis, K>(x): the K largest along one dimension, from the largest on, and their places; for structured
/// bindings. Of equal ones the first comes first; NaN counts as larger than every number.
/// Inputs   x; k: a constant
/// Output   values: x with size K at the axis; indices: i32 of that shape. `largest` false gives the smallest
/// Needs    (R1) dim in [-rank, rank)
///          (R2) k from 0 to the size, in every gear
/// Lowers   TopKV2(x, k) {sorted, dim, largest} -> values, indices
/// Example  auto [values, places] = al::topk<-1, 5>(logits);
struct top_k_v2 : operator_definition {
  enum class part { x, k, dim, x_size };

  static constexpr void rule(inference& i) {
    shape_value result = i.shape(0);
    const std::size_t axis = i.need_dimension(part::dim, i.integer("dim"), result.rank);  // (R1)
    if (!i.holds()) return;
    const bool known = i.has_values(1) && i.value_count(1) != 0;
    if (known && i.need_at_least(part::k, i.value(1, 0), 0))
      i.need_not_above(part::k, i.value(1, 0), part::x_size, result[axis]);  // (R2)
    result[axis] = known ? i.value(1, 0) : extent::unknown();
    i.output(0, result);
    i.output(1, result);
  }
  static constexpr prototype ir = prototype{"TopKV2"}
                                      .input("x", types::real)
                                      .input("k", types::index)
                                      .output_like("values", 0)
                                      .output_of("indices", i32)
                                      .attribute("sorted", true)
                                      .attribute("dim", -1)
                                      .attribute("largest", true)
                                      .with_rule(rule);
};

}  // namespace op

/// The axes of a reduction as TorchAir writes them: where none is named, every dimension is.
template <std::size_t Rank, std::int64_t... Axes>
constexpr auto axes_operand() {
  if constexpr (sizeof...(Axes) != 0)
    return integer_list<i64, Axes...>{};
  else
    return []<std::size_t... I>(std::index_sequence<I...>) {
      return integer_list<i64, static_cast<std::int64_t>(I)...>{};
    }(std::make_index_sequence<Rank>{});
}

template <class Op, dims Kept, std::int64_t... Axes, operand_like X>
constexpr auto record_reduction(const X& x, const line& where) {
  return record<Op>(
             where, [](attribute_list& set) { set("keep_dims", Kept == dims::kept); }, x,
             axes_operand<rank_of<X>, Axes...>())
      .template output<0>();
}
template <std::int64_t... Axes, operand_like X>
constexpr auto sum(const X& x, const line& where = line::current()) {
  return record_reduction<op::reduce_sum, dims::dropped, Axes...>(x, where);
}
template <dims Kept, std::int64_t... Axes, operand_like X>
constexpr auto sum(const X& x, const line& where = line::current()) {
  return record_reduction<op::reduce_sum, Kept, Axes...>(x, where);
}
template <std::int64_t... Axes, operand_like X>
constexpr auto mean(const X& x, const line& where = line::current()) {
  return record_reduction<op::reduce_mean, dims::dropped, Axes...>(x, where);
}
template <dims Kept, std::int64_t... Axes, operand_like X>
constexpr auto mean(const X& x, const line& where = line::current()) {
  return record_reduction<op::reduce_mean, Kept, Axes...>(x, where);
}
template <std::int64_t... Axes, operand_like X>
constexpr auto max(const X& x, const line& where = line::current()) {
  return record_reduction<op::reduce_max, dims::dropped, Axes...>(x, where);
}
template <dims Kept, std::int64_t... Axes, operand_like X>
constexpr auto max(const X& x, const line& where = line::current()) {
  return record_reduction<op::reduce_max, Kept, Axes...>(x, where);
}
template <std::int64_t Axis, operand_like X>
constexpr auto argmax(const X& x, const line& where = line::current()) {
  return record<op::arg_max_v2>(where, x, integer_scalar<i64, Axis>{}).template output<0>();
}

template <std::int64_t... Axes, operand_like X>
constexpr auto any(const X& x, const line& where = line::current()) {
  return record_reduction<op::reduce_any, dims::dropped, Axes...>(x, where);
}
template <dims Kept, std::int64_t... Axes, operand_like X>
constexpr auto any(const X& x, const line& where = line::current()) {
  return record_reduction<op::reduce_any, Kept, Axes...>(x, where);
}
template <std::int64_t... Axes, operand_like X>
constexpr auto all(const X& x, const line& where = line::current()) {
  return record_reduction<op::reduce_all, dims::dropped, Axes...>(x, where);
}
template <dims Kept, std::int64_t... Axes, operand_like X>
constexpr auto all(const X& x, const line& where = line::current()) {
  return record_reduction<op::reduce_all, Kept, Axes...>(x, where);
}
template <std::int64_t Axis, operand_like X>
constexpr auto cumsum(const X& x, const line& where = line::current()) {
  return record<op::cumsum>(where, x, integer_scalar<i64, Axis>{}).template output<0>();
}
template <std::int64_t Axis, std::int64_t K, operand_like X>
constexpr auto topk(const X& x, const line& where = line::current()) {
  return outputs_of<2>(record<op::top_k_v2>(
      where, [](attribute_list& set) { set("dim", Axis); }, x, integer_scalar<i64, K>{}));
}

template <std::int64_t... Axes, operand_like X>
constexpr auto min(const X& x, const line& where = line::current()) {
  return record_reduction<op::reduce_min, dims::dropped, Axes...>(x, where);
}
template <dims Kept, std::int64_t... Axes, operand_like X>
constexpr auto min(const X& x, const line& where = line::current()) {
  return record_reduction<op::reduce_min, Kept, Axes...>(x, where);
}
template <std::int64_t... Axes, operand_like X>
constexpr auto prod(const X& x, const line& where = line::current()) {
  return record_reduction<op::reduce_prod, dims::dropped, Axes...>(x, where);
}
template <dims Kept, std::int64_t... Axes, operand_like X>
constexpr auto prod(const X& x, const line& where = line::current()) {
  return record_reduction<op::reduce_prod, Kept, Axes...>(x, where);
}

}  // namespace airloom
