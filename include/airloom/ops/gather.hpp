#pragma once
// Reading and writing by index.

#include <airloom/ops/elementwise.hpp>

namespace airloom {

namespace op {

/// What both gathering operators share: x[:axis] ++ indices[batch_dims:] ++ x[axis + 1:].
struct gathering : operator_definition {
  template <class Part>
  static constexpr std::size_t batch_dimensions(inference& i) {
    const extent indices_rank{i.shape(1).rank};
    const extent batch{i.integer("batch_dims")};
    const extent counted = batch.constant() < 0 ? batch + indices_rank : batch;
    if (!i.need_at_least(Part::batch_dims, counted, 0)) return 0;
    i.need_not_above(Part::batch_dims, counted, Part::indices_rank, indices_rank);
    return static_cast<std::size_t>(counted.constant());
  }
  template <class Part>
  static constexpr void gather(inference& i, std::size_t axis, std::size_t batch) {
    const shape_value &x = i.shape(0), &indices = i.shape(1);
    for (std::size_t d = 0; d != batch; ++d)
      i.need_equal(Part::x_batch, x[d], Part::indices_batch, indices[d], static_cast<int>(d));  // (R2)
    shape_value result;
    for (std::size_t d = 0; d != axis; ++d) result.push(x[d]);
    for (std::size_t d = batch; d != indices.rank; ++d) result.push(indices[d]);
    for (std::size_t d = axis + 1; d != x.rank; ++d) result.push(x[d]);
    i.output(0, result);
    if (i.has_numbers(1)) need_indices_inside<Part>(i, x[axis]);
    follow(i);
  }
  /// (R3)
  template <class Part>
  static constexpr void need_indices_inside(inference& i, const extent& size) {
    for (std::size_t k = 0; k != i.value_count(1); ++k)
      if (i.value(1, k).constant() >= 0)
        i.need_not_above(Part::places_up_to_index, i.value(1, k) + extent{1}, Part::x_size, size);
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
  static constexpr dtype_set accepts =
      types::basic | set_of(boolean, dtype::f8_e5m2, dtype::f8_e8m0, dtype::f8_e4m3fn);
};

/// gather<Axis>(x, indices): x at these places of one dimension.
/// Inputs   x; indices: i32 or i64; axis: a constant
/// Output   x[:axis] ++ indices[batch_dims:] ++ x[axis + 1:], the element type of x
/// Needs    (R1) axis in [-rank, rank)
///          (R2) batch_dims not beyond axis, and that many leading dimensions equal in every gear
///          (R3) indices that are known lie inside the dimension
///          (R4) the output has at most 8 dimensions
/// Lowers   GatherV2(x, indices, axis) -> y
/// Example  al::embedding(table, ids)
struct gather_v2 : gathering {
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
    const std::size_t batch = batch_dimensions<part>(i);
    if (!i.holds()) return;
    const std::size_t rank = x.rank + std::size_t{indices.rank} - 1 - batch;
    if (!i.need_possible_rank(part::y, rank)) return;  // (R4)
    if (!i.has_numbers(2) || i.value_count(2) == 0) return i.output(0, shape_value::of_unknown_sizes(rank));
    const std::int64_t place = i.value(2, 0).constant();
    const std::size_t axis = i.need_dimension(part::axis, place, x.rank);  // (R1)
    if (!i.holds() || !i.need_not_above(part::batch_dims, static_cast<std::int64_t>(batch), part::axis,
                                        static_cast<std::int64_t>(axis)))
      return;  // (R2)
    gather<part>(i, axis, batch);
  }
  static constexpr prototype ir = prototype{"GatherV2"}
                                      .input("x", accepts)
                                      .input("indices", types::index)
                                      .input("axis", types::index)
                                      .output_like("y", 0)
                                      .attribute("batch_dims", 0)
                                      .attribute("is_preprocessed", false)
                                      .attribute("negative_index_support", false)
                                      .with_rule(rule);
};

/// The older form, whose axis is the first dimension behind the batch; read from files.
/// Inputs   x; indices: i32 or i64
/// Output   x[:batch_dims] ++ indices[batch_dims:] ++ x[batch_dims + 1:], the element type of x
/// Needs    (R1) x has more dimensions than batch_dims
///          (R2) batch_dims leading dimensions equal in every gear
///          (R3) indices that are known lie inside the dimension
///          (R4) the output has at most 8 dimensions
/// Lowers   Gather(x, indices) {validate_indices, batch_dims, is_preprocessed, negative_index_support} -> y
struct gather : gathering {
  enum class part {
    x,
    indices,
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
    const std::size_t batch = batch_dimensions<part>(i);
    if (!i.holds() || !i.need_rank_at_least(part::x, x, batch + 1)) return;                      // (R1)
    if (!i.need_possible_rank(part::y, x.rank + std::size_t{indices.rank} - 1 - batch)) return;  // (R4)
    gathering::gather<part>(i, batch, batch);
  }
  static constexpr prototype ir = prototype{"Gather"}
                                      .input("x", accepts)
                                      .input("indices", types::index)
                                      .output_like("y", 0)
                                      .attribute("validate_indices", true)
                                      .attribute("batch_dims", 0)
                                      .attribute("is_preprocessed", false)
                                      .attribute("negative_index_support", false)
                                      .with_rule(rule);
};

/// index<Mask…>(x, indices…): x at places given in several dimensions at once, as numpy and torch index: the
/// shape that the indices broadcast to stands for the dimensions that the mask marks with 1; where these are
/// not side by side, it comes first. Negative indices count from the back.
/// Inputs   x; indices: i64, one tensor a marked dimension
/// Output   the other dimensions of x around the shape of the indices, the element type of x
/// Needs    (R1) the mask has no more entries than x has dimensions, each 0 or 1
///          (R2) as many indices as marked dimensions
///          (R3) the indices broadcast in every gear
///          (R4) the output has at most 8 dimensions
/// Lowers   IndexByTensor(x, indices0, …) {indices_mask} -> y
/// Example  al::index<1>(table, rows)
struct index_by_tensor : operator_definition {
  enum class part { x, indices, mask_entries, x_rank, mask_entry, marked_dimensions, y };

