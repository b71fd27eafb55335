#pragma once
// A part of a tensor, and a tensor with a border.

#include <airloom/ops/sizes.hpp>

namespace airloom {

namespace op {

/// slice<Axis, Begin, End, Step>(x): every Step-th place from Begin up to End along one dimension.
/// Inputs   x; begin, end, axes, strides: lists of one length, or scalars. Negative places count from the
/// end; a
///          place beyond it means the end.
/// Output   TensorFlow's strided slice over the named axes, or in order where axes are not fed. Bit i of a
/// mask
///          frees begin or end i, drops dimension i (shrink_axis), inserts one (new_axis) or skips (ellipsis)
/// Needs    (R1) axes in [-rank, rank), no more entries than dimensions
///          (R2) no stride 0; where a dimension is dropped, a positive one
///          (R3) lists of one length
///          (R4) a place where a dimension is dropped lies inside it
///          (R5) no inserted and no skipped dimensions where axes are named
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
    stride,
    places_up_to_begin,
    x_size,
    new_axis_mask,
    ellipsis_mask
  };

  static constexpr void rule(inference& i) {
    const bool axes_known = !i.fed(3) || i.has_numbers(3), strides_known = !i.fed(4) || i.has_numbers(4);
    if (!i.has_values(1) || !i.has_values(2) || !axes_known || !strides_known)
      return i.output(0, while_unknown(i));
    if (!check_lists(i)) return;
    shape_value result;
    if (i.fed(3) ? slice_axes(i, result) : slice_in_order(i, result)) i.output(0, result);
    follow(i);
  }

  /// Without masks that change the rank, only the sizes are not known.
  static constexpr shape_value while_unknown(const inference& i) {
    const bool same_rank = i.integer("shrink_axis_mask") == 0 && i.integer("new_axis_mask") == 0;
    return same_rank ? shape_value::of_unknown_sizes(i.shape(0).rank) : shape_value::of_unknown_rank();
  }
  static constexpr bool check_lists(inference& i) {
    const extent entries{static_cast<std::int64_t>(i.value_count(1))};
    const auto count = [&i](std::size_t input) { return static_cast<std::int64_t>(i.value_count(input)); };
    i.need_equal(part::end_entries, count(2), part::begin_entries, entries);                 // (R3)
    if (i.fed(3)) i.need_equal(part::axes_entries, count(3), part::begin_entries, entries);  // (R3)
    if (i.fed(4)) i.need_equal(part::strides_entries, count(4), part::begin_entries, entries);
    if (i.fed(3)) {
      i.need_is(part::new_axis_mask, i.integer("new_axis_mask"), 0);  // (R5)
      i.need_is(part::ellipsis_mask, i.integer("ellipsis_mask"), 0);
    }
    for (std::size_t k = 0; i.holds() && k != i.value_count(1); ++k)
      if (bit(i, "shrink_axis_mask", k) || stride(i, k) == 0)
        i.need_at_least(part::stride, stride(i, k), 1);  // (R2)
    return i.holds();
  }
  static constexpr bool bit(const inference& i, std::string_view mask, std::size_t entry) {
    return entry < 64 && (i.integer(mask) >> entry & 1) != 0;
  }
  static constexpr std::int64_t stride(const inference& i, std::size_t entry) {
    return i.fed(4) ? i.value(4, entry).constant() : 1;
  }

  // --- one dimension ---

