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

/// pad_with<Before0, After0, Before1, After1, …>(x, value): a border of one number around x.
/// Inputs   x; paddings: two numbers a dimension, before and after; with paddings_contiguous false all
///          numbers before come first; constant_values: one element, or not fed for 0
/// Output   each dimension longer by its two numbers, the element type of x. mode constant writes the number,
///          edge repeats the outermost element, reflect mirrors without it, symmetric with it
/// Needs    (R1) two paddings a dimension
///          (R2) no negative number; reflect below the size, symmetric up to it, edge of at least one element
///          (R3) constant_values has one element
///          (R4) mode is one of the four
/// Lowers   PadV3(x, paddings, constant_values) {mode, paddings_contiguous} -> y
/// Example  al::pad_with<0, 1, 1, 2>(x, 0.5)
struct pad_v3 : operator_definition {
  enum class part {
    x,
    paddings,
    constant_values,
    paddings_entries,
    twice_x_rank,
    padding,
    x_size,
    value_elements
  };

  static constexpr void rule(inference& i) {
    const shape_value& x = i.shape(0);
    i.need_text("mode", {"constant", "edge", "reflect", "symmetric"});        // (R4)
    if (i.fed(2)) i.need_is(part::value_elements, i.shape(2).elements(), 1);  // (R3)
    if (!i.need_equal(part::paddings_entries, i.shape(1).elements(), part::twice_x_rank,
                      2 * std::int64_t{x.rank}) ||
        !i.holds())
      return;  // (R1)
    if (!i.has_values(1)) return i.output(0, shape_value::of_unknown_sizes(x.rank));
    const bool paired = i.boolean("paddings_contiguous");
    shape_value result;
    for (std::size_t d = 0; d != x.rank; ++d) {
      const extent& before = i.value(1, paired ? 2 * d : d);
      const extent& after = i.value(1, paired ? 2 * d + 1 : d + x.rank);
      check_padding(i, before, x[d], static_cast<int>(d));
      check_padding(i, after, x[d], static_cast<int>(d));
      result.push(x[d] + before + after);
    }
    i.output(0, result);
  }
  /// (R2)
  static constexpr void check_padding(inference& i, const extent& padding, const extent& size,
                                      int dimension) {
    if (!i.need_at_least(part::padding, padding, 0)) return;
    const std::string_view mode = i.text("mode");
    if (mode == "reflect" && !padding.is(0))
      i.need_not_above(part::padding, padding + extent{1}, part::x_size, size);
    else if (mode == "symmetric")
      i.need_not_above(part::padding, padding, part::x_size, size);
    else if (mode == "edge" && !padding.is(0) && size.is(0))
      i.need_is(part::padding, padding, 0, dimension);
  }
  static constexpr dtype_set accepts =
      types::basic | set_of(boolean, dtype::hifloat8, dtype::f8_e5m2, dtype::f8_e8m0, dtype::f8_e4m3fn,
                            dtype::f4_e2m1, dtype::f4_e1m2);
  static constexpr prototype ir = prototype{"PadV3"}
                                      .input("x", accepts, 'T')
                                      .input("paddings", types::index)
                                      .optional("constant_values", accepts, 'T')
                                      .output_like("y", 0)
                                      .attribute("mode", "constant")
                                      .attribute("paddings_contiguous", true)
                                      .with_rule(rule);
};

/// reverse<Axes…>(x): these dimensions back to front.
/// Inputs   x; axis: a constant list
/// Output   the shape and element type of x
/// Needs    (R1) axes in [-rank, rank)
///          (R2) none twice
/// Lowers   ReverseV2(x, axis) -> y
/// Example  al::reverse<0>(x)
struct reverse_v2 : operator_definition {
  enum class part { x, axis, entries_for_one_dimension };

  static constexpr void rule(inference& i) {
    const shape_value& x = i.shape(0);
    i.output(0, x);
    if (!i.has_numbers(1)) return;
    bool reversed[max_rank]{};
    for (std::size_t k = 0; k != i.value_count(1); ++k) {
      const std::size_t d = i.need_dimension(part::axis, i.value(1, k).constant(), x.rank);  // (R1)
      if (!i.holds() || !i.need_below(part::entries_for_one_dimension, reversed[d] ? 2 : 1, 2))
        return;  // (R2)
      reversed[d] = true;
    }
  }
  static constexpr prototype ir =
      prototype{"ReverseV2"}
          .input("x", types::real | types::complex | set_of(boolean, dtype::string))
          .input("axis", types::index)
          .output_like("y", 0)
          .with_rule(rule);
};