  static constexpr void rule(inference& i) {
    const shape_value& x = i.shape(0);
    const std::size_t entries = i.length("indices_mask");
    if (!i.need_not_above(part::mask_entries, static_cast<std::int64_t>(entries), part::x_rank, x.rank))
      return;  // (R1)
    std::size_t marked = 0, changes = 0;
    for (std::size_t d = 0; d != x.rank; ++d) {
      if (!i.need_at_least(part::mask_entry, mask(i, d), 0) || !i.need_below(part::mask_entry, mask(i, d), 2))
        return;
      marked += mask(i, d) == 1 ? 1 : 0;
      changes += mask(i, d) != (d == 0 ? 0 : mask(i, d - 1)) ? 1 : 0;
    }
    if (!i.need_equal(part::indices, static_cast<std::int64_t>(i.input_count()) - 1, part::marked_dimensions,
                      static_cast<std::int64_t>(marked)))
      return;  // (R2)
    const shape_value picked = broadcast_indices(i);
    if (!i.holds() || !i.need_possible_rank(part::y, x.rank - marked + picked.rank)) return;  // (R4)
    i.output(0, placed(i, picked, changes > 2));
  }
  static constexpr std::int64_t mask(const inference& i, std::size_t d) {
    return i.element("indices_mask", d);  // 0 beyond the entries
  }
  /// (R3)
  static constexpr shape_value broadcast_indices(inference& i) {
    if (i.input_count() < 2) return {};
    shape_value picked = i.shape(1);
    for (std::size_t k = 2; k != i.input_count() && i.holds(); ++k)
      picked = broadcast(i, part::indices, picked, part::indices, i.shape(k));
    return picked;
  }
  static constexpr shape_value placed(const inference& i, const shape_value& picked, bool in_front) {
    shape_value result;
    bool is_placed = false;
    const auto place = [&] {
      for (std::size_t d = 0; d != picked.rank; ++d) result.push(picked[d]);
      is_placed = true;
    };
    if (in_front) place();
    for (std::size_t d = 0; d != i.shape(0).rank; ++d)
      if (mask(i, d) == 0)
        result.push(i.shape(0)[d]);
      else if (!is_placed)
        place();
    return result;
  }
  static constexpr prototype ir = prototype{"IndexByTensor"}
                                      .input("x", types::basic | set_of(boolean))
                                      .dynamic("indices", set_of(i64))
                                      .output_like("y", 0)
                                      .attribute("indices_mask", {})
                                      .with_rule(rule);
};

/// gather_elements<Dim>(x, index): x at the place that each element of index says along one dimension, and at
/// the element's own place along the others.
/// Inputs   x; index: i32 or i64
/// Output   the shape of index, the element type of x
/// Needs    (R1) dim in [-rank, rank)
///          (R2) index has the rank of x, and but for that dimension no larger sizes, in every gear
/// Lowers   GatherElements(x, index) {dim} -> y
/// Example  al::gather_elements<1>(logits, targets)
struct gather_elements : operator_definition {
  enum class part { x, index, dim, index_size, x_size };

