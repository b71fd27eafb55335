#include <doctest/doctest.h>
#include <airloom/ops/attention.hpp>

#include "gears.hpp"
#include "support/apply.hpp"

using namespace airloom;
using test::apply;
using test::batch;
using test::geared;
using test::plain;
using test::seq;

static_assert(test::is<decltype(rotary_mul(geared<f16, batch, 4, seq, 8>{}, geared<f16, 1, 1, seq, 8>{},
                                           geared<f16, 1, 1, seq, 8>{})),
                       geared<f16, batch, 4, seq, 8>>);

using query = geared<f16, batch, 4, seq, 8>;
using key = geared<f16, batch, 2, seq, 8>;
inline constexpr attention_options grouped{.heads = 4, .key_value_heads = 2};
static_assert(test::is<decltype(prompt_flash_attention<grouped>(query{}, key{}, key{}, 0.5)), query>);
static_assert(test::is<decltype(prompt_flash_attention<grouped>(query{}, key{}, key{}, 0.5,
                                                                geared<boolean, batch, 1, seq, seq>{})),
                       query>);
inline constexpr attention_options joined{.heads = 2, .layout = attention_layout::bsh};
static_assert(test::is<decltype(prompt_flash_attention<joined>(plain<f32, 1, 3, 8>{}, plain<f32, 1, 5, 8>{},
                                                               plain<f32, 1, 5, 12>{}, 0.5)),
                       plain<f32, 1, 3, 12>>);
inline constexpr attention_options turned{.heads = 2, .layout = attention_layout::bnsd_bsnd};
static_assert(
    test::is<decltype(prompt_flash_attention<turned>(plain<f32, 1, 2, 3, 8>{}, plain<f32, 1, 2, 5, 8>{},
                                                     plain<f32, 1, 2, 5, 8>{}, 0.5)),
             plain<f32, 1, 3, 2, 8>>);

TEST_CASE("RotaryMul R1, R2, R3") {
  const auto rotate = [](const shape_value& x, const shape_value& r1, const shape_value& r2) {
    return apply{"RotaryMul"}.input(f16, x).input(f16, r1).input(f16, r2).run();
  };
  const auto x = test::shape({2, 3, 4, 8});
  CHECK(rotate(x, test::shape({2, 1, 1, 8}), test::shape({2, 1, 1, 8})).holds());
  CHECK(rotate(x, test::shape({2, 3, 1, 8}), test::shape({1, 3, 1, 8})).found.need == relation::equal);
  CHECK(rotate(x, test::shape({8}), test::shape({8})).found.need == relation::rank);
  const auto narrow = rotate(x, test::shape({2, 3, 1, 1}), test::shape({2, 3, 1, 1}));
  CHECK(narrow.found.need == relation::equal);
  CHECK(narrow.found.dimension == 3);
  CHECK(rotate(x, test::shape({2, 2, 1, 8}), test::shape({2, 2, 1, 8})).found.dimension == 1);
  const auto odd = test::shape({2, 7});
  CHECK(rotate(odd, odd, odd).found.need == relation::divides);
}

namespace {

/// Attention of 4 heads over 2 of key and value, in BNSD: 3 queries, 5 keys, 2 batches.
struct attend {
  shape_value query = test::shape({2, 4, 3, 8});
  shape_value key = test::shape({2, 2, 5, 8});
  shape_value value = test::shape({2, 2, 5, 8});
  shape_value shift = shape_value::of_unknown_rank();
  shape_value mask = shape_value::of_unknown_rank();
  shape_value lengths = shape_value::of_unknown_rank();
  std::string_view layout = "BNSD";
  std::int64_t heads = 4;
  std::int64_t key_value_heads = 2;
  std::int64_t sparse_mode = 0;

