// Fused attention: two products and the softmax between them, with the scale, the mask and the transpositions
// around them, a few rows of one head at a time. The scores of a head never leave the cache.

#include <algorithm>

#include "host/axes.hpp"
#include "host/compute/product.hpp"
#include "host/compute/rows.hpp"
#include "host/fusion.hpp"

namespace airloom::host {

namespace {

bool is_product(const fused_operator& op) {
  return op.is({"BatchMatMul", "BatchMatMulV2"});
}

/// A tensor of f32 as an operator sees it: through the transposition before it, where there is one.
struct seen_tensor {
  value_reference value;
  sizes shape;
  strides of_shape;

  std::ptrdiff_t stride_from_back(std::size_t d) const { return of_shape[of_shape.size() - d]; }
  std::size_t size_from_back(std::size_t d) const { return shape[shape.size() - d]; }

  /// Its strides along the dimensions before the last two of a tensor of shape `to`; 0 where it is broadcast.
  strides batch_strides(const sizes& to) const {
    strides result(to.size() - 2, 0);
    const std::size_t missing = to.size() - shape.size();
    for (std::size_t d = 0; d + 2 < shape.size(); ++d)
      if (shape[d] != 1) result[missing + d] = of_shape[d];
    return result;
  }
};

seen_tensor seen(const fused_operator& reader, std::size_t input) {
  const tensor_facts facts = reader.facts().input(input);
  return {reader.operand(input), facts.shape, dense_strides(facts.shape)};
}

/// What is found before the last operator, and how it is combined.
struct attention {
  seen_tensor query, key, value, mask;
  bool key_transposed = false;
  bool has_mask = false;
  float scale = 1;
  sizes shape;        // of the second product: [..., queries, columns]
  strides of_result;  // of its dimensions in the result
  std::vector<int> absorbed;

  /// Sees input `input` of a product, through a transposition that nobody else reads.
  seen_tensor operand(const fused_operator& product, std::size_t input) {
    const std::optional<fused_operator> before = product.before(input);
    if (!before || before->type() != "Transpose") return seen(product, input);
    absorbed.push_back(before->index());
    const seen_tensor from = seen(*before, 0);
    seen_tensor result{from.value, {}, {}};
    for (const std::int64_t d : before->facts().contents_of(1)) {
      result.shape.push_back(from.shape[dimension_of(d, from.shape.size())]);
      result.of_shape.push_back(from.of_shape[dimension_of(d, from.shape.size())]);
    }
    return result;
  }

  bool find(const fused_operator& last) {
    std::optional<fused_operator> product = last;
    if (last.type() == "Transpose") product = last.before(0);
    if (!product || !is_product(*product)) return false;
    shape = product->facts().output(0).shape;
    of_result = dense_strides(shape);
    if (last.type() == "Transpose") {
      absorbed.push_back(product->index());
      const strides dense = dense_strides(last.facts().output(0).shape);
      const std::vector<std::int64_t> permutation = last.facts().contents_of(1);
      for (std::size_t d = 0; d != permutation.size(); ++d)
        of_result[dimension_of(permutation[d], shape.size())] = dense[d];
    }
    const preparation op = product->facts();
    const std::optional<fused_operator> softmax = product->before(0);
    if (!is_plain_product(op) || op.boolean("adj_x2") || !softmax || softmax->type() != "SoftmaxV2" ||
        !is_over_rows(softmax->facts()))
      return false;
    absorbed.push_back(softmax->index());
    value = operand(*product, 1);
    return find_scores(softmax->before(0));
  }

 private:
  static bool is_plain_product(const preparation& op) {
    return op.input(0).type == dtype::f32 && op.input(1).type == dtype::f32 && op.input(0).rank() >= 2 &&
           op.input(1).rank() >= 2 && !op.boolean("adj_x1") && !op.fed(2) && !op.fed(3) &&
           op.integer("offset_x") == 0;
  }
  static bool is_over_rows(const preparation& op) {
    const std::vector<std::int64_t> axes = op.integers("axes");
    return axes.size() == 1 && dimension_of(axes[0], op.input(0).rank()) + 1 == op.input(0).rank() &&
           op.output(0).type == dtype::f32;
  }