  static constexpr void rule(inference& i) {
    const shape_value &x = i.shape(0), &index = i.shape(1);
    i.output(0, index);
    const std::size_t axis = i.need_dimension(part::dim, i.integer("dim"), x.rank);  // (R1)
    if (!i.need_rank(part::index, index, x.rank)) return;
    for (std::size_t d = 0; d != x.rank; ++d)
      if (d != axis) i.need_not_above(part::index_size, index[d], part::x_size, x[d]);  // (R2)
  }
  static constexpr prototype ir =
      prototype{"GatherElements"}
          .input("x", types::real | set_of(boolean, dtype::f8_e5m2, dtype::f8_e8m0, dtype::f8_e4m3fn))
          .input("index", types::index)
          .output_like("y", 0)
          .attribute("dim", 0)
          .with_rule(rule);
};

/// scatter_elements<Axis>(data, indices, updates): data with each element of updates written at the place
/// that its index says along one dimension, and at its own place along the others. `reduction` "add" adds it
/// instead, in f32 for f16 and bf16. Of several written to one place the last stays, which the device leaves
/// open.
/// Inputs   data; indices: i32 or i64; updates: of the shape of indices
/// Output   the shape and element type of data
/// Needs    (R1) axis in [-rank, rank)
///          (R2) indices has the rank of data, and but for that dimension no larger sizes, in every gear
///          (R3) updates has the shape of indices in every gear
///          (R4) reduction is none or add
/// Lowers   ScatterElements(data, indices, updates) {axis, reduction} -> y
/// Example  al::scatter_elements<1>(al::zeros_like(x), places, ones)
struct scatter_elements : operator_definition {
  enum class part { data, indices, updates, axis, indices_size, data_size, updates_size };

  static constexpr void rule(inference& i) {
    const shape_value &data = i.shape(0), &indices = i.shape(1), &updates = i.shape(2);
    i.output(0, data);
    i.need_text("reduction", {"none", "add"});                                            // (R4)
    const std::size_t axis = i.need_dimension(part::axis, i.integer("axis"), data.rank);  // (R1)
    if (!i.need_rank(part::indices, indices, data.rank) || !i.need_rank(part::updates, updates, data.rank))
      return;
    for (std::size_t d = 0; d != data.rank; ++d) {
      if (d != axis) i.need_not_above(part::indices_size, indices[d], part::data_size, data[d]);  // (R2)
      i.need_equal(part::updates_size, updates[d], part::indices_size, indices[d],
                   static_cast<int>(d));  // (R3)
    }
  }
  static constexpr prototype ir = prototype{"ScatterElements"}
                                      .input("data", types::number, 'T')
                                      .input("indices", types::index)
                                      .input("updates", types::number, 'T')
                                      .output_like("y", 0)
                                      .attribute("axis", 0)
                                      .attribute("reduction", "none")
                                      .with_rule(rule);
};

/// one_hot<Depth, Axis>(x, on, off): `on` at the place along a new dimension that x says, `off` elsewhere;
/// `off` everywhere for an x that is no place. Inputs   x: u8, i32 or i64; depth: a constant; on_value,
/// off_value: one element, or numbers Output   the shape of x with the depth inserted at the axis, the
/// element type of the values Needs    (R1) axis in [-1, rank], rank at most 7
///          (R2) depth is not negative
///          (R3) on_value and off_value have one element each, of one type
/// Lowers   OneHot(x, depth, on_value, off_value) {axis} -> y
/// Example  al::one_hot<10>(digits, al::number<al::f32>{{}, 1}, al::number<al::f32>{})
struct one_hot : operator_definition {
  enum class part { x, depth, on_value, off_value, axis, y };