  test::applied run() const {
    apply op{"PromptFlashAttention"};
    op.input(f16, query).input(f16, key).input(f16, value);
    for (const auto& [type, shape] : {std::pair{f16, &shift}, {boolean, &mask}, {i64, &lengths}})
      shape->rank_known ? op.input(type, *shape) : op.unfed();
    op.set("num_heads", heads).set("num_key_value_heads", key_value_heads);
    return op.set("input_layout", layout).set("sparse_mode", sparse_mode).run();
  }
};

std::string_view left_of(const test::applied& result) {
  return apply{"PromptFlashAttention"}.part(result.found.left);
}

}  // namespace

TEST_CASE("PromptFlashAttention R1: layout and heads") {
  CHECK(attend{}.run().shapes[0] == test::shape({2, 4, 3, 8}));
  CHECK(attend{.key_value_heads = 3}.run().found.need == relation::divides);
  CHECK(attend{.heads = 8}.run().found.need == relation::equal);
  CHECK(attend{.layout = "XYZ"}.run().found.need == relation::text_known);
  CHECK(attend{.layout = "BSH"}.run().found.need == relation::rank);
  attend side_by_side{
      .query = test::shape({2, 3, 32}), .key = test::shape({2, 5, 16}), .value = test::shape({2, 5, 16})};
  side_by_side.layout = "BSH";
  CHECK(side_by_side.run().shapes[0] == test::shape({2, 3, 32}));
  const attend all{
      .key = test::shape({2, 4, 5, 8}), .value = test::shape({2, 4, 5, 8}), .key_value_heads = 0};
  CHECK(all.run().holds());
}

TEST_CASE("PromptFlashAttention R2: query, key and value fit together") {
  CHECK(left_of(attend{.key = test::shape({1, 2, 5, 8})}.run()) == "key");
  CHECK(left_of(attend{.value = test::shape({2, 2, 4, 8})}.run()) == "value");
  CHECK(left_of(attend{.key = test::shape({2, 2, 5, 16})}.run()) == "key");
  CHECK(attend{.value = test::shape({2, 2, 5, 16})}.run().shapes[0] == test::shape({2, 4, 3, 16}));
}

TEST_CASE("PromptFlashAttention R3: the shift covers the scores") {
  CHECK(attend{.shift = test::shape({1, 4, 3, 5})}.run().holds());
  CHECK(attend{.shift = test::shape({2, 4, 16, 16})}.run().holds());
  CHECK(attend{.shift = test::shape({2, 2, 3, 5})}.run().found.dimension == 1);
  CHECK(left_of(attend{.shift = test::shape({1, 4, 3, 4})}.run()) == "pse_shift");
}

TEST_CASE("PromptFlashAttention R4: the mask covers the scores, or is the compressed one") {
  for (const shape_value& mask : {test::shape({3, 5}), test::shape({2, 3, 5}), test::shape({1, 1, 4, 8})})
    CHECK(attend{.mask = mask}.run().holds());
  for (const shape_value& mask : {test::shape({3, 4}), test::shape({2, 5}), test::shape({3, 3, 5}),
                                  test::shape({2, 4, 3, 5}), test::shape({5}), test::shape({1, 1, 1, 3, 5})})
    CHECK(left_of(attend{.mask = mask}.run()) != "");
  CHECK(attend{.sparse_mode = 3}.run().found.need == relation::fed);
  CHECK(attend{.mask = test::shape({3, 5}), .sparse_mode = 2}.run().found.need == relation::exactly);
  CHECK(attend{.mask = test::shape({2048, 2048}), .sparse_mode = 2}.run().holds());
}

TEST_CASE("PromptFlashAttention R5: lengths and sparse modes") {
  CHECK(attend{.lengths = test::shape({2})}.run().holds());
  CHECK(attend{.lengths = test::shape({1})}.run().holds());
  CHECK(left_of(attend{.lengths = test::shape({3})}.run()) == "actual_seq_lengths");
  CHECK(left_of(attend{.sparse_mode = 5}.run()) == "sparse_mode");
}

TEST_CASE("PromptFlashAttention: i8 gives f16") {
  apply op{"PromptFlashAttention"};
  for (int operand = 0; operand != 3; ++operand) op.input(i8, {1, 1, 2, 4});
  CHECK(op.set("num_heads", 1).set("input_layout", "BNSD").run().types[0] == f16);
}
