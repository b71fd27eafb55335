// Matrix products. Batch dimensions broadcast; a bias is added before the result is rounded.

#include <fmt/format.h>
#include <array>

#include "host/compute/elementwise.hpp"
#include "host/compute/product.hpp"
#include "host/convert.hpp"
#include "host/fusion.hpp"
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

std::shared_ptr<const compute::packed_matrix> packed_right(const preparation& op, const product& p) {
  const compute::layout order = p.right_transposed ? compute::layout::transposed : compute::layout::plain;
  const auto* values = static_cast<const float*>(op.input(1).contents);
  const std::string form = fmt::format("panels of [{}, {}], {}", p.inner, p.columns,
                                       p.right_transposed ? "stored transposed" : "stored as it is");
  return op.forms().get<compute::packed_matrix>(
      values, form, [&] { return compute::pack(values, p.inner, p.columns, order); });
}

/// A constant right side without batches is packed once for all gears, and all rows are one product.
prepared packed_matmul(const preparation& op, const product& p) {
  prepared result = prepare_run([packed = packed_right(op, p), p, rows = p.batches() * p.rows,
                                 has_bias = op.fed(2)](const arguments& a) {
    compute::multiply({a.input<float>(0), p.inner}, rows, *packed, {has_bias ? a.input<float>(2) : nullptr},
                      {a.output<float>(0), p.columns});
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

bool is_all_f32(const preparation& op) {
  return op.input(0).type == dtype::f32 && op.input(1).type == dtype::f32 &&
         (!op.fed(2) || op.input(2).type == dtype::f32);
}
bool takes_packed_right(const preparation& op, const product& p) {
  return op.input(1).contents != nullptr && op.input(1).elements() == p.inner * p.columns &&
         op.input(0).elements() == p.batches() * p.rows * p.inner;
}

prepared fast_matmul(const preparation& op) {
  refuse_offsets(op);
  const product p = product_of(op);
  if (!is_all_f32(op) || p.left_transposed || !has_plain_bias(op, p)) return {};
  return takes_packed_right(op, p) ? packed_matmul(op, p) : batched_matmul(op, p);
}

// --- fused: a product with a constant right side, and the element-wise operators behind it, on a few rows at
// a time

bool is_product(const fused_operator& op) {
  return op.is({"MatMul", "MatMulV2", "BatchMatMul", "BatchMatMulV2"});
}

/// One element-wise operator behind a product: it takes the rows that were just computed as one of its
/// inputs, and writes over them.
struct row_operator {
  static constexpr std::size_t most_inputs = 4;

  struct input {
    bool is_product = false;  ///< the rows just computed
    bool moves = false;       ///< a tensor of the product's shape, else one for all rows
    std::size_t operand = 0;  ///< of the fused kernel
  };
  std::array<input, most_inputs> inputs{};
  prepared whole{};  ///< for as many rows as are done at a time
  prepared rest{};   ///< for those at the end

  void run(bool is_rest, std::size_t first, const arguments& all, float* rows) const noexcept {
    std::array<void*, most_inputs> addresses{};
    for (std::size_t i = 0; i != most_inputs; ++i) {
      float* const given = inputs[i].is_product ? rows : static_cast<float*>(all.inputs[inputs[i].operand]);
      addresses[i] = inputs[i].moves ? given + first : given;
    }
    void* const output = rows;
    const prepared& kernel = is_rest ? rest : whole;
    kernel.run(kernel.state.get(), {addresses.data(), &output, all.scratch});
  }
};

/// A product and what follows it.
struct product_with_tail {
  static constexpr std::size_t rows_at_once = 48;  // whole tiles of every instruction set, or nearly

  std::shared_ptr<const compute::packed_matrix> right;
  std::size_t rows;
  bool has_bias;
  compute::activation function;
  std::vector<row_operator> tail;

  void operator()(const arguments& a) const noexcept {
    const std::size_t step = tail.empty() ? rows : rows_at_once, columns = right->columns();
    for (std::size_t row = 0; row < rows; row += step) {
      const std::size_t count = std::min(step, rows - row);
      float* const y = a.output<float>(0) + row * columns;
      compute::multiply({a.input<float>(0) + row * right->rows(), right->rows()}, count, *right,
                        {has_bias ? a.input<float>(1) : nullptr, function}, {y, columns});
      for (const row_operator& next : tail) next.run(count != step, row * columns, a, y);
    }
  }
};

/// The operators from a product to the last one, found backwards; each with the input that the one before it
/// feeds.
struct product_tail {
  struct link {
    fused_operator op;
    std::size_t from;
  };
  std::vector<link> links;  // the last operator first
  std::optional<fused_operator> product;

  bool find(const fused_operator& at, const sizes& shape) {
    if (is_product(at)) {
      product = at;
      return true;
    }
    if (at.trait() != memory_trait::element_wise || at.operands() > row_operator::most_inputs) return false;
    for (std::size_t input = 0; input != at.operands(); ++input) {
      const std::optional<fused_operator> before = at.before(input);
      if (!before || before->facts().output(0).shape != shape || before->facts().output(0).type != dtype::f32)
        continue;
      links.push_back({at, input});
      if (find(*before, shape)) return true;
      links.pop_back();
    }
    return false;
  }
};

/// A tensor that is the same for all rows: one row, or one number.
bool is_one_row(const tensor_facts& tensor, std::size_t columns) {
  return tensor.elements() == 1 || (tensor.elements() == columns && tensor.shape.back() == columns);
}

/// The tensor as the rows at hand are: `count` of them.
tensor_facts rows_of(const tensor_facts& tensor, const sizes& shape, std::size_t count) {
  if (tensor.shape != shape) return {tensor.type, {tensor.shape.empty() ? 1 : tensor.shape.back()}};
  return {tensor.type, {count, shape.back()}};
}

/// Nothing where an operand fits neither all rows nor one.
std::optional<row_operator> row_operator_of(const product_tail::link& link, const sizes& shape,
                                            std::size_t count, std::size_t rest, fusion& fused) {
  const preparation op = link.op.facts();
  row_operator result;
  std::vector<tensor_facts> whole, left;
  for (std::size_t i = 0; i != op.input_count(); ++i) {
    const tensor_facts& facts = op.input(i);
    const bool moves = facts.shape == shape;
    if (facts.type != dtype::f32 || (!moves && !is_one_row(facts, shape.back()))) return std::nullopt;
    whole.push_back(rows_of(facts, shape, count));
    left.push_back(rows_of(facts, shape, rest));
    result.inputs[i] = {i == link.from, moves && i != link.from, fused.operands.size()};
    if (i != link.from) fused.operands.push_back(link.op.operand(i));
  }
  if (op.output_count() != 1 || op.output(0).type != dtype::f32) return std::nullopt;
  result.whole = prepare(op.with(whole, {{dtype::f32, {count, shape.back()}}}), kernels::fast);
  result.rest = prepare(op.with(left, {{dtype::f32, {rest, shape.back()}}}), kernels::fast);
  return result;
}

std::optional<fusion> fuse_product(const fused_operator& last) {
  if (last.trait() != memory_trait::element_wise) return std::nullopt;
  const preparation facts = last.facts();
  const sizes& shape = facts.output(0).shape;
  product_tail found;
  if (shape.empty() || !found.find(last, shape)) return std::nullopt;
  const preparation op = found.product->facts();
  const product p = product_of(op);
  if (!is_all_f32(op) || p.left_transposed || !has_plain_bias(op, p) || !takes_packed_right(op, p) ||
      p.columns != shape.back() || op.fed(3) || op.integer("offset_x") != 0)
    return std::nullopt;

  product_with_tail work{packed_right(op, p), p.batches() * p.rows, op.fed(2), compute::activation::none, {}};
  fusion fused{{}, {found.product->operand(0)}, {found.product->index()}};
  if (op.fed(2)) fused.operands.push_back(found.product->operand(2));
  if (found.links.back().op.type() == "Relu") work.function = compute::activation::relu;
  for (std::size_t i = found.links.size(); i-- != 0;) {
    const product_tail::link& link = found.links[i];
    if (i != 0) fused.absorbed.push_back(link.op.index());
    if (i + 1 == found.links.size() && work.function == compute::activation::relu) continue;
    const std::size_t count = std::min(work.rows, product_with_tail::rows_at_once);
    const std::size_t rest = work.rows % product_with_tail::rows_at_once;
    const auto next = row_operator_of(link, shape, count, rest == 0 ? count : rest, fused);
    if (!next) return std::nullopt;
    work.tail.push_back(*next);
  }
  std::size_t scratch = 0;
  for (const row_operator& next : work.tail)
    scratch = std::max({scratch, next.whole.scratch_bytes, next.rest.scratch_bytes});
  fused.kernel = prepare_run(std::move(work), scratch);
  return fused;
}

}  // namespace

void add_matmul_kernels(kernel_table& table) {
  table.add({"MatMul", "MatMulV2", "BatchMatMul", "BatchMatMulV2"}, reference_matmul, fast_matmul);
  table.fuse(fuse_product);
}

}  // namespace airloom::host
