#pragma once
// Products that a collective follows or precedes, as one operator: while one piece is multiplied, another one
// travels. Each gives what the product and the collective (ops/matmul.hpp, ops/collective.hpp) give one after
// the other. x1 is never transposed: the device has no such product (aclnnMatmulAllReduceV2,
// aclnnAllGatherMatmul, aclnnMatmulReduceScatter in CANN's documents).

#include <airloom/ops/collective.hpp>
#include <airloom/ops/matmul.hpp>

namespace airloom {

namespace op {

/// What products with a collective share.
struct collective_matmul : collective {
  enum class part {
    x1,
    x2,
    bias,
    x3,
    antiquant_scale,
    antiquant_offset,
    dequant_scale,
    pertoken_scale,
    comm_quant_scale_1,
    comm_quant_scale_2,
    x1_transposed,
    x1_columns,
    x2_rows,
    x2_columns,
    bias_length,
    bias_rows,
    product,
    product_rows,
    gather_index,
    rank_size,
  };
  static constexpr dtype_set multiplied = set_of(f16, bf16);

  static constexpr void need_reduction(inference& i) {
    i.need_text("reduce_op", {"sum", "min", "max", "prod"});
  }
  /// The shape of x1 · x2, with a bias of [n] or [1, n]; nothing after a finding.
  static constexpr shape_value product_of(inference& i, std::size_t most_dimensions) {
    const shape_value &x1 = i.shape(0), &x2 = i.shape(1);
    if (!i.need_rank_at_least(part::x1, x1, 2) || !i.need_rank_at_most(part::x1, x1, most_dimensions) ||
        !i.need_rank(part::x2, x2, 2))
      return {};
    if (!i.need_is(part::x1_transposed, i.integer("is_trans_a"), 0)) return {};
    const product::matrix a = product::matrix_of(x1, false, true);
    const product::matrix b = product::matrix_of(x2, i.boolean("is_trans_b"), false);
    if (!i.need_equal(part::x1_columns, a.columns, part::x2_rows, b.rows)) return {};
    if (i.fed(2)) need_bias(i, b.columns);
    shape_value y = a.batch;
    y.push(a.rows);
    y.push(b.columns);
    return y;
  }
  static constexpr void need_bias(inference& i, const extent& columns) {
    const shape_value& bias = i.shape(2);
    if (!i.need_rank_at_least(part::bias, bias, 1) || !i.need_rank_at_most(part::bias, bias, 2)) return;
    i.need_equal(part::bias_length, bias.back(1), part::x2_columns, columns);
    if (bias.rank == 2) i.need_is(part::bias_rows, bias[0], 1);
  }
  /// TorchAir leaves rank_size at 0: then the device asks the group, and the rows are not known here.
  static constexpr bool knows_ranks(inference& i) {
    return i.need_at_least(part::rank_size, i.integer("rank_size"), 0) && i.integer("rank_size") != 0;
  }
};

/// matmul_all_reduce<Group>(x1, x2, bias, x3): the sum over all ranks of x1 · x2 + bias + x3. bias and x3 may
/// be left out; they are added on every rank, so that a sum counts them once a rank. The host computes no
/// quantised products.
/// Inputs   x1: [m, k] or [b, m, k], f16 or bf16; x2: [k, n], transposed where
///          matmul_all_reduce<Group, transposed::x2> says so; bias: [n] or [1, n]; x3: as the output;
///          antiquant_scale, antiquant_offset, dequant_scale, pertoken_scale, comm_quant_scale_1,
///          comm_quant_scale_2 (files only)
/// Output   [m, n] or [b, m, n]; the element type of x1; of quantised ones y_dtype, else bf16 where
///          dequant_scale is bf16, else f16
/// Needs    (R1) reduce_op is sum, min, max or prod (the device has sum)
///          (R2) x1 has rank 2 or 3, x2 rank 2
///          (R3) the columns of x1 equal the rows of x2 in every gear
///          (R4) the bias is [n] or [1, n]
///          (R5) x3 has the shape of the output
///          (R6) x2, bias and x3 have the element type of x1, where that is f16 or bf16
/// Lowers   MatmulAllReduce(x1, x2, bias, x3) {group, reduce_op, is_trans_a, is_trans_b, comm_turn, …} -> y
/// Example  al::matmul_all_reduce<al::world<2>>(x, weight)
struct matmul_all_reduce : collective_matmul {
  static constexpr void rule(inference& i) {
    need_reduction(i);                       // (R1)
    const shape_value y = product_of(i, 3);  // (R2, R3, R4)
    if (!i.holds()) return;
    if (i.fed(3)) need_addend(i, y);
    need_types(i);
    i.output(0, y);
  }
  static constexpr void need_addend(inference& i, const shape_value& y) {  // (R5)
    if (!i.need_rank(part::x3, i.shape(3), y.rank)) return;
    for (std::size_t d = 0; d != y.rank; ++d)
      i.need_equal(part::x3, i.shape(3)[d], part::product, y[d], static_cast<int>(d));
  }
  static constexpr void need_types(inference& i) {
    if (!multiplied.contains(i.type(0))) return i.output_type(0, type_of_quantised(i));
    for (const part each : {part::x2, part::bias, part::x3})
      if (const auto input = static_cast<std::size_t>(each); i.fed(input))
        i.need_same_dtype(part::x1, i.type(0), each, i.type(input));  // (R6)
  }
  static constexpr dtype type_of_quantised(const inference& i) {
    constexpr std::int64_t nobody_says = 28;  // GE's number of the undefined type
    constexpr auto dequant_scale = static_cast<std::size_t>(part::dequant_scale);
    if (const std::int64_t said = i.integer("y_dtype"); said != nobody_says) return from_ge_number(said);
    return i.fed(dequant_scale) && i.type(dequant_scale) == bf16 ? bf16 : f16;
  }
  static constexpr dtype_set scales = multiplied;
  static constexpr prototype ir = prototype{"MatmulAllReduce"}
                                      .input("x1", multiplied | set_of(i8))
                                      .input("x2", multiplied | set_of(i8, dtype::i4))
                                      .optional("bias", multiplied | set_of(i32))
                                      .optional("x3", multiplied)
                                      .optional("antiquant_scale", scales)
                                      .optional("antiquant_offset", scales)
                                      .optional("dequant_scale", scales | set_of(f32, dtype::u64, i64))
                                      .optional("pertoken_scale", set_of(f32))
                                      .optional("comm_quant_scale_1", scales)
                                      .optional("comm_quant_scale_2", scales)
                                      .output_like("y", 0)
                                      .required("group", attribute_kind::text)
                                      .attribute("reduce_op", "sum")
                                      .attribute("is_trans_a", false)
                                      .attribute("is_trans_b", false)
                                      .attribute("comm_turn", 0)
                                      .attribute("antiquant_group_size", 0)
                                      .attribute("group_size", 0)
                                      .attribute("y_dtype", 28)
                                      .attribute("comm_quant_mode", 0)
                                      .met_by(meeting::alike)
                                      .with_rule(rule);
};

/// all_gather_matmul<Group>(x1, x2, bias): the rows of all ranks, multiplied. The bias may be left out.
/// Inputs   x1: [m, k], f16 or bf16; x2: [k, n], transposed where all_gather_matmul<Group, transposed::x2>
///          says so; bias: [n] or [1, n]
/// Output   y: [m · ranks, n]; gather_out: the gathered x1, [m · ranks, k], or [0] where is_gather_out is
///          false (files only); both of the element type of x1
/// Needs    (R1) x1 and x2 have rank 2
///          (R2) the columns of x1 equal the rows of x2 in every gear
///          (R3) the bias is [n] or [1, n]
///          (R4) gather_index is 0: it is x1 that is gathered
///          (R5) rank_size at least 0; 0 leaves the rows to the device
/// Lowers   AllGatherMatmul(x1, x2, bias) {group, is_trans_a, is_trans_b, gather_index, comm_turn, rank_size,
///          is_gather_out} -> y, gather_out
/// Example  auto [y, gathered] = al::all_gather_matmul<al::world<2>>(x, weight);
struct all_gather_matmul : collective_matmul {
  static constexpr void rule(inference& i) {
    const shape_value y = product_of(i, 2);                                                  // (R1, R2, R3)
    if (!i.holds() || !i.need_is(part::gather_index, i.integer("gather_index"), 0)) return;  // (R4)
    const extent ranks{i.integer("rank_size")};
    const bool known = knows_ranks(i);  // (R5)
    i.output(0, with_rows(y, known ? y[0] * ranks : extent::unknown()));
    const shape_value& x1 = i.shape(0);
    if (i.boolean("is_gather_out"))
      i.output(1, with_rows(x1, known ? x1[0] * ranks : extent::unknown()));
    else
      i.output(1, shape_value::of(extent{0}));
  }
  static constexpr prototype ir = prototype{"AllGatherMatmul"}
                                      .input("x1", multiplied, 'T')
                                      .input("x2", multiplied, 'T')
                                      .optional("bias", multiplied, 'T')
                                      .output_like("y", 0)
                                      .output_like("gather_out", 0)
                                      .required("group", attribute_kind::text)
                                      .attribute("is_trans_a", false)
                                      .attribute("is_trans_b", false)
                                      .attribute("gather_index", 0)
                                      .attribute("comm_turn", 0)
                                      .attribute("rank_size", 0)
                                      .attribute("is_gather_out", true)
                                      .met_by(meeting::alike)
                                      .with_rule(rule);
};

/// matmul_reduce_scatter<Group>(x1, x2, bias): the sum over all ranks of x1 · x2 + bias, cut along its rows;
/// each rank gets the piece of its place. The bias may be left out; the device takes none but zeros.
/// Inputs   x1: [m, k], f16 or bf16; x2: [k, n], transposed where matmul_reduce_scatter<Group,
///          transposed::x2> says so; bias: [n] or [1, n]
/// Output   [m / ranks, n]; the element type of x1
/// Needs    (R1) reduce_op is sum, min, max or prod (the device has sum)
///          (R2) x1 and x2 have rank 2
///          (R3) the columns of x1 equal the rows of x2 in every gear
///          (R4) the bias is [n] or [1, n]
///          (R5) rank_size at least 0, 0 leaves the rows to the device; else it divides them in every gear
/// Lowers   MatmulReduceScatter(x1, x2, bias) {group, reduce_op, is_trans_a, is_trans_b, comm_turn,
///          rank_size} -> y
/// Example  al::matmul_reduce_scatter<al::world<2>>(x, weight)
struct matmul_reduce_scatter : collective_matmul {
  static constexpr void rule(inference& i) {
    need_reduction(i);                       // (R1)
    const shape_value y = product_of(i, 2);  // (R2, R3, R4)
    if (!i.holds()) return;
    const std::int64_t ranks = i.integer("rank_size");
    if (!knows_ranks(i)) return i.output(0, with_rows(y, extent::unknown()));  // (R5)
    if (i.need_divides(part::product_rows, y[0], part::rank_size, ranks))
      i.output(0, with_rows(y, floor_quotient(y[0], ranks, i.gears())));
  }
  static constexpr prototype ir = prototype{"MatmulReduceScatter"}
                                      .input("x1", multiplied, 'T')
                                      .input("x2", multiplied, 'T')
                                      .optional("bias", multiplied, 'T')
                                      .output_like("y", 0)
                                      .required("group", attribute_kind::text)
                                      .attribute("reduce_op", "sum")
                                      .attribute("is_trans_a", false)
                                      .attribute("is_trans_b", false)
                                      .attribute("comm_turn", 0)
                                      .attribute("rank_size", 0)
                                      .met_by(meeting::alike)
                                      .with_rule(rule);
};

/// all_to_all_v_grouped_matmul<Group, Sent, Received>(x, experts): every rank has experts of its own. The
/// rows of x go to the ranks whose experts they are for; what a rank receives is put in the order of its
/// experts, and each expert multiplies its own rows. With (x, experts, shared_x, shared) the second result is
/// the product of an expert that every rank has. Sent and Received are al::rows<…> of a number for each
/// expert of each rank: that of expert e of the rank at place p stands at p · experts + e. The device takes
/// at most 256 numbers.
/// Inputs   gmm_x: [rows, h], f16 or bf16; gmm_weight: [experts of this rank, h, n], transposed where
///          all_to_all_v_grouped_matmul<Group, Sent, Received, transposed::x2> says so; send_counts_tensor,
///          recv_counts_tensor: read by nobody (files only); mm_x: [m, k]; mm_weight: [k, l], transposed
///          where one more transposed::x2 says so
/// Output   gmm_y: [received rows, n]; mm_y: [m, l], a scalar where mm_x is not fed; permute_out: the rows
///          received, [received rows, h], a scalar unless permute_out_flag is true (files only); all of the
///          element type of gmm_x
/// Needs    (R1) gmm_x has rank 2, gmm_weight rank 3
///          (R2) the columns of gmm_x equal the rows of every expert in every gear
///          (R3) as many send_counts and recv_counts as ep_world_size ranks have experts, none negative
///          (R4) the rows of gmm_x equal the sum of send_counts in every gear
///          (R5) mm_x and mm_weight are both fed, of rank 2, and the columns of one equal the rows of the
///          other in every gear; or neither is fed
/// Lowers   AlltoAllvGroupedMatMul(gmm_x, gmm_weight, -, -, mm_x, mm_weight) {group, ep_world_size,
///          send_counts, recv_counts, trans_gmm_weight, trans_mm_weight, permute_out_flag} -> gmm_y, mm_y,
///          permute_out
/// Example  al::all_to_all_v_grouped_matmul<al::world<2>, al::rows<3, 1>, al::rows<3, 2>>(x, experts)
struct all_to_all_v_grouped_matmul : collective {
  enum class part {
    gmm_x,
    gmm_weight,
    send_counts_tensor,
    recv_counts_tensor,
    mm_x,
    mm_weight,
    gmm_x_rows,
    gmm_x_columns,
    gmm_weight_rows,
    mm_x_columns,
    mm_weight_rows,
    send_counts,
    recv_counts,
    sum_of_send_counts,
    experts_of_all_ranks,
    ep_world_size,
  };

