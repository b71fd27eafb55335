#pragma once
// Reductions over some dimensions.

#include <airloom/model/tensor.hpp>

namespace airloom {

/// Whether a reduction keeps its dimensions as size 1.
enum class dims : bool { dropped, kept };

namespace op {

/// The rule of all reductions: the named dimensions become 1 or are dropped. No axes at all leave x as it is.
/// Needs    (R1) axes in [-rank, rank)
struct reduction : operator_definition {
  enum class part { x, axes };

  static constexpr void rule(inference& i) {
    const shape_value& x = i.shape(0);
    const bool keep = i.boolean("keep_dims");
    if (!i.has_values(1)) {
      shape_value unknown;
      for (std::size_t d = 0; keep && d != x.rank; ++d) unknown.push(extent::unknown());
      return i.output(0, keep ? unknown : shape_value::of_unknown_rank());
    }
    bool reduced[max_rank]{};
    for (std::size_t k = 0; k != i.value_count(1); ++k) {
      const std::size_t axis = i.need_dimension(part::axes, i.value(1, k).constant(), x.rank);  // (R1)
      if (!i.holds()) return;
      reduced[axis] = true;
    }
    const bool all = i.value_count(1) == 0 && !i.boolean("noop_with_empty_axes");
    shape_value result;
    for (std::size_t d = 0; d != x.rank; ++d)
      if (!reduced[d] && !all)
        result.push(x[d]);
      else if (keep)
        result.push(extent{1});
    i.output(0, result);
  }
  static constexpr prototype of(std::string_view type, dtype_set accepts) {
    return prototype{type}
        .input("x", accepts)
        .input("axes", types::index)
        .output_like("y", 0)
        .attribute("keep_dims", false)
        .with_rule(rule);
  }
};

/// sum<Axes…>(x): the sum over these dimensions; f16 and bf16 are summed in f32.
/// Lowers   ReduceSum(x, axes) {keep_dims} -> y
struct reduce_sum : reduction {
  static constexpr prototype ir =
      of("ReduceSum", types::number | set_of(boolean)).newer_attribute("noop_with_empty_axes", true);
};
/// mean<Axes…>(x): the mean over these dimensions.
/// Lowers   ReduceMean(x, axes) {keep_dims, noop_with_empty_axes} -> y
struct reduce_mean : reduction {
  static constexpr prototype ir = of("ReduceMean", types::number).attribute("noop_with_empty_axes", true);
};
/// max<Axes…>(x): the largest over these dimensions.
/// Lowers   ReduceMax(x, axes) {keep_dims} -> y
struct reduce_max : reduction {
  static constexpr prototype ir =
      of("ReduceMax", types::number).newer_attribute("noop_with_empty_axes", true);
};

/// argmax<Axis>(x): the place of the first largest along one dimension, which is dropped.
/// Output   i64 (or i32 by the attribute dtype)
/// Needs    (R1) axis in [-rank, rank)  (R2) dtype is i32 or i64
/// Lowers   ArgMaxV2(x, dimension) {dtype} -> y
struct arg_max_v2 : operator_definition {
  enum class part { x, dimension, y };
  static constexpr void rule(inference& i) {
    const shape_value& x = i.shape(0);
    i.need_type(part::y, from_ge_number(i.integer("dtype")), types::index);  // (R2)
    shape_value result;
    if (!i.has_values(1) || i.value_count(1) == 0) {
      for (std::size_t d = 1; d < x.rank; ++d) result.push(extent::unknown());
      return i.output(0, result);
    }
    const std::size_t axis = i.need_dimension(part::dimension, i.value(1, 0).constant(), x.rank);  // (R1)
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

}  // namespace op

template <class Op, dims Kept, std::int64_t... Axes, operand_like X>
constexpr auto record_reduction(const X& x, const line& where) {
  return record<Op>(
             where, [](attribute_list& set) { set("keep_dims", Kept == dims::kept); }, x,
             integer_list<i64, Axes...>{})
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

}  // namespace airloom
