#pragma once
// Reading by index.

#include <airloom/model/tensor.hpp>

namespace airloom {

namespace op {

/// gather<Axis>(x, indices): x at these places of one dimension.
/// Inputs   x; indices: i32 or i64; axis: a constant
/// Output   x[:axis] ++ indices[batch_dims:] ++ x[axis + 1:], the element type of x
/// Needs    (R1) axis in [-rank, rank)
///          (R2) batch_dims not beyond axis, and that many leading dimensions equal in every gear
///          (R3) indices that are known lie inside the dimension
///          (R4) the output has at most 8 dimensions
/// Lowers   GatherV2(x, indices, axis) -> y
/// Example  al::embedding(table, ids)
struct gather_v2 : operator_definition {
  enum class part {
    x,
    indices,
    axis,
    batch_dims,
    indices_rank,
    x_batch,
    indices_batch,
    places_up_to_index,
    x_size,
    y
  };

  static constexpr void rule(inference& i) {
    const shape_value &x = i.shape(0), &indices = i.shape(1);
    if (!i.need_rank_at_least(part::x, x, 1)) return;
    const std::size_t batch = batch_dimensions(i);
    if (!i.holds()) return;
    const std::size_t rank = x.rank + std::size_t{indices.rank} - 1 - batch;
    if (!i.need_possible_rank(part::y, rank)) return;  // (R4)
    if (!i.has_numbers(2) || i.value_count(2) == 0) return i.output(0, shape_value::of_unknown_sizes(rank));
    const std::int64_t place = i.value(2, 0).constant();
    const std::size_t axis = i.need_dimension(part::axis, place, x.rank);  // (R1)
    if (!i.holds() || !i.need_not_above(part::batch_dims, static_cast<std::int64_t>(batch), part::axis,
                                        static_cast<std::int64_t>(axis)))
      return;  // (R2)
    for (std::size_t d = 0; d != batch; ++d)
      i.need_equal(part::x_batch, x[d], part::indices_batch, indices[d], static_cast<int>(d));  // (R2)
    shape_value result;
    for (std::size_t d = 0; d != axis; ++d) result.push(x[d]);
    for (std::size_t d = batch; d != indices.rank; ++d) result.push(indices[d]);
    for (std::size_t d = axis + 1; d != x.rank; ++d) result.push(x[d]);
    i.output(0, result);
    if (i.has_numbers(1)) need_indices_inside(i, x[axis]);
    follow(i);
  }
  static constexpr std::size_t batch_dimensions(inference& i) {
    const extent indices_rank{i.shape(1).rank};
    const extent batch{i.integer("batch_dims")};
    const extent counted = batch.constant() < 0 ? batch + indices_rank : batch;
    if (!i.need_at_least(part::batch_dims, counted, 0)) return 0;
    i.need_not_above(part::batch_dims, counted, part::indices_rank, indices_rank);
    return static_cast<std::size_t>(counted.constant());
  }
  /// (R3)
  static constexpr void need_indices_inside(inference& i, const extent& size) {
    for (std::size_t k = 0; k != i.value_count(1); ++k)
      if (i.value(1, k).constant() >= 0)
        i.need_not_above(part::places_up_to_index, i.value(1, k) + extent{1}, part::x_size, size);
  }
  /// Sizes picked out of a shape stay known.
  static constexpr void follow(inference& i) {
    if (!i.has_values(0) || !i.has_numbers(1) || i.shape(0).rank != 1) return;
    const auto count = static_cast<std::int64_t>(i.value_count(0));
    for (std::size_t k = 0; k != i.value_count(1); ++k) {
      const std::int64_t index = i.value(1, k).constant();
      const std::int64_t place = index < 0 && i.boolean("negative_index_support") ? index + count : index;
      if (place < 0 || place >= count) return i.no_output_values();
      i.output_value(i.value(0, static_cast<std::size_t>(place)));
    }
  }
  static constexpr prototype ir =
      prototype{"GatherV2"}
          .input("x", types::basic | set_of(boolean, dtype::f8_e5m2, dtype::f8_e8m0, dtype::f8_e4m3fn))
          .input("indices", types::index)
          .input("axis", types::index)
          .output_like("y", 0)
          .attribute("batch_dims", 0)
          .attribute("is_preprocessed", false)
          .attribute("negative_index_support", false)
          .with_rule(rule);
};

}  // namespace op

template <std::int64_t Axis, operand_like X, operand_like Indices>
constexpr auto gather(const X& x, const Indices& indices, const line& where = line::current()) {
  return record<op::gather_v2>(where, x, indices, integer_list<i64, Axis>{}).template output<0>();
}
/// Row ids[i] of the table for every i: gather<0>(table, ids).
template <operand_like Table, operand_like Ids>
constexpr auto embedding(const Table& table, const Ids& ids, const line& where = line::current()) {
  return gather<0>(table, ids, where);
}
/// x at one place of one dimension, which is dropped: at<1, 0>(x) is x[:, 0], at<1, -1>(x) the last one.
template <std::int64_t Axis, std::int64_t Index, operand_like X>
constexpr auto at(const X& x, const line& where = line::current()) {
  return record<op::gather_v2>(
             where, [](attribute_list& set) { set("negative_index_support", Index < 0); }, x,
             integer_scalar<i64, Index>{}, integer_list<i64, Axis>{})
      .template output<0>();
}

}  // namespace airloom
