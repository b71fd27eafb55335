#pragma once
// A part of a tensor, and a tensor with a border.

#include <airloom/ops/sizes.hpp>

namespace airloom {

namespace op {

/// slice<Axis, Begin, End, Step>(x): every Step-th place from Begin up to End along one dimension.
/// Inputs   x; begin, end, axes, strides: lists of one length. Negative places count from the end; a place
/// beyond the
///          end means the end (the largest i32 stands for "to the end").
/// Output   TensorFlow's strided slice over the named axes (the first ones where axes are not given): a mask
/// bit i
///          frees begin or end i, or drops dimension i (shrink_axis), or inserts one (new_axis), or skips
///          (ellipsis)
/// Needs    (R1) axes in [-rank, rank)  (R2) no stride 0  (R3) lists of one length
/// Lowers   StridedSliceV2(x, begin, end, axes, strides) -> y
/// Example  al::slice<1, 0, seq>(table)
struct strided_slice_v2 : operator_definition {
  enum class part {
    x,
    begin,
    end,
    axes,
    strides,
    begin_entries,
    end_entries,
    axes_entries,
    strides_entries,
    stride
  };

  static constexpr void rule(inference& i) {
    const shape_value& x = i.shape(0);
    if (!i.has_values(1) || !i.has_values(2) || (i.fed(3) && !i.has_values(3)) ||
        (i.fed(4) && !i.has_values(4)) || !lists_agree(i))
      return i.output(0, unknown_like(i));
    shape_value result;
    if (i.fed(3))
      slice_axes(i, result);
    else
      slice_in_order(i, result);
    if (i.holds()) i.output(0, result);
    follow(i);
    static_cast<void>(x);
  }

  static constexpr bool lists_agree(inference& i) {
    const auto count = static_cast<std::int64_t>(i.value_count(1));
    i.need_equal(part::end_entries, static_cast<std::int64_t>(i.value_count(2)), part::begin_entries,
                 count);  // (R3)
    if (i.fed(3))
      i.need_equal(part::axes_entries, static_cast<std::int64_t>(i.value_count(3)), part::begin_entries,
                   count);
    if (i.fed(4))
      i.need_equal(part::strides_entries, static_cast<std::int64_t>(i.value_count(4)), part::begin_entries,
                   count);
    for (std::size_t k = 0; i.holds() && i.fed(4) && k != i.value_count(4); ++k)
      if (i.value(4, k).is(0))
        i.fail({relation::exactly, static_cast<int>(part::stride), -1, 0, 1, -1, no_gear});  // (R2)
    return i.holds();
  }
  static constexpr shape_value unknown_like(const inference& i) {
    if (i.integer("shrink_axis_mask") != 0 || i.integer("new_axis_mask") != 0 ||
        i.integer("ellipsis_mask") != 0)
      return shape_value::of_unknown_rank();
    shape_value result;
    for (std::size_t d = 0; d != i.shape(0).rank; ++d) result.push(extent::unknown());
    return result;
  }

  static constexpr bool bit(const inference& i, std::string_view mask, std::size_t entry) {
    return (i.integer(mask) >> entry & 1) != 0;
  }
  static constexpr std::int64_t stride(const inference& i, std::size_t entry) {
    return i.fed(4) ? i.value(4, entry).constant() : 1;
  }

  /// Places taken of a dimension of size d.
  static constexpr std::int64_t places(std::int64_t d, std::int64_t b, std::int64_t e, std::int64_t s,
                                       bool free_begin, bool free_end) {
    const std::int64_t low = s > 0 ? 0 : -1, high = s > 0 ? d : d - 1;
    const auto within = [&](std::int64_t place) {
      const std::int64_t counted = place < 0 ? place + d : place;
      return counted < low ? low : counted > high ? high : counted;
    };
    const std::int64_t from = free_begin ? (s > 0 ? 0 : d - 1) : within(b);
    const std::int64_t to = free_end ? (s > 0 ? d : -1) : within(e);
    const std::int64_t count = s > 0 ? (to - from + s - 1) / s : (from - to - s - 1) / -s;
    return count < 0 ? 0 : count;
  }
  static constexpr extent sliced(inference& i, std::size_t entry, const extent& d) {
    const extent &b = i.value(1, entry), &e = i.value(2, entry);
    const std::int64_t s = stride(i, entry);
    const bool free_begin = bit(i, "begin_mask", entry), free_end = bit(i, "end_mask", entry);
    if (!d.is_known() || !b.is_known() || !e.is_known()) return extent::unknown();
    return extent_of_sizes(i.gears(),
                           [&](std::size_t gear) {
                             return places(d.size_in(i.gears(), gear), b.size_in(i.gears(), gear),
                                           e.size_in(i.gears(), gear), s, free_begin, free_end);
                           },
                           {d, e, d - b, e - b, d + e - b, d + e, e - b - d});
  }