  /// What one entry takes of a dimension of this size, as numbers.
  struct taken {
    std::int64_t first = 0;
    std::int64_t count = 0;
  };
  static constexpr taken places(const inference& i, std::size_t entry, std::int64_t size, std::int64_t begin,
                                std::int64_t end) {
    const std::int64_t step = stride(i, entry);
    const std::int64_t low = step > 0 ? 0 : -1, high = step > 0 ? size : size - 1;
    const auto within = [&](std::int64_t place) {
      const std::int64_t counted = place < 0 ? place + size : place;
      return counted < low ? low : counted > high ? high : counted;
    };
    const std::int64_t from = bit(i, "begin_mask", entry) ? (step > 0 ? low : high) : within(begin);
    const std::int64_t to = bit(i, "end_mask", entry) ? (step > 0 ? high : low) : within(end);
    const std::int64_t distance = step > 0 ? to - from : from - to;
    if (distance <= 0) return {from, 0};
    // Not step itself but one less, so that the most negative number has a counterpart.
    const std::int64_t between = step > 0 ? step - 1 : -(step + 1);
    return {from, between >= distance ? 1 : (distance - 1) / (between + 1) + 1};
  }
  static constexpr extent sliced(inference& i, std::size_t entry, const extent& size) {
    const extent &begin = i.value(1, entry), &end = i.value(2, entry);
    if (!size.is_known() || !begin.is_known() || !end.is_known()) return extent::unknown();
    const auto count = [&](std::size_t gear) {
      return places(i, entry, size.size_in(i.gears(), gear), begin.size_in(i.gears(), gear),
                    end.size_in(i.gears(), gear))
          .count;
    };
    return extent_of_sizes(
        i.gears(), count,
        {size, end, size - begin, end - begin, size + end - begin, size + end, end - begin - size});
  }
  /// (R4)
  static constexpr void need_inside(inference& i, std::size_t entry, const extent& size) {
    const extent& place = i.value(1, entry);
    if (!place.is_constant() || bit(i, "begin_mask", entry)) return;
    const std::int64_t index = place.constant();
    // The number of places needed on that side: index + 1 counted from the front, -index from the back.
    i.need_not_above(part::places_up_to_begin, extent{index} + extent{1}, part::x_size, size);
    i.need_not_above(part::places_up_to_begin, extent{0} - extent{index}, part::x_size, size);
  }

  // --- all dimensions ---

  static constexpr bool slice_axes(inference& i, shape_value& result) {
    const shape_value& x = i.shape(0);
    shape_value sizes = x;
    bool dropped[max_rank]{};
    for (std::size_t k = 0; k != i.value_count(1); ++k) {
      const std::size_t axis = i.need_dimension(part::axes, i.value(3, k).constant(), x.rank);  // (R1)
      if (!i.holds()) return false;
      sizes[axis] = sliced(i, k, x[axis]);
      dropped[axis] = bit(i, "shrink_axis_mask", k);
      if (dropped[axis]) need_inside(i, k, x[axis]);
    }
    for (std::size_t d = 0; d != x.rank; ++d)
      if (!dropped[d]) result.push(sizes[d]);
    return i.holds();
  }
  static constexpr bool slice_in_order(inference& i, shape_value& result) {
    const shape_value& x = i.shape(0);
    std::size_t d = 0;
    for (std::size_t k = 0; k != i.value_count(1); ++k) {
      if (bit(i, "ellipsis_mask", k)) {
        const std::size_t later = entries_after(i, k);
        while (d + later < x.rank) result.push(x[d++]);
      } else if (bit(i, "new_axis_mask", k))
        result.push(1);
      else {
        if (!i.need_below(part::begin_entries, static_cast<std::int64_t>(d), x.rank)) return false;  // (R1)
        if (!bit(i, "shrink_axis_mask", k))
          result.push(sliced(i, k, x[d]));
        else
          need_inside(i, k, x[d]);
        ++d;
      }
    }
    while (d != x.rank) result.push(x[d++]);
    return i.holds();
  }
  /// Dimensions that the entries behind entry k take.
  static constexpr std::size_t entries_after(const inference& i, std::size_t k) {
    std::size_t count = 0;
    for (std::size_t after = k + 1; after < i.value_count(1); ++after)
      count += bit(i, "new_axis_mask", after) ? 0 : 1;
    return count;
  }