  /// softmax <- [+ mask] <- [* scale] <- product
  bool find_scores(std::optional<fused_operator> at) {
    if (at && at->type() == "Add") at = take_mask(*at);
    if (at && at->is({"Mul", "RealDiv", "Muls"})) at = take_scale(*at);
    if (!at || !is_product(*at)) return false;
    const preparation op = at->facts();
    if (!is_plain_product(op)) return false;
    absorbed.push_back(at->index());
    query = operand(*at, 0);
    key = operand(*at, 1);
    key_transposed = op.boolean("adj_x2");
    return true;
  }
  /// The sum of scores and a mask that broadcasts to them.
  std::optional<fused_operator> take_mask(const fused_operator& sum) {
    const preparation op = sum.facts();
    const sizes& whole = op.output(0).shape;
    for (const std::size_t scores : {0U, 1U}) {
      const std::optional<fused_operator> before = sum.before(scores);
      const tensor_facts& added = op.input(1 - scores);
      if (!before || op.input(scores).shape != whole || added.rank() < 2 ||
          added.shape.back() != whole.back())
        continue;
      absorbed.push_back(sum.index());
      mask = seen(sum, 1 - scores);
      has_mask = true;
      return before;
    }
    return std::nullopt;
  }
  /// Scores times, or divided by, one number that is known.
  std::optional<fused_operator> take_scale(const fused_operator& scaling) {
    const preparation op = scaling.facts();
    if (scaling.type() == "Muls") {
      scale = static_cast<float>(op.real("value"));
    } else {
      if (op.input(1).contents == nullptr || op.input(1).elements() != 1) return std::nullopt;
      const float number = *static_cast<const float*>(op.input(1).contents);
      scale = scaling.type() == "RealDiv" ? 1 / number : number;
    }
    absorbed.push_back(scaling.index());
    return scaling.before(0);
  }
};

/// How a right-hand side [rows, columns] lies, where it lies in one of the two ways that a product takes.
struct right_side {
  compute::layout order;
  std::size_t stride;
};
std::optional<right_side> right_side_of(const seen_tensor& matrix, bool transposed) {
  const std::ptrdiff_t rows = matrix.stride_from_back(2), columns = matrix.stride_from_back(1);
  const compute::layout as_stored = transposed ? compute::layout::transposed : compute::layout::plain;
  const compute::layout turned = transposed ? compute::layout::plain : compute::layout::transposed;
  if (columns == 1) return right_side{as_stored, static_cast<std::size_t>(rows)};
  if (rows == 1) return right_side{turned, static_cast<std::size_t>(columns)};
  return std::nullopt;
}

/// Attention ready to run.
struct attention_work {
  static constexpr std::size_t rows_at_once = 24;

  compute::matrix_product scores, results;
  std::size_t query_stride, key_stride, value_stride, result_stride;
  bool has_mask;
  std::size_t mask_stride;
  float scale;
  compute::masked_softmax_function softmax;
  strided_loop<5> heads;  // query, key, value, mask, result

  std::size_t scratch_floats() const {
    return scores.scratch_floats() + results.scratch_floats() + rows_at_once * scores.size().columns;
  }
  void operator()(const arguments& a) const noexcept {
    heads.run_each([&](const strided_loop<5>::offsets& at) {
      run_head(a.input<float>(0) + at[0], a.input<float>(1) + at[1], a.input<float>(2) + at[2],
               has_mask ? a.input<float>(3) + at[3] : nullptr, a.output<float>(0) + at[4],
               static_cast<float*>(a.scratch));
    });
  }

 private:
  void run_head(const float* query, const float* key, const float* value, const float* mask, float* result,
                float* scratch) const noexcept {
    float* const packed_key = scratch;
    float* const packed_value = packed_key + scores.scratch_floats();
    float* const rows = packed_value + results.scratch_floats();
    scores.pack({key, key_stride}, packed_key);
    results.pack({value, value_stride}, packed_value);
    const auto [queries, size, keys] = scores.size();
    for (std::size_t row = 0; row < queries; row += rows_at_once) {
      const std::size_t count = std::min(rows_at_once, queries - row);
      scores.multiply({query + row * query_stride, query_stride}, count, packed_key, {rows, keys});
      softmax({rows, scale, mask == nullptr ? nullptr : mask + row * mask_stride, mask_stride, rows},
              {count, keys});
      results.multiply({rows, keys}, count, packed_value, {result + row * result_stride, result_stride});
    }
  }
};

std::optional<fusion> fuse_attention(const fused_operator& last) {
  attention found;
  if (!found.find(last)) return std::nullopt;
  const auto key = right_side_of(found.key, found.key_transposed), value = right_side_of(found.value, false);
  const sizes& shape = found.shape;
  if (!key || !value || found.query.stride_from_back(1) != 1 || found.of_result.back() != 1)
    return std::nullopt;

  const std::size_t queries = shape[shape.size() - 2], keys = found.value.size_from_back(2);
  const compute::matrix_product scores{{queries, found.query.size_from_back(1), keys}, key->order};
  const compute::matrix_product results{{queries, keys, shape.back()}, value->order};
  const sizes heads{shape.begin(), shape.end() - 2};
  const strides of_heads{found.of_result.begin(), found.of_result.end() - 2};
  const bool mask_moves = found.has_mask && found.mask.size_from_back(2) != 1;
  const attention_work work{
      scores,
      results,
      static_cast<std::size_t>(found.query.stride_from_back(2)),
      key->stride,
      value->stride,
      static_cast<std::size_t>(found.of_result[shape.size() - 2]),
      found.has_mask,
      mask_moves ? keys : 0,
      found.scale,
      compute::prepare_masked_softmax(),
      {heads,
       {found.query.batch_strides(shape), found.key.batch_strides(shape), found.value.batch_strides(shape),
        found.has_mask ? found.mask.batch_strides(shape) : strides(heads.size(), 0), of_heads}}};
  fusion fused{prepare_run(work, work.scratch_floats() * sizeof(float)),
               {found.query.value, found.key.value, found.value.value},
               std::move(found.absorbed)};
  if (found.has_mask) fused.operands.push_back(found.mask.value);
  return fused;
}

}  // namespace

void add_fused_attention_kernels(kernel_table& table) {
  table.fuse(fuse_attention);
}

}  // namespace airloom::host