/// The rule of both triangles: matrices in the last two dimensions.
struct triangle : operator_definition {
  enum class part { x };

  static constexpr void rule(inference& i) {
    i.need_rank_at_least(part::x, i.shape(0), 2);  // (R1)
    i.output(0, i.shape(0));
  }
  static constexpr prototype of(prototype&& named) {
    return static_cast<prototype&&>(named)
        .input("x", types::basic | set_of(boolean))
        .output_like("y", 0)
        .attribute("diagonal", 0)
        .with_rule(rule);
  }
};

/// tril<Diagonal>(x): the lower triangle of each matrix, where column - row ≤ Diagonal; 0 elsewhere.
/// Inputs   x
/// Output   the shape and element type of x
/// Needs    (R1) rank 2 or more
/// Lowers   Tril(x) {diagonal} -> y
/// Example  al::tril(scores)
struct tril : triangle {
  static constexpr prototype ir = of(prototype{"Tril"});
};

/// triu<Diagonal>(x): the upper triangle of each matrix, where column - row ≥ Diagonal; 0 elsewhere.
/// Inputs   x
/// Output   the shape and element type of x
/// Needs    (R1) rank 2 or more
/// Lowers   Triu(x) {diagonal} -> y
/// Example  al::triu<1>(ones)
struct triu : triangle {
  static constexpr prototype ir = of(prototype{"Triu"});
};

/// The block at some offsets; read from files, where slice writes StridedSliceV2.
/// Inputs   x; offsets, size: one number a dimension; a size of -1 takes the rest
/// Output   the sizes, the element type of x
/// Needs    (R1) one entry a dimension
///          (R2) no negative offset, no size below -1
///          (R3) offset and size together no more than the dimension, in every gear
/// Lowers   Slice(x, offsets, size) -> y
struct slice : operator_definition {
  enum class part { x, offsets, size, x_rank, offset, places, x_size };

  static constexpr void rule(inference& i) {
    const shape_value& x = i.shape(0);
    if (!i.has_values(1) || !i.has_values(2)) return i.output(0, shape_value::of_unknown_sizes(x.rank));
    if (!i.need_equal(part::offsets, static_cast<std::int64_t>(i.value_count(1)), part::x_rank, x.rank) ||
        !i.need_equal(part::size, static_cast<std::int64_t>(i.value_count(2)), part::x_rank, x.rank))
      return;  // (R1)
    shape_value result;
    for (std::size_t d = 0; d != x.rank; ++d) {
      const extent &offset = i.value(1, d), &size = i.value(2, d);
      if (!i.need_at_least(part::offset, offset, 0) || !i.need_at_least(part::size, size, -1))
        return;                                                                                  // (R2)
      i.need_not_above(part::places, size.is(-1) ? offset : offset + size, part::x_size, x[d]);  // (R3)
      result.push(size.is(-1) ? x[d] - offset : size);
    }
    i.output(0, result);
  }
  static constexpr prototype ir =
      prototype{"Slice"}
          .input("x", types::basic | set_of(boolean, dtype::hifloat8, dtype::f8_e5m2, dtype::f8_e4m3fn,
                                            dtype::f8_e8m0, dtype::f4_e2m1, dtype::f4_e1m2))
          .input("offsets", types::index)
          .input("size", types::index)
          .output_like("y", 0)
          .with_rule(rule);
};

}  // namespace op

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
  return record<op::pad>(where, x, integer_table<i64, 2, Paddings...>{}).template output<0>();
}

template <std::int64_t... Paddings, operand_like X, plain_number Value>
constexpr auto pad_with(const X& x, Value value, const line& where = line::current()) {
  if constexpr (is_refused<X>)
    return x;
  else
    return record<op::pad_v3>(where, x, integer_list<i64, Paddings...>{}, beside<op::pad_v3, X>(value))
        .template output<0>();
}
template <std::int64_t... Axes, operand_like X>
constexpr auto reverse(const X& x, const line& where = line::current()) {
  return record<op::reverse_v2>(where, x, integer_list<i64, Axes...>{}).template output<0>();
}
template <std::int64_t Diagonal = 0, operand_like X>
constexpr auto tril(const X& x, const line& where = line::current()) {
  return record<op::tril>(
             where, [](attribute_list& set) { set("diagonal", Diagonal); }, x)
      .template output<0>();
}
template <std::int64_t Diagonal = 0, operand_like X>
constexpr auto triu(const X& x, const line& where = line::current()) {
  return record<op::triu>(
             where, [](attribute_list& set) { set("diagonal", Diagonal); }, x)
      .template output<0>();
}

}  // namespace airloom
