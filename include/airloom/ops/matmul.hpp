#pragma once
// Matrix products, plain and batched.

#include <airloom/model/tensor.hpp>

namespace airloom {

namespace op {

/// The rule of all products here, over the last two dimensions of x1 and x2. A vector as x1 is one row, as x2
/// one column, and that dimension leaves the result.
struct product : operator_definition {
  enum class part {
    x1,
    x2,
    bias,
    offset_w,
    x1_columns,
    x2_rows,
    x2_columns,
    x1_batch,
    x2_batch,
    bias_length,
    bias_rows,
    bias_batch,
    product_batch,
    y,
  };
  static constexpr dtype_set real = set_of(f32, f16, i32, bf16);
  static constexpr dtype_set real_or_quantised = real | set_of(i8, dtype::i4);

  /// One side as a matrix: the last two dimensions, swapped where it is transposed.
  struct matrix {
    extent rows, columns;
    shape_value batch;
  };
  static constexpr matrix matrix_of(const shape_value& x, bool transposed, bool vector_is_row) {
    if (x.rank == 1 && vector_is_row) return {1, x[0], {}};
    if (x.rank == 1) return {x[0], 1, {}};
    matrix result{x.back(transposed ? 1 : 2), x.back(transposed ? 2 : 1), {}};
    for (std::size_t d = 0; d + 2 < x.rank; ++d) result.batch.push(x[d]);
    return result;
  }

  /// (R3) The bias is one row as long as the product's, for one batch or for all.
  static constexpr void need_bias(inference& i, const extent& columns, const shape_value& batch) {
    const shape_value& bias = i.shape(2);
    if (!i.need_rank_at_least(part::bias, bias, 1)) return;
    i.need_equal(part::bias_length, bias.back(1), part::x2_columns, columns);
    if (bias.rank > 1) i.need_is(part::bias_rows, bias.back(2), 1);
    shape_value bias_batch;
    for (std::size_t d = 0; d + 2 < bias.rank; ++d) bias_batch.push(bias[d]);
    i.need_rank_at_most(part::bias_batch, bias_batch, batch.rank);
    need_broadcast_to(i, part::bias_batch, bias_batch, part::product_batch, batch);
  }

