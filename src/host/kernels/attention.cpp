// Fused attention, and the rotation of positions.

#include "host/compute/elementwise.hpp"
#include "host/compute/product.hpp"
#include "host/compute/rows.hpp"
#include "host/convert.hpp"
#include "host/strided.hpp"

namespace airloom::host {

namespace {

// --- rotary positions

/// Rows of x, and where their cosines and sines lie.
struct rotation {
  strided_loop<2> rows;
  std::size_t half;
};
rotation rotation_of(const preparation& op) {
  const sizes& shape = op.input(0).shape;
  strides of_x = dense_strides(shape), of_angles = broadcast_strides(op.input(1).shape, shape);
  sizes before = shape;
  before.pop_back();
  of_x.pop_back();
  of_angles.pop_back();
  return {{before, {of_x, of_angles}}, shape.back() / 2};
}

template <class T>
void rotate_row(const T* x, const T* cos, const T* sin, T* y, std::size_t half) {
  const auto turned = [](T value, T factor, T partner, T other) {
    return rounded<T>(widened(value) * widened(factor) + widened(partner) * widened(other));
  };
  for (std::size_t i = 0; i != half; ++i) {
    y[i] = turned(x[i], cos[i], static_cast<T>(-x[half + i]), sin[i]);
    y[half + i] = turned(x[half + i], cos[half + i], x[i], sin[half + i]);
  }
}

prepared reference_rotary_mul(const preparation& op) {
  return for_element(element_list<float, half, bfloat16>{}, op.output(0).type, [&](auto tag) {
    using type = typename decltype(tag)::type;
    return prepare_run([work = rotation_of(op)](const arguments& a) {
      work.rows.run_each([&](const strided_loop<2>::offsets& at) {
        rotate_row(a.input<type>(0) + at[0], a.input<type>(1) + at[1], a.input<type>(2) + at[1],
                   a.output<type>(0) + at[0], work.half);
      });
    });
  });
}

// --- attention: sizes and places

/// Where head h of batch b begins in an operand, and how far its rows are apart.
struct head_places {
  std::size_t of_batch;
  std::size_t of_head;
  std::size_t of_row;

  head_places(bool heads_first, std::size_t heads, std::size_t rows, std::size_t size)
      : of_batch{heads * rows * size},
        of_head{heads_first ? rows * size : size},
        of_row{heads_first ? size : heads * size} {}
  std::size_t first(std::size_t batch, std::size_t head) const { return batch * of_batch + head * of_head; }
};

struct attention_sizes {
  std::size_t batch;
  std::size_t heads;
  std::size_t key_value_heads;
  std::size_t queries;
  std::size_t keys;
  std::size_t size;
  std::size_t value_size;

  std::size_t key_value_head(std::size_t head) const { return head / (heads / key_value_heads); }
  std::size_t scores() const { return queries * keys; }
};

attention_sizes sizes_of(const preparation& op) {
  const sizes &query = op.input(0).shape, &key = op.input(1).shape, &value = op.input(2).shape;
  const auto heads = static_cast<std::size_t>(op.integer("num_heads"));
  const auto given = static_cast<std::size_t>(op.integer("num_key_value_heads"));
  const std::size_t shared = given == 0 ? heads : given;
  if (query.size() == 3)
    return {query[0], heads, shared, query[1], key[1], query[2] / heads, value[2] / shared};
  const std::size_t rows_at = op.text("input_layout") == "BSND" ? 1 : 2;
  return {query[0], heads, shared, query[rows_at], key[rows_at], query[3], value[3]};
}

struct attention_places {
  head_places query;
  head_places key;
  head_places value;
  head_places output;

  attention_places(const attention_sizes& s, std::string_view layout)
      : attention_places{s, layout.starts_with("BNSD"), layout == "BNSD"} {}

