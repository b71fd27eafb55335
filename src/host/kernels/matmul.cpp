// Matrix products. Batch dimensions broadcast; a bias is added before the result is rounded.

#include <fmt/format.h>

#include "host/compute/elementwise.hpp"
#include "host/compute/product.hpp"
#include "host/convert.hpp"
#include "host/strided.hpp"

namespace airloom::host {

namespace {

/// One operand as a matrix: its last two dimensions, one of rank 1 as a row (left) or a column (right).
struct matrix_sizes {
  sizes batch;
  std::size_t rows;
  std::size_t columns;
};

/// What is multiplied: [rows, inner] * [inner, columns] for every batch.
struct product {
  bool left_transposed;
  bool right_transposed;
  sizes batch;         // of the result
  matrix_sizes left;   // as stored
  matrix_sizes right;  // as stored
  std::size_t rows;
  std::size_t inner;
  std::size_t columns;

  std::size_t batches() const {
    std::size_t count = 1;
    for (const std::size_t size : batch) count *= size;
    return count;
  }
  /// Places of the three matrices of every batch, in elements.
  strided_loop<3> loop() const {
    strides of_left = broadcast_strides(left.batch, batch), of_right = broadcast_strides(right.batch, batch);
    strides of_result = dense_strides(batch);
    for (std::size_t d = 0; d != batch.size(); ++d) {
      of_left[d] *= static_cast<std::ptrdiff_t>(rows * inner);
      of_right[d] *= static_cast<std::ptrdiff_t>(inner * columns);
      of_result[d] *= static_cast<std::ptrdiff_t>(rows * columns);
    }
    return {batch, {of_left, of_right, of_result}};
  }
};

matrix_sizes left_matrix(const sizes& shape) {
  if (shape.size() == 1) return {{}, 1, shape[0]};
  return {{shape.begin(), shape.end() - 2}, shape[shape.size() - 2], shape.back()};
}
matrix_sizes right_matrix(const sizes& shape) {
  if (shape.size() == 1) return {{}, shape[0], 1};
  return left_matrix(shape);
}

product product_of(const preparation& op) {
  product p{};
  p.left_transposed = op.input(0).rank() > 1 && (op.boolean("transpose_x1") || op.boolean("adj_x1"));
  p.right_transposed = op.input(1).rank() > 1 && (op.boolean("transpose_x2") || op.boolean("adj_x2"));
  p.left = left_matrix(op.input(0).shape);
  p.right = right_matrix(op.input(1).shape);
  p.rows = p.left_transposed ? p.left.columns : p.left.rows;
  p.inner = p.left_transposed ? p.left.rows : p.left.columns;
  p.columns = p.right_transposed ? p.right.rows : p.right.columns;
  const std::size_t batch_rank = std::max(p.left.batch.size(), p.right.batch.size());
  const sizes& shape = op.output(0).shape;
  p.batch.assign(shape.begin(), shape.begin() + static_cast<std::ptrdiff_t>(batch_rank));
  return p;
}

// --- reference: everything widened, one Eigen product a batch, the bias added, rounded once

template <class Wide>
using wide_matrix = Eigen::Map<const Eigen::Matrix<Wide, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>, 0,
                               Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>>;

/// The matrix [rows, columns] that is stored so, or transposed.
template <class Wide>
wide_matrix<Wide> matrix_at(const Wide* values, std::size_t rows, std::size_t columns, bool transposed) {
  const auto r = static_cast<Eigen::Index>(rows), c = static_cast<Eigen::Index>(columns);
  const Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic> plain{c, 1}, swapped{1, r};
  return {values, r, c, transposed ? swapped : plain};
}

template <class Wide>
prepared reference_product(const preparation& op) {
  const widen_function<Wide> widen_left = widen_from<Wide>(op.input(0).type);
  const widen_function<Wide> widen_right = widen_from<Wide>(op.input(1).type);
  const bool has_bias = op.fed(2);
  const widen_function<Wide> widen_bias = has_bias ? widen_from<Wide>(op.input(2).type) : nullptr;
  const narrow_function<Wide> narrow_result = narrow_to<Wide>(op.output(0).type);
  if (widen_left == nullptr || widen_right == nullptr || narrow_result == nullptr ||
      (has_bias && widen_bias == nullptr))
    return {};
  const std::size_t left_count = op.input(0).elements(), right_count = op.input(1).elements();
  const std::size_t bias_count = has_bias ? op.input(2).elements() : 0, count = op.output(0).elements();
  const sizes& shape = op.output(0).shape;
  const sizes no_bias(shape.size(), 1);
  const strided_loop<2> bias_loop{
      shape, {broadcast_strides(has_bias ? op.input(2).shape : no_bias, shape), dense_strides(shape)}};
  const auto work = [=, p = product_of(op), batches = product_of(op).loop()](const arguments& a) {
    Wide* const left = static_cast<Wide*>(a.scratch);
    Wide* const right = left + left_count;
    Wide* const bias = right + right_count;
    Wide* const result = bias + bias_count;
    widen_left(a.inputs[0], left, left_count);
    widen_right(a.inputs[1], right, right_count);
    if (has_bias) widen_bias(a.inputs[2], bias, bias_count);
    batches.run_each([&](const strided_loop<3>::offsets& at) {
      Eigen::Map<Eigen::Matrix<Wide, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>> y{
          result + at[2], static_cast<Eigen::Index>(p.rows), static_cast<Eigen::Index>(p.columns)};
      // A lazy product needs no memory of its own.
      y = matrix_at(left + at[0], p.rows, p.inner, p.left_transposed)
              .lazyProduct(matrix_at(right + at[1], p.inner, p.columns, p.right_transposed));
    });
    if (has_bias)
      bias_loop.run_each([&](const strided_loop<2>::offsets& at) { result[at[1]] += bias[at[0]]; });
    narrow_result(result, a.outputs[0], count);
  };
  return prepare_run(work, (left_count + right_count + bias_count + count) * sizeof(Wide));
}

void refuse_offsets(const preparation& op) {
  if (op.fed(3) || op.integer("offset_x") != 0) op.refuse("an offset");
}

prepared reference_matmul(const preparation& op) {
  refuse_offsets(op);
  const bool is_float = widen_from<float>(op.input(0).type) != nullptr;
  return is_float ? reference_product<float>(op) : reference_product<std::uint32_t>(op);
}

// --- f32, fast

/// No bias, or one number a column, added to every row.
bool has_plain_bias(const preparation& op, const product& p) {
  return !op.fed(2) || op.input(2).elements() == p.columns;
}

/// A constant right side without batches is packed once for all gears, and all rows are one product.
prepared packed_matmul(const preparation& op, const product& p) {
  const compute::layout order = p.right_transposed ? compute::layout::transposed : compute::layout::plain;
  const auto* values = static_cast<const float*>(op.input(1).contents);
  const std::string form = fmt::format("panels of [{}, {}], {}", p.inner, p.columns,
                                       p.right_transposed ? "stored transposed" : "stored as it is");
  const auto packed = op.forms().get<compute::packed_matrix>(
      values, form, [&] { return compute::pack(values, p.inner, p.columns, order); });
  prepared result =
      prepare_run([packed, p, rows = p.batches() * p.rows, has_bias = op.fed(2)](const arguments& a) {
        compute::multiply({a.input<float>(0), p.inner}, rows, *packed,
                          {has_bias ? a.input<float>(2) : nullptr}, {a.output<float>(0), p.columns});
      });
  result.unread = 0b10;
  return result;
}

prepared batched_matmul(const preparation& op, const product& p) {
  const compute::layout order = p.right_transposed ? compute::layout::transposed : compute::layout::plain;
  const compute::matrix_product one{{p.rows, p.inner, p.columns}, order};
  const std::size_t right_stride = p.right_transposed ? p.inner : p.columns;
  const auto add_row = compute::prepare(compute::binary_operation::add).right_row;
  const auto work = [=, batches = p.loop(), rows = p.batches() * p.rows,
                     has_bias = op.fed(2)](const arguments& a) {
    batches.run_each([&](const strided_loop<3>::offsets& at) {
      one.run({a.input<float>(0) + at[0], p.inner}, {a.input<float>(1) + at[1], right_stride},
              {a.output<float>(0) + at[2], p.columns}, static_cast<float*>(a.scratch));
    });
    if (has_bias) add_row(a.output<float>(0), a.input<float>(2), a.output<float>(0), rows, p.columns);
  };
  return prepare_run(work, one.scratch_floats() * sizeof(float));
}

prepared fast_matmul(const preparation& op) {
  refuse_offsets(op);
  const product p = product_of(op);
  const bool all_f32 = op.input(0).type == dtype::f32 && op.input(1).type == dtype::f32 &&
                       (!op.fed(2) || op.input(2).type == dtype::f32);
  if (!all_f32 || p.left_transposed || !has_plain_bias(op, p)) return {};
  const bool one_right_side = op.input(1).elements() == p.inner * p.columns;
  const bool each_row_once = op.input(0).elements() == p.batches() * p.rows * p.inner;
  if (op.input(1).contents != nullptr && one_right_side && each_row_once) return packed_matmul(op, p);
  return batched_matmul(op, p);
}

}  // namespace

void add_matmul_kernels(kernel_table& table) {
  table.add({"MatMul", "MatMulV2", "BatchMatMul", "BatchMatMulV2"}, reference_matmul, fast_matmul);
}

}  // namespace airloom::host
