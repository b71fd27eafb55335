#pragma once
// Fused attention, and the rotation of positions that goes before it.

#include <airloom/model/tensor.hpp>

namespace airloom {

namespace op {

/// rotary_mul(x, cos, sin): x · cos + r(x) · sin, where r(x) is the second half of the last dimension negated
/// and the first half behind it.
/// Inputs   x; r1, the cosines, and r2, the sines: one shape, which broadcasts to that of x
/// Output   the shape and element type of x
/// Needs    (R1) r1 and r2 have one shape, the rank of x
///          (R2) each of its dimensions is that of x or 1, the last one that of x, in every gear
///          (R3) an even last dimension in every gear
/// Lowers   RotaryMul(x, r1, r2) -> y
/// Example  al::rotary_mul(query, cos, sin)
struct rotary_mul : operator_definition {
  enum class part { x, r1, r2, halves };

  static constexpr void rule(inference& i) {
    const shape_value &x = i.shape(0), &r1 = i.shape(1), &r2 = i.shape(2);
    if (!i.need_rank_at_least(part::x, x, 1) || !i.need_rank(part::r1, r1, x.rank) ||
        !i.need_rank(part::r2, r2, x.rank))
      return;  // (R1)
    const auto last = static_cast<int>(x.rank) - 1;
    for (int d = 0; d <= last; ++d) {
      const auto at = static_cast<std::size_t>(d);
      i.need_equal(part::r1, r1[at], part::r2, r2[at], d);                                // (R1)
      if (d == last || !r1[at].is(1)) i.need_equal(part::r1, r1[at], part::x, x[at], d);  // (R2)
    }
    i.need_divides(part::x, x.back(1), part::halves, 2);  // (R3)
    i.output(0, x);
  }
  static constexpr dtype_set accepts = set_of(f16, f32, bf16);
  static constexpr prototype ir = prototype{"RotaryMul"}
                                      .input("x", accepts, 'T')
                                      .input("r1", accepts, 'T')
                                      .input("r2", accepts, 'T')
                                      .output_like("y", 0)
                                      .with_rule(rule);
};

/// prompt_flash_attention<options>(query, key, value, scale, mask): softmax(scale · query · keyᵀ, masked) ·
/// value for every head, in f32 inside. A place that is not 0 in the mask is masked; a query that sees no key
/// gives 0. sparse_mode 0 takes the mask and the band -pre_tokens ≤ key - query ≤ next_tokens, or neither
/// where no mask is fed; 1 the mask alone; 2 key ≤ query; 3 the same with the last key at the last query; 4
/// the band so aligned.
/// Inputs   query [batch, num_heads, queries, size], key and value [batch, num_key_value_heads, keys, size]
///          as input_layout BNSD; BSND has heads and rows exchanged, BSH heads and sizes in one dimension,
///          BNSD_BSND is BNSD with an output in BSND. pse_shift is added to the scores. actual_seq_lengths,
///          actual_seq_lengths_kv: how many queries and keys of each batch count. The scales and offsets of
///          quantised attention are described, not computed on the host
/// Output   the layout of query (of BNSD_BSND: BSND) with the size of value; the element type of query, f16
///          for i8, i8 where quant_scale2 is fed
/// Needs    (R1) rank 4, BSH rank 3; the heads are those that the attributes name; num_key_value_heads, where
///          0 means num_heads, divides num_heads
///          (R2) one batch; key and value of one length and one number of heads; query and key of one size
///          (R3) pse_shift [batch or 1, num_heads, at least queries, at least keys]
///          (R4) atten_mask [at least queries, at least keys], with leading dimensions batch or 1, and 1; in
///          sparse_mode 2 to 4 fed and [2048, 2048]
///          (R5) one actual length, or one a batch; sparse_mode from 0 to 4
/// Lowers   PromptFlashAttention(query, key, value, pse_shift, atten_mask, …) {num_heads, scale_value,
///          pre_tokens, next_tokens, input_layout, num_key_value_heads, sparse_mode, inner_precise} ->
///          attention_out
/// Example  al::prompt_flash_attention<al::attention_options{.heads = 8}>(query, key, value, 0.125, mask)
struct prompt_flash_attention : operator_definition {
  enum class part {
    query,
    key,
    value,
    pse_shift,
    atten_mask,
    actual_seq_lengths,
    actual_seq_lengths_kv,
    deq_scale1,
    quant_scale1,
    deq_scale2,
    quant_scale2,
    quant_offset2,
    num_heads,
    num_key_value_heads,
    queries,
    keys,
    sparse_mode
  };