 private:
  attention_places(const attention_sizes& s, bool heads_first, bool heads_first_in_output)
      : query{heads_first, s.heads, s.queries, s.size},
        key{heads_first, s.key_value_heads, s.keys, s.size},
        value{heads_first, s.key_value_heads, s.keys, s.value_size},
        output{heads_first_in_output, s.heads, s.queries, s.value_size} {}
};

// --- attention: which keys a query sees

constexpr float hidden = -std::numeric_limits<float>::infinity();

/// Whether an element of a mask is not 0, whatever its type.
using mask_test = bool (*)(const void* mask, std::size_t at) noexcept;
mask_test test_of(dtype type) {
  if (type == dtype::f32)
    return [](const void* mask, std::size_t at) noexcept { return static_cast<const float*>(mask)[at] != 0; };
  if (type == dtype::f16)
    return [](const void* mask, std::size_t at) noexcept {
      return (static_cast<const std::uint16_t*>(mask)[at] & 0x7FFFU) != 0;
    };
  return [](const void* mask, std::size_t at) noexcept {
    return static_cast<const std::uint8_t*>(mask)[at] != 0;
  };
}

/// Says of every score of a batch whether it is hidden: by the mask, by the band or by the actual lengths.
class visibility {
 public:
  visibility(const preparation& op, const attention_sizes& s)
      : size_{s}, mode_{op.integer("sparse_mode")}, lengths_of_{entries(op, 5), entries(op, 6)} {
    const bool has_mask = op.fed(4);
    reads_mask_ = has_mask && mode_ <= 1;
    if (reads_mask_) {
      const sizes& mask = op.input(4).shape;
      is_set_ = test_of(op.input(4).type);
      mask_columns_ = mask.back();
      mask_batch_ = mask.size() > 2 && mask[0] != 1 ? mask[mask.size() - 2] * mask_columns_ : 0;
    }
    const bool has_band = (mode_ == 0 && has_mask) || mode_ == 4;
    if (has_band) before_ = op.integer("pre_tokens");
    if (has_band || mode_ >= 2) after_ = has_band ? op.integer("next_tokens") : 0;
  }

  bool hides() const { return reads_mask_ || mode_ >= 2 || lengths_of_[0] != 0 || lengths_of_[1] != 0; }

  /// 0 for every score that counts, `hidden` for the others. False where an actual length is none.
  bool fill(const arguments& a, std::size_t batch, float* scores) const {
    const std::int64_t queries = length(a, 0, batch, size_.queries);
    const std::int64_t keys = length(a, 1, batch, size_.keys);
    if (queries < 0 || keys < 0) return false;
    const std::int64_t shift = mode_ >= 3 ? keys - queries : 0;
    for (std::size_t i = 0; i != size_.queries; ++i)
      for (std::size_t j = 0; j != size_.keys; ++j) {
        const auto query = static_cast<std::int64_t>(i), key = static_cast<std::int64_t>(j);
        const std::int64_t distance = key - query - shift;
        const bool counts =
            query < queries && key < keys && -before_ <= distance && distance <= after_ &&
            !(reads_mask_ && is_set_(a.inputs[4], batch * mask_batch_ + i * mask_columns_ + j));
        scores[i * size_.keys + j] = counts ? 0 : hidden;
      }
    return true;
  }

 private:
  static constexpr std::int64_t unbounded = std::int64_t{1} << 40;

  static std::size_t entries(const preparation& op, std::size_t input) {
    return op.fed(input) ? op.input(input).elements() : 0;
  }
  /// -1 where the caller's number is below 0 or above the rows that there are.
  std::int64_t length(const arguments& a, std::size_t which, std::size_t batch, std::size_t rows) const {
    const auto all = static_cast<std::int64_t>(rows);
    if (lengths_of_[which] == 0) return all;
    const std::int64_t given = a.input<std::int64_t>(5 + which)[lengths_of_[which] == 1 ? 0 : batch];
    return given < 0 || given > all ? -1 : given;
  }

  attention_sizes size_;
  std::int64_t mode_;
  std::array<std::size_t, 2> lengths_of_;  // entries of the actual lengths of queries and keys
  bool reads_mask_ = false;
  mask_test is_set_ = nullptr;
  std::size_t mask_columns_ = 0;
  std::size_t mask_batch_ = 0;  // elements between the masks of two batches
  std::int64_t before_ = unbounded;
  std::int64_t after_ = unbounded;
};

/// Where the shift of a head begins, and how far its rows are apart.
struct shift_places {
  std::size_t of_batch = 0;
  std::size_t of_head = 0;
  std::size_t of_row = 0;