  static constexpr void rule(inference& i) {
    const shape_value& x = i.shape(0);
    i.need_is(part::on_value, i.shape(2).elements(), 1);  // (R3)
    i.need_is(part::off_value, i.shape(3).elements(), 1);
    const std::int64_t axis = i.integer("axis");
    if (!i.need_at_least(part::axis, axis, -1) || !i.need_below(part::axis, axis, std::int64_t{x.rank} + 1) ||
        !i.need_possible_rank(part::y, x.rank + std::size_t{1}))
      return;  // (R1)
    const bool known = i.has_values(1) && i.value_count(1) != 0;
    if (known && !i.need_at_least(part::depth, i.value(1, 0), 0)) return;  // (R2)
    const std::size_t place = axis == -1 ? x.rank : static_cast<std::size_t>(axis);
    shape_value result;
    for (std::size_t d = 0; d != x.rank + std::size_t{1}; ++d)
      if (d == place)
        result.push(known ? i.value(1, 0) : extent::unknown());
      else
        result.push(x[d < place ? d : d - 1]);
    i.output(0, result);
  }
  static constexpr prototype ir = prototype{"OneHot"}
                                      .input("x", set_of(u8, i32, i64))
                                      .input("depth", types::index)
                                      .input("on_value", types::basic, 'T')
                                      .input("off_value", types::basic, 'T')
                                      .output_like("y", 2)
                                      .attribute("axis", -1)
                                      .with_rule(rule);
};

/// The rows of a table, reduced bag by bag, as torch's embedding_bag; read from files.
/// Inputs   weight: [rows, columns]; indices: [picks]; offsets: [bags], where each bag begins among the
///          indices; per_sample_weights: [picks], factors of the rows, or not fed
/// Output   y: [bags, columns], the sum, mean or max of each bag, 0 of an empty one; offset2bag: [picks];
///          bag_size: [bags]; max_indices: the chosen indices [bags, columns] under max, else [bags] of 0.
///          With include_last_offset there is a bag less than offsets. Picks of padding_idx are left out
/// Needs    (R1) weight has rank 2, indices and offsets rank 1
///          (R2) mode is sum, mean or max
///          (R3) per_sample_weights has one element a pick
///          (R4) with include_last_offset, one offset at least
/// Lowers   EmbeddingBag(weight, indices, offsets, per_sample_weights) {mode, scale_grad_by_freq, sparse,
///          include_last_offset, padding_idx} -> y, offset2bag, bag_size, max_indices
struct embedding_bag : operator_definition {
  enum class part { weight, indices, offsets, per_sample_weights, factors, picks, entries };

  static constexpr void rule(inference& i) {
    i.need_text("mode", {"sum", "mean", "max"});  // (R2)
    const shape_value &weight = i.shape(0), &indices = i.shape(1);
    if (!i.holds() || !i.need_rank(part::weight, weight, 2) || !i.need_rank(part::indices, indices, 1))
      return;
    if (!i.need_rank(part::offsets, i.shape(2), 1)) return;  // (R1)
    if (i.fed(3) && i.need_rank(part::per_sample_weights, i.shape(3), 1))
      i.need_equal(part::factors, i.shape(3)[0], part::picks, indices[0]);  // (R3)
    extent bags = i.shape(2)[0];
    if (i.boolean("include_last_offset")) {
      i.need_at_least(part::entries, bags, 1);  // (R4)
      bags = bags - extent{1};
    }
    i.output(0, shape_value::of(bags, weight[1]));
    i.output(1, shape_value::of(indices[0]));
    i.output(2, shape_value::of(bags));
    i.output(3, i.text("mode") == "max" ? shape_value::of(bags, weight[1]) : shape_value::of(bags));
  }
  static constexpr dtype_set accepts = set_of(f32, f16, bf16);
  static constexpr prototype ir = prototype{"EmbeddingBag"}
                                      .input("weight", accepts, 'T')
                                      .input("indices", types::index, 'I')
                                      .input("offsets", types::index, 'I')
                                      .optional("per_sample_weights", accepts, 'T')
                                      .output_like("y", 0)
                                      .output_like("offset2bag", 1)
                                      .output_like("bag_size", 1)
                                      .output_like("max_indices", 1)
                                      .attribute("mode", "mean")
                                      .attribute("scale_grad_by_freq", false)
                                      .attribute("sparse", false)
                                      .attribute("include_last_offset", false)
                                      .attribute("padding_idx", -1)
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

template <std::int64_t... Mask, operand_like X, operand_like... Indices>
constexpr auto index(const X& x, const Indices&... indices) {
  return record<op::index_by_tensor>(
             last_line(x, indices...), [](attribute_list& set) { set("indices_mask", {Mask...}); }, x,
             indices...)
      .template output<0>();
}
template <std::int64_t Dim, operand_like X, operand_like Index>
constexpr auto gather_elements(const X& x, const Index& index, const line& where = line::current()) {
  return record<op::gather_elements>(
             where, [](attribute_list& set) { set("dim", Dim); }, x, index)
      .template output<0>();
}
template <std::int64_t Axis, operand_like Data, operand_like Indices, operand_like Updates>
constexpr auto scatter_elements(const Data& data, const Indices& indices, const Updates& updates,
                                const line& where = line::current()) {
  return record<op::scatter_elements>(
             where, [](attribute_list& set) { set("axis", Axis); }, data, indices, updates)
      .template output<0>();
}

template <std::int64_t Depth, std::int64_t Axis = -1, operand_like X, class Value>
constexpr auto one_hot(const X& x, const Value& on, const Value& off, const line& where = line::current()) {
  return record<op::one_hot>(
             where, [](attribute_list& set) { set("axis", Axis); }, x, integer_scalar<i32, Depth>{}, on, off)
      .template output<0>();
}

}  // namespace airloom