  /// One operand seen head by head.
  struct heads {
    extent batch;
    extent rows;
    extent size;
  };
  static constexpr std::int64_t key_value_heads(const inference& i) {
    const std::int64_t given = i.integer("num_key_value_heads");
    return given == 0 ? i.integer("num_heads") : given;
  }
  static constexpr void rule(inference& i) {
    i.need_text("input_layout", {"BSH", "BSND", "BNSD", "BNSD_BSND"});
    const std::int64_t count = i.integer("num_heads"), shared = key_value_heads(i);
    if (!i.holds() || !i.need_at_least(part::num_heads, count, 1) ||
        !i.need_at_least(part::num_key_value_heads, shared, 1) ||
        !i.need_divides(part::num_heads, count, part::num_key_value_heads, shared))
      return;  // (R1)
    const heads query = heads_of(i, part::query, part::num_heads, count);
    const heads key = heads_of(i, part::key, part::num_key_value_heads, shared);
    const heads value = heads_of(i, part::value, part::num_key_value_heads, shared);
    if (!i.holds()) return;
    i.need_equal(part::key, key.batch, part::query, query.batch);
    i.need_equal(part::value, value.batch, part::query, query.batch);
    i.need_equal(part::value, value.rows, part::key, key.rows);
    i.need_equal(part::key, key.size, part::query, query.size);  // (R2)
    check_shift(i, query, key);
    check_mask(i, query, key);
    for (const part lengths : {part::actual_seq_lengths, part::actual_seq_lengths_kv})
      check_lengths(i, lengths, query.batch);
    if (i.fed(static_cast<std::size_t>(part::quant_scale2)))
      i.output_type(0, i8);
    else if (i.type(0) == i8)
      i.output_type(0, f16);
    i.output(0, arranged(i, query, value.size));
  }
  /// (R1)
  static constexpr heads heads_of(inference& i, part name, part count_name, std::int64_t count) {
    const shape_value& shape = i.shape(static_cast<std::size_t>(name));
    const std::string_view layout = i.text("input_layout");
    if (!i.need_rank(name, shape, layout == "BSH" ? 3 : 4)) return {};
    if (layout == "BSH") {
      i.need_divides(name, shape[2], count_name, count);
      return {shape[0], shape[1], i.holds() ? floor_quotient(shape[2], count, i.gears()) : shape[2]};
    }
    const std::size_t heads_at = layout == "BSND" ? 2 : 1;
    i.need_equal(name, shape[heads_at], count_name, count, static_cast<int>(heads_at));
    return {shape[0], shape[3 - heads_at], shape[3]};
  }
  /// A leading dimension is the batch, or 1 for all.
  static constexpr void check_batch(inference& i, part name, const extent& size, const extent& batch) {
    if (!size.is(1)) i.need_equal(name, size, part::query, batch, 0);
  }
  /// (R3)
  static constexpr void check_shift(inference& i, const heads& query, const heads& key) {
    if (!i.fed(3) || !i.need_rank(part::pse_shift, i.shape(3), 4)) return;
    const shape_value& shift = i.shape(3);
    check_batch(i, part::pse_shift, shift[0], query.batch);
    i.need_equal(part::pse_shift, shift[1], part::num_heads, i.integer("num_heads"), 1);
    i.need_not_above(part::queries, query.rows, part::pse_shift, shift[2]);
    i.need_not_above(part::keys, key.rows, part::pse_shift, shift[3]);
  }
  /// (R4), (R5)
  static constexpr void check_mask(inference& i, const heads& query, const heads& key) {
    const std::int64_t mode = i.integer("sparse_mode");
    if (!i.need_at_least(part::sparse_mode, mode, 0) || !i.need_below(part::sparse_mode, mode, 5)) return;
    if (!i.fed(4)) {
      if (mode >= 2) i.need_fed(part::atten_mask, 4);
      return;
    }
    const shape_value& mask = i.shape(4);
    if (!i.need_rank_at_least(part::atten_mask, mask, 2) || !i.need_rank_at_most(part::atten_mask, mask, 4))
      return;
    if (mode >= 2) {
      i.need_is(part::atten_mask, mask.back(2), 2048, mask.rank - 2);
      i.need_is(part::atten_mask, mask.back(1), 2048, mask.rank - 1);
      return;
    }
    if (mask.rank > 2) check_batch(i, part::atten_mask, mask[0], query.batch);
    if (mask.rank > 3) i.need_is(part::atten_mask, mask[1], 1, 1);
    i.need_not_above(part::queries, query.rows, part::atten_mask, mask.back(2));
    i.need_not_above(part::keys, key.rows, part::atten_mask, mask.back(1));
  }
  /// (R5)
  static constexpr void check_lengths(inference& i, part name, const extent& batch) {
    const auto input = static_cast<std::size_t>(name);
    if (i.fed(input) && i.need_rank(name, i.shape(input), 1)) check_batch(i, name, i.shape(input)[0], batch);
  }
  static constexpr shape_value arranged(inference& i, const heads& query, const extent& size) {
    const std::string_view layout = i.text("input_layout");
    const extent count{i.integer("num_heads")};
    if (layout == "BSH") return shape_value::of(query.batch, query.rows, count * size);
    if (layout == "BNSD") return shape_value::of(query.batch, count, query.rows, size);
    return shape_value::of(query.batch, query.rows, count, size);
  }
  static constexpr dtype_set accepts = set_of(f16, f32, bf16, i8);
  static constexpr prototype ir = prototype{"PromptFlashAttention"}
                                      .input("query", accepts, 'T')
                                      .input("key", accepts, 'T')
                                      .input("value", accepts, 'T')
                                      .optional("pse_shift", set_of(f16, f32, bf16))
                                      .optional("atten_mask", set_of(f16, f32, boolean, i8, u8))
                                      .optional("actual_seq_lengths", set_of(i64))
                                      .optional("actual_seq_lengths_kv", set_of(i64))
                                      .optional("deq_scale1", set_of(u64))
                                      .optional("quant_scale1", set_of(f32))
                                      .optional("deq_scale2", set_of(u64))
                                      .optional("quant_scale2", set_of(f32))
                                      .optional("quant_offset2", set_of(f32))
                                      .output_like("attention_out", 0)
                                      .required("num_heads", attribute_kind::integer)
                                      .attribute("scale_value", 1.0)
                                      .attribute("pre_tokens", 214748647)  // so in the Ascend prototype
                                      .attribute("next_tokens", 0)
                                      .attribute("input_layout", "BSH")
                                      .attribute("num_key_value_heads", 1)
                                      .attribute("sparse_mode", 0)
                                      .attribute("inner_precise", 1)
                                      .with_rule(rule);
};

}  // namespace op

template <operand_like X, operand_like Cos, operand_like Sin>
constexpr auto rotary_mul(const X& x, const Cos& cos, const Sin& sin, const line& where = line::current()) {
  return record<op::rotary_mul>(where, x, cos, sin).template output<0>();
}

/// How the dimensions of query, key and value are ordered: b batch, s rows, n heads, d size, h heads and
/// sizes in one.
enum class attention_layout : std::uint8_t { bsh, bsnd, bnsd, bnsd_bsnd };

struct attention_options {
  int heads = 1;
  int key_value_heads = 0;  ///< 0: as many as heads
  attention_layout layout = attention_layout::bnsd;
  int sparse_mode = 0;
  int pre_tokens = 2147483647;
  int next_tokens = 2147483647;
};

constexpr std::string_view name_of(attention_layout layout) {
  switch (layout) {
    case attention_layout::bsh:
      return "BSH";
    case attention_layout::bsnd:
      return "BSND";
    case attention_layout::bnsd:
      return "BNSD";
    default:
      return "BNSD_BSND";
  }
}

template <attention_options Options, operand_like Query, operand_like Key, operand_like Value,
          optional_operand Mask = unfed_type>
constexpr auto prompt_flash_attention(const Query& query, const Key& key, const Value& value, double scale,
                                      const Mask& mask = {}, const line& where = line::current()) {
  return record<op::prompt_flash_attention>(
             where,
             [](attribute_list& set) {
               set("num_heads", Options.heads);
               set("scale_value", 1.0);
               set("pre_tokens", Options.pre_tokens);
               set("next_tokens", Options.next_tokens);
               set("input_layout", name_of(Options.layout));
               set("num_key_value_heads",
                   Options.key_value_heads == 0 ? Options.heads : Options.key_value_heads);
               set("sparse_mode", Options.sparse_mode);
             },
             query, key, value, unfed, mask, unfed, unfed, unfed, unfed, unfed, unfed, unfed)
      .with("scale_value", scale)
      .template output<0>();
}

}  // namespace airloom