  explicit shift_places(const tensor_facts& shift) {
    if (!shift.fed()) return;
    of_row = shift.shape[3];
    of_head = shift.shape[2] * of_row;
    of_batch = shift.shape[0] == 1 ? 0 : shift.shape[1] * of_head;
  }
  std::size_t first(std::size_t batch, std::size_t head) const { return batch * of_batch + head * of_head; }
};

void refuse_quantised(const preparation& op) {
  if (op.input(0).type == dtype::i8 || op.output(0).type == dtype::i8) op.refuse("quantised attention");
}

// --- attention, plain: everything widened to f32, one query after the other, rounded once

/// Softmax of a row, which is 0 where everything is hidden.
void softmax_row(float* scores, std::size_t count) {
  float largest = hidden, sum = 0;
  for (std::size_t j = 0; j != count; ++j) largest = larger(largest, scores[j]);
  if (largest == hidden) return std::fill_n(scores, count, 0.0F), void();
  for (std::size_t j = 0; j != count; ++j) sum += scores[j] = std::exp(scores[j] - largest);
  for (std::size_t j = 0; j != count; ++j) scores[j] /= sum;
}

/// Operands in f32, one behind the other in the scratch memory.
struct widened_operands {
  float* query;
  float* key;
  float* value;
  float* shift;
  float* output;
  float* hiding;
  float* row;
};

prepared reference_attention(const preparation& op) {
  refuse_quantised(op);
  const attention_sizes s = sizes_of(op);
  const std::size_t counts[]{op.input(0).elements(),  op.input(1).elements(),
                             op.input(2).elements(),  op.fed(3) ? op.input(3).elements() : 0,
                             op.output(0).elements(), s.scores()};
  const widen_function<float> widen_all = widen_from<float>(op.input(0).type);
  const widen_function<float> widen_shift = op.fed(3) ? widen_from<float>(op.input(3).type) : nullptr;
  const narrow_function<float> narrow_result = narrow_to<float>(op.output(0).type);
  std::size_t scratch = s.keys;
  for (const std::size_t count : counts) scratch += count;
  const auto work = [=, at = attention_places{s, op.text("input_layout")},
                     shift_at = shift_places{op.fed(3) ? op.input(3) : tensor_facts{}},
                     visible = visibility{op, s}, counts = std::to_array(counts),
                     scale = static_cast<float>(op.real("scale_value"))](const arguments& a) {
    widened_operands x{};
    float* next = static_cast<float*>(a.scratch);
    float** const places[]{&x.query, &x.key, &x.value, &x.shift, &x.output, &x.hiding};
    for (std::size_t k = 0; k != counts.size(); next += counts[k++]) *places[k] = next;
    x.row = next;
    widen_all(a.inputs[0], x.query, counts[0]);
    widen_all(a.inputs[1], x.key, counts[1]);
    widen_all(a.inputs[2], x.value, counts[2]);
    if (widen_shift != nullptr) widen_shift(a.inputs[3], x.shift, counts[3]);
    for (std::size_t b = 0; b != s.batch; ++b) {
      if (!visible.fill(a, b, x.hiding)) return status_code::index_out_of_range;
      for (std::size_t h = 0; h != s.heads; ++h)
        for (std::size_t i = 0; i != s.queries; ++i) {
          const float* const query = x.query + at.query.first(b, h) + i * at.query.of_row;
          for (std::size_t j = 0; j != s.keys; ++j) {
            const float* const key = x.key + at.key.first(b, s.key_value_head(h)) + j * at.key.of_row;
            float sum = 0;
            for (std::size_t d = 0; d != s.size; ++d) sum += query[d] * key[d];
            x.row[j] = sum * scale + x.hiding[i * s.keys + j];
            if (widen_shift != nullptr) x.row[j] += x.shift[shift_at.first(b, h) + i * shift_at.of_row + j];
          }
          softmax_row(x.row, s.keys);
          float* const y = x.output + at.output.first(b, h) + i * at.output.of_row;
          std::fill_n(y, s.value_size, 0.0F);
          for (std::size_t j = 0; j != s.keys; ++j) {
            const float* const value = x.value + at.value.first(b, s.key_value_head(h)) + j * at.value.of_row;
            for (std::size_t d = 0; d != s.value_size; ++d) y[d] += x.row[j] * value[d];
          }
        }
    }
    narrow_result(x.output, a.outputs[0], counts[4]);
    return status_code::ok;
  };
  return prepare_run(work, scratch * sizeof(float));
}

// --- attention of f32, fast: two products a head

/// A query that sees no key gives 0, in every head.
void clear_hidden_rows(const attention_sizes& s, const head_places& at, std::size_t batch,
                       const float* hiding, float* output) {
  for (std::size_t i = 0; i != s.queries; ++i, hiding += s.keys)
    if (std::all_of(hiding, hiding + s.keys, [](float score) { return score == hidden; }))
      for (std::size_t h = 0; h != s.heads; ++h)
        std::fill_n(output + at.first(batch, h) + i * at.of_row, s.value_size, 0.0F);
}

prepared fast_attention(const preparation& op) {
  if (op.input(0).type != dtype::f32 || op.output(0).type != dtype::f32 ||
      (op.fed(3) && op.input(3).type != dtype::f32))
    return {};
  const attention_sizes s = sizes_of(op);
  const compute::matrix_product to_scores{{s.queries, s.size, s.keys}, compute::layout::transposed};
  const compute::matrix_product to_output{{s.queries, s.keys, s.value_size}, compute::layout::plain};
  const visibility visible{op, s};
  const auto scale = compute::prepare(compute::binary_operation::multiply).right_scalar;
  const auto add = compute::prepare(compute::binary_operation::add).equal;
  const std::size_t product_floats = std::max(to_scores.scratch_floats(), to_output.scratch_floats());
  const auto work = [=, at = attention_places{s, op.text("input_layout")},
                     shift_at = shift_places{op.fed(3) ? op.input(3) : tensor_facts{}}, has_shift = op.fed(3),
                     factor = static_cast<float>(op.real("scale_value")),
                     softmax = compute::prepare_softmax()](const arguments& a) {
    float* const scratch = static_cast<float*>(a.scratch);
    float* const scores = scratch + product_floats;
    float* const hiding = scores + s.scores();
    for (std::size_t b = 0; b != s.batch; ++b) {
      if (visible.hides() && !visible.fill(a, b, hiding)) return status_code::index_out_of_range;
      for (std::size_t h = 0; h != s.heads; ++h) {
        const std::size_t shared = s.key_value_head(h);
        to_scores.run({a.input<float>(0) + at.query.first(b, h), at.query.of_row},
                      {a.input<float>(1) + at.key.first(b, shared), at.key.of_row}, {scores, s.keys},
                      scratch);
        scale(scores, factor, scores, s.scores());
        for (std::size_t i = 0; has_shift && i != s.queries; ++i)
          add(scores + i * s.keys, a.input<float>(3) + shift_at.first(b, h) + i * shift_at.of_row,
              scores + i * s.keys, s.keys);
        if (visible.hides()) add(scores, hiding, scores, s.scores());
        softmax(scores, scores, {s.queries, s.keys});
        to_output.run({scores, s.keys}, {a.input<float>(2) + at.value.first(b, shared), at.value.of_row},
                      {a.output<float>(0) + at.output.first(b, h), at.output.of_row}, scratch);
      }
      if (visible.hides()) clear_hidden_rows(s, at.output, b, hiding, a.output<float>(0));
    }
    return status_code::ok;
  };
  return prepare_run(work, (product_floats + 2 * s.scores()) * sizeof(float));
}

}  // namespace

void add_attention_kernels(kernel_table& table) {
  table.add("RotaryMul", reference_rotary_mul);
  table.add("PromptFlashAttention", reference_attention, fast_attention);
}

}  // namespace airloom::host