  static constexpr void multiply(inference& i, bool transpose_x1, bool transpose_x2) {
    const shape_value &x1 = i.shape(0), &x2 = i.shape(1);
    if (!i.need_rank_at_least(part::x1, x1, 1) || !i.need_rank_at_least(part::x2, x2, 1)) return;
    const matrix a = matrix_of(x1, transpose_x1, true), b = matrix_of(x2, transpose_x2, false);
    i.need_equal(part::x1_columns, a.columns, part::x2_rows, b.rows);                // (R1)
    shape_value y = broadcast(i, part::x1_batch, a.batch, part::x2_batch, b.batch);  // (R2)
    if (i.fed(2)) need_bias(i, b.columns, y);
    if (x1.rank > 1) y.push(a.rows);
    if (x2.rank > 1) y.push(b.columns);
    i.output(0, y);
    if (i.type(0) == i8 || i.type(0) == dtype::i4) i.output_type(0, i32);
  }
};

/// The rule of products of two matrices.
struct matrix_product : product {
  static constexpr void rule(inference& i) {
    i.need_rank_at_most(part::x1, i.shape(0), 2);
    i.need_rank_at_most(part::x2, i.shape(1), 2);
    multiply(i, i.boolean("transpose_x1"), i.boolean("transpose_x2"));
  }
};

/// The rule of products of batches of matrices.
struct batch_product : product {
  static constexpr void rule(inference& i) { multiply(i, i.boolean("adj_x1"), i.boolean("adj_x2")); }
};

/// matmul(x1, x2) of two matrices: the product.
/// Inputs   x1: [m, k]; x2: [k, n]; either transposed where matmul<transposed::…> says so; bias (files only)
/// Output   [m, n]; the element type of x1
/// Needs    (R1) the columns of x1 equal the rows of x2 in every gear
///          (R3) the bias is [n] or [1, n]
/// Lowers   MatMul(x1, x2) -> y
/// Example  al::matmul<al::transposed::x2>(x, weight)
struct mat_mul : matrix_product {
  static constexpr prototype ir = prototype{"MatMul"}
                                      .input("x1", real, 'T')
                                      .input("x2", real, 'T')
                                      .optional("bias", real)
                                      .output_like("y", 0)
                                      .attribute("transpose_x1", false)
                                      .attribute("transpose_x2", false)
                                      .with_rule(rule);
};

/// matmul_bias(x, weight, bias) of a matrix: x · weightᵀ + bias. The bias is added before the product is
/// rounded.
/// Inputs   x1: [m, k]; x2: [n, k], as torch stores the weights of a linear layer; bias: [n]
/// Output   [m, n]; the element type of x1, i32 for i8
/// Needs    (R1) the columns of x1 equal the rows of x2 (here, of its transpose) in every gear
///          (R3) the bias is [n] or [1, n]
/// Lowers   MatMulV2(x1, x2, bias) -> y with transpose_x2
/// Example  al::matmul_bias(x, weight, bias)
struct mat_mul_v2 : matrix_product {
  static constexpr prototype ir = prototype{"MatMulV2"}
                                      .input("x1", real_or_quantised, 'T')
                                      .input("x2", real_or_quantised, 'T')
                                      .optional("bias", real)
                                      .optional("offset_w", set_of(i8, dtype::i4))
                                      .output_like("y", 0)
                                      .attribute("transpose_x1", false)
                                      .attribute("transpose_x2", false)
                                      .attribute("offset_x", 0)
                                      .with_rule(rule);
};

/// matmul(x1, x2) of batches: the product of every pair of matrices.
/// Inputs   x1: [batch…, m, k]; x2: [batch…, k, n]; either transposed where matmul<transposed::…> says so
/// Output   [batch…, m, n]; the element type of x1
/// Needs    (R1) the columns of x1 equal the rows of x2 in every gear
///          (R2) the batches broadcast
///          (R3) the bias (files only) is [n], [1, n] or [batch…, 1, n]
/// Lowers   BatchMatMul(x1, x2) -> y
/// Example  al::matmul<al::transposed::x2>(query, key)
struct batch_mat_mul : batch_product {
  static constexpr prototype ir = prototype{"BatchMatMul"}
                                      .input("x1", real, 'T')
                                      .input("x2", real, 'T')
                                      .output_like("y", 0)
                                      .attribute("adj_x1", false)
                                      .attribute("adj_x2", false)
                                      .with_rule(rule);
};

/// matmul_bias(x, weight, bias) of a batch: x · weightᵀ + bias. The bias is added before the product is
/// rounded.
/// Inputs   x1: [batch…, m, k]; x2: [n, k], as torch stores the weights of a linear layer; bias: [n]
/// Output   [batch…, m, n]; the element type of x1, i32 for i8
/// Needs    (R1) the columns of x1 equal the rows of x2 (here, of its transpose) in every gear
///          (R2) the batches broadcast
///          (R3) the bias is [n], [1, n] or [batch…, 1, n]
/// Lowers   BatchMatMulV2(x1, x2, bias) -> y with adj_x2
/// Example  al::matmul_bias(x, weight, bias)
struct batch_mat_mul_v2 : batch_product {
  static constexpr prototype ir = prototype{"BatchMatMulV2"}
                                      .input("x1", real_or_quantised, 'T')
                                      .input("x2", real_or_quantised, 'T')
                                      .optional("bias", real)
                                      .optional("offset_w", set_of(i8, dtype::i4))
                                      .output_like("y", 0)
                                      .attribute("adj_x1", false)
                                      .attribute("adj_x2", false)
                                      .attribute("offset_x", 0)
                                      .with_rule(rule);
};

}  // namespace op

/// Which operands of a product are transposed first: their last two dimensions swapped.
enum class transposed { neither, x1, x2, both };

constexpr bool transposes_x1(transposed which) {
  return which == transposed::x1 || which == transposed::both;
}
constexpr bool transposes_x2(transposed which) {
  return which == transposed::x2 || which == transposed::both;
}

template <transposed Transposed>
struct matrix_attributes {
  constexpr void operator()(attribute_list& set) const {
    set("transpose_x1", transposes_x1(Transposed));
    set("transpose_x2", transposes_x2(Transposed));
  }
};

template <transposed Transposed = transposed::neither, operand_like Left, operand_like Right>
constexpr auto matmul(const Left& x1, const Right& x2, const line& where = line::current()) {
  if constexpr (rank_of<Left> <= 2 && rank_of<Right> <= 2)
    return record<op::mat_mul>(where, matrix_attributes<Transposed>{}, x1, x2, unfed).template output<0>();
  else
    return record<op::batch_mat_mul>(
               where,
               [](attribute_list& set) {
                 set("adj_x1", transposes_x1(Transposed));
                 set("adj_x2", transposes_x2(Transposed));
               },
               x1, x2)
        .template output<0>();
}

template <operand_like X, operand_like Weight, operand_like Bias>
constexpr auto matmul_bias(const X& x, const Weight& weight, const Bias& bias,
                           const line& where = line::current()) {
  if constexpr (rank_of<X> <= 2)
    return record<op::mat_mul_v2>(
               where, [](attribute_list& set) { set("transpose_x2", true); }, x, weight, bias, unfed)
        .template output<0>();
  else
    return record<op::batch_mat_mul_v2>(
               where, [](attribute_list& set) { set("adj_x2", true); }, x, weight, bias, unfed)
        .template output<0>();
}

}  // namespace airloom