  static constexpr void rule(inference& i) {
    const shape_value &x = i.shape(0), &experts = i.shape(1);
    if (!i.need_rank(part::gmm_x, x, 2) || !i.need_rank(part::gmm_weight, experts, 3)) return;  // (R1)
    const product::matrix expert = product::matrix_of(experts, i.boolean("trans_gmm_weight"), false);
    i.need_equal(part::gmm_x_columns, x[1], part::gmm_weight_rows, expert.rows);  // (R2)
    if (!i.need_at_least(part::ep_world_size, i.integer("ep_world_size"), 1)) return;
    const extent all_experts = experts[0] * extent{i.integer("ep_world_size")};
    const std::int64_t sent = sum_of_counts(i, part::send_counts, "send_counts", all_experts);
    const std::int64_t received = sum_of_counts(i, part::recv_counts, "recv_counts", all_experts);
    if (!i.holds()) return;
    i.need_equal(part::gmm_x_rows, x[0], part::sum_of_send_counts, extent{sent});  // (R4)
    i.output(0, shape_value::of(extent{received}, expert.columns));
    i.output(1, shared_product(i));
    if (i.boolean("permute_out_flag")) i.output(2, shape_value::of(extent{received}, x[1]));
  }
  static constexpr std::int64_t sum_of_counts(inference& i, part name, std::string_view attribute,
                                              const extent& all_experts) {  // (R3)
    const auto numbers = static_cast<std::int64_t>(i.length(attribute));
    if (!i.need_equal(name, extent{numbers}, part::experts_of_all_ranks, all_experts)) return 0;
    std::int64_t sum = 0;
    for (std::size_t k = 0; k != i.length(attribute); ++k) {
      if (!i.need_at_least(name, i.element(attribute, k), 0)) return 0;
      sum = bounded_sum(sum, i.element(attribute, k));
    }
    return sum;
  }
  static constexpr shape_value shared_product(inference& i) {  // (R5)
    if (!i.fed(4) && !i.fed(5)) return {};
    if (!i.need_fed(part::mm_x, 4) || !i.need_fed(part::mm_weight, 5)) return {};
    const shape_value &x = i.shape(4), &weight = i.shape(5);
    if (!i.need_rank(part::mm_x, x, 2) || !i.need_rank(part::mm_weight, weight, 2)) return {};
    const product::matrix shared = product::matrix_of(weight, i.boolean("trans_mm_weight"), false);
    i.need_equal(part::mm_x_columns, x[1], part::mm_weight_rows, shared.rows);
    return shape_value::of(x[0], shared.columns);
  }
  static constexpr dtype_set multiplied = collective_matmul::multiplied;
  static constexpr prototype ir = prototype{"AlltoAllvGroupedMatMul"}
                                      .input("gmm_x", multiplied, 'T')
                                      .input("gmm_weight", multiplied, 'T')
                                      .optional("send_counts_tensor", set_of(i32, i64))
                                      .optional("recv_counts_tensor", set_of(i32, i64))
                                      .optional("mm_x", multiplied, 'T')
                                      .optional("mm_weight", multiplied, 'T')
                                      .output_like("gmm_y", 0)
                                      .output_like("mm_y", 0)
                                      .output_like("permute_out", 0)
                                      .required("group", attribute_kind::text)
                                      .required("ep_world_size", attribute_kind::integer)
                                      .required("send_counts", attribute_kind::integers)
                                      .required("recv_counts", attribute_kind::integers)
                                      .attribute("trans_gmm_weight", false)
                                      .attribute("trans_mm_weight", false)
                                      .attribute("permute_out_flag", false)
                                      .newer_attribute("comm_mode", "")
                                      .met_by(meeting::dispatches)
                                      .with_rule(rule);
};

}  // namespace op

/// The attributes of a product with a collective of this group; those that the operator does not have are not
/// written.
template <const auto& Group, transposed Which>
struct attributes_of_collective_matmul {
  constexpr void operator()(attribute_list& set, int) const {
    set("is_trans_a", transposes_x1(Which));
    set("is_trans_b", transposes_x2(Which));
    set("rank_size", static_cast<std::int64_t>(Group.size));
  }
};

template <const auto& Group, transposed Which = transposed::neither, operand_like Left, operand_like Right,
          optional_operand Bias = unfed_type, optional_operand Addend = unfed_type>
constexpr auto matmul_all_reduce(const Left& x1, const Right& x2, const Bias& bias = unfed,
                                 const Addend& x3 = unfed, const line& where = line::current()) {
  return collective<op::matmul_all_reduce, Group>(where, attributes_of_collective_matmul<Group, Which>{}, x1,
                                                  x2, bias, x3, unfed, unfed, unfed, unfed, unfed, unfed)
      .template output<0>();
}
template <const auto& Group, transposed Which = transposed::neither, operand_like Left, operand_like Right,
          optional_operand Bias = unfed_type>
constexpr auto all_gather_matmul(const Left& x1, const Right& x2, const Bias& bias = unfed,
                                 const line& where = line::current()) {
  return outputs_of<2>(collective<op::all_gather_matmul, Group>(
      where, attributes_of_collective_matmul<Group, Which>{}, x1, x2, bias));
}
template <const auto& Group, transposed Which = transposed::neither, operand_like Left, operand_like Right,
          optional_operand Bias = unfed_type>
constexpr auto matmul_reduce_scatter(const Left& x1, const Right& x2, const Bias& bias = unfed,
                                     const line& where = line::current()) {
  return collective<op::matmul_reduce_scatter, Group>(where, attributes_of_collective_matmul<Group, Which>{},
                                                      x1, x2, bias)
      .template output<0>();
}

template <const auto& Group, class Sent, class Received, transposed Experts, transposed Shared>
struct attributes_of_grouped_matmul {
  static_assert(!transposes_x1(Experts) && !transposes_x1(Shared),
                "all_to_all_v_grouped_matmul: the device transposes weights alone");
  constexpr void operator()(attribute_list& set, int) const {
    set("ep_world_size", static_cast<std::int64_t>(Group.size));
    set.integers_at("send_counts", Sent::counts, Sent::ranks);
    set.integers_at("recv_counts", Received::counts, Received::ranks);
    set("trans_gmm_weight", transposes_x2(Experts));
    set("trans_mm_weight", transposes_x2(Shared));
  }
};

template <const auto& Group, class Sent, class Received, transposed Experts = transposed::neither,
          operand_like X, operand_like Weight>
constexpr auto all_to_all_v_grouped_matmul(const X& x, const Weight& experts,
                                           const line& where = line::current()) {
  using attributes = attributes_of_grouped_matmul<Group, Sent, Received, Experts, transposed::neither>;
  return collective<op::all_to_all_v_grouped_matmul, Group>(where, attributes{}, x, experts, unfed, unfed,
                                                            unfed, unfed)
      .template output<0>();
}
template <const auto& Group, class Sent, class Received, transposed Experts = transposed::neither,
          transposed Shared = transposed::neither, operand_like X, operand_like Weight, operand_like SharedX,
          operand_like SharedWeight>
constexpr auto all_to_all_v_grouped_matmul(const X& x, const Weight& experts, const SharedX& shared_x,
                                           const SharedWeight& shared, const line& where = line::current()) {
  using attributes = attributes_of_grouped_matmul<Group, Sent, Received, Experts, Shared>;
  return outputs_of<2>(collective<op::all_to_all_v_grouped_matmul, Group>(where, attributes{}, x, experts,
                                                                          unfed, unfed, shared_x, shared));
}

}  // namespace airloom