  static constexpr void slice_axes(inference& i, shape_value& result) {
    const shape_value& x = i.shape(0);
    shape_value taken = x;
    bool dropped[max_rank]{};
    for (std::size_t k = 0; k != i.value_count(1); ++k) {
      const std::size_t axis = i.need_dimension(part::axes, i.value(3, k).constant(), x.rank);  // (R1)
      if (!i.holds()) return;
      taken[axis] = sliced(i, k, x[axis]);
      dropped[axis] = bit(i, "shrink_axis_mask", k);
    }
    for (std::size_t d = 0; d != x.rank; ++d)
      if (!dropped[d]) result.push(taken[d]);
  }
  static constexpr void slice_in_order(inference& i, shape_value& result) {
    const shape_value& x = i.shape(0);
    const std::size_t entries = i.value_count(1);
    std::size_t d = 0;
    for (std::size_t k = 0; k != entries; ++k) {
      if (bit(i, "ellipsis_mask", k)) {
        std::size_t named = 0;
        for (std::size_t after = k + 1; after < entries; ++after) named += !bit(i, "new_axis_mask", after);
        while (d + named < x.rank) result.push(x[d++]);
      } else if (bit(i, "new_axis_mask", k))
        result.push(extent{1});
      else {
        if (!i.need_below(part::axes, static_cast<std::int64_t>(d), x.rank)) return;  // (R1)
        const extent size = sliced(i, k, x[d++]);
        if (!bit(i, "shrink_axis_mask", k)) result.push(size);
      }
    }
    while (d < x.rank) result.push(x[d++]);
  }

  /// A slice of a known list of sizes stays known.
  static constexpr void follow(inference& i) {
    if (!i.holds() || !i.has_values(0) || i.shape(0).rank != 1 || i.value_count(1) != 1 || stride(i, 0) != 1)
      return;
    const auto count = static_cast<std::int64_t>(i.value_count(0));
    if (!i.value(1, 0).is_constant() || !i.value(2, 0).is_constant()) return;
    const std::int64_t b = i.value(1, 0).constant();
    const std::int64_t from = bit(i, "begin_mask", 0) ? 0 : b < 0 ? b + count : b;
    const bool shrinks = bit(i, "shrink_axis_mask", 0);
    const std::int64_t length = shrinks ? 1
                                        : places(count, b, i.value(2, 0).constant(), 1,
                                                 bit(i, "begin_mask", 0), bit(i, "end_mask", 0));
    for (std::int64_t k = 0; k != length && from >= 0 && from + k < count; ++k)
      i.output_value(i.value(0, static_cast<std::size_t>(from + k)));
  }

  static constexpr prototype ir =
      prototype{"StridedSliceV2"}
          .input("x", types::basic |
                          set_of(boolean, dtype::hifloat8, dtype::f8_e5m2, dtype::f8_e4m3fn, dtype::f8_e8m0))
          .input("begin", types::index)
          .input("end", types::index)
          .optional("axes", types::index)
          .optional("strides", types::index)
          .output_like("y", 0)
          .attribute("begin_mask", 0)
          .attribute("end_mask", 0)
          .attribute("ellipsis_mask", 0)
          .attribute("new_axis_mask", 0)
          .attribute("shrink_axis_mask", 0)
          .with_rule(rule);
};

/// pad<before0, after0, before1, after1, …>(x): zeros around x.
/// Needs    (R1) paddings [rank, 2]  (R2) none negative
/// Lowers   Pad(x, paddings) -> y
struct pad : operator_definition {
  enum class part { x, paddings, paddings_rows, x_rank, paddings_columns, padding };
  static constexpr void rule(inference& i) {
    const shape_value &x = i.shape(0), &paddings = i.shape(1);
    if (!i.need_rank(part::paddings, paddings, 2)) return;
    i.need_equal(part::paddings_rows, paddings[0], part::x_rank, x.rank);  // (R1)
    i.need_is(part::paddings_columns, paddings[1], 2);
    if (!i.holds()) return;
    shape_value result;
    for (std::size_t d = 0; d != x.rank; ++d)
      if (!i.has_values(1))
        result.push(extent::unknown());
      else if (i.need_at_least(part::padding, i.value(1, 2 * d), 0) &&
               i.need_at_least(part::padding, i.value(1, 2 * d + 1), 0))
        result.push(x[d] + i.value(1, 2 * d) + i.value(1, 2 * d + 1));  // (R2)
    if (i.holds()) i.output(0, result);
  }
  static constexpr prototype ir =
      prototype{"Pad"}
          .input("x", types::basic | set_of(boolean, dtype::hifloat8, dtype::f8_e5m2, dtype::f8_e8m0,
                                            dtype::f8_e4m3fn, dtype::f4_e2m1, dtype::f4_e1m2))
          .input("paddings", types::index)
          .output_like("y", 0)
          .with_rule(rule);
};

}  // namespace op

/// As an End: up to the end, whatever the size.
inline constexpr int to_the_end = 2147483647;

template <std::int64_t Axis, auto Begin, auto End, std::int64_t Step = 1, operand_like X>
constexpr auto slice(const X& x, const line& where = line::current()) {
  return record<op::strided_slice_v2>(where, x, sizes_operand<sizes_form::literal, Begin>{},
                                      sizes_operand<sizes_form::literal, End>{}, integer_list<i64, Axis>{},
                                      integer_list<i64, Step>{})
      .template output<0>();
}

}  // namespace airloom