  /// A part of a known list of sizes stays known.
  static constexpr void follow(inference& i) {
    if (!i.holds() || !i.has_values(0) || i.shape(0).rank != 1 || i.value_count(1) != 1) return;
    if (!i.has_numbers(1) || !i.has_numbers(2) || bit(i, "ellipsis_mask", 0) || bit(i, "new_axis_mask", 0))
      return;
    const auto size = static_cast<std::int64_t>(i.value_count(0));
    taken entry = places(i, 0, size, i.value(1, 0).constant(), i.value(2, 0).constant());
    if (bit(i, "shrink_axis_mask", 0)) entry.count = 1;
    for (std::int64_t k = 0, place = entry.first; k != entry.count && place >= 0 && place < size; ++k) {
      i.output_value(i.value(0, static_cast<std::size_t>(place)));
      place += stride(i, 0);
    }
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

/// pad<Before0, After0, Before1, After1, …>(x): zeros around x.
/// Inputs   x; paddings: [rank of x, 2]
/// Output   each dimension longer by its two numbers, the element type of x
/// Needs    (R1) paddings has one row a dimension and two columns
///          (R2) no negative number
/// Lowers   Pad(x, paddings) -> y
/// Example  al::pad<0, 0, 0, 0, 1, 1, 1, 1>(image)
struct pad : operator_definition {
  enum class part { x, paddings, paddings_rows, x_rank, paddings_columns, padding };

  static constexpr void rule(inference& i) {
    const shape_value &x = i.shape(0), &paddings = i.shape(1);
    if (!i.need_rank(part::paddings, paddings, 2) ||
        !i.need_equal(part::paddings_rows, paddings[0], part::x_rank, x.rank) ||  // (R1)
        !i.need_is(part::paddings_columns, paddings[1], 2))
      return;
    if (!i.has_values(1)) return i.output(0, shape_value::of_unknown_sizes(x.rank));
    shape_value result;
    for (std::size_t d = 0; d != x.rank; ++d) {
      const extent &before = i.value(1, 2 * d), &after = i.value(1, 2 * d + 1);
      if (!i.need_at_least(part::padding, before, 0) || !i.need_at_least(part::padding, after, 0))
        return;  // (R2)
      result.push(x[d] + before + after);
    }
    i.output(0, result);
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

/// The paddings of Pad: a Const of two columns.
template <std::int64_t... Numbers>
struct padding_table : written_operand {};

template <class Axes, std::int64_t... Numbers>
struct operand<Axes, padding_table<Numbers...>> {
  static_assert(sizeof...(Numbers) % 2 == 0, "pad: two numbers a dimension, before and after");
  using shape_type = shape<static_cast<int>(sizeof...(Numbers) / 2), 2>;
  static constexpr const shape_value& value = value_of_shape<Axes, shape_type>::value;
  using list = operand<Axes, integer_list<i64, Numbers...>>;
  static constexpr inference_input input{true, i64, &value, list::contents, sizeof...(Numbers)};

  static constexpr tape_value place(tape& record, const written_operand&, const shape_value*) {
    return add_constant(record, value, list::type, list::words, sizeof...(Numbers), false);
  }
};

/// As an End: up to the end, whatever the size. TorchAir writes this number too.
inline constexpr int to_the_end = 2147483647;

template <std::int64_t Axis, auto Begin, auto End, std::int64_t Step = 1, operand_like X>
constexpr auto slice(const X& x, const line& where = line::current()) {
  return record<op::strided_slice_v2>(where, x, size_operand<Begin>{}, size_operand<End>{},
                                      integer_scalar<i64, Axis>{}, integer_scalar<i64, Step>{})
      .template output<0>();
}
template <std::int64_t... Paddings, operand_like X>
constexpr auto pad(const X& x, const line& where = line::current()) {
  return record<op::pad>(where, x, padding_table<Paddings...>{}).template output<0>();
}

}  // namespace airloom
