#include <doctest/doctest.h>
#include <airloom/graph/from_tape.hpp>
#include <airloom/model/record.hpp>
#include <airloom/ops/collective_matmul.hpp>
#include <memory>

#include "gears.hpp"
#include "support/apply.hpp"

using namespace airloom;
using test::apply;
using test::batch;
using test::geared;
using test::plain;

namespace {

constexpr group<0, 1> pair{"tp"};

}  // namespace

// --- the type of the result ---
static_assert(test::is<decltype(matmul_all_reduce<pair>(geared<f16, batch, 8>{}, geared<f16, 8, 6>{})),
                       geared<f16, batch, 6>>);
static_assert(
    test::is<decltype(matmul_all_reduce<pair, transposed::x2>(plain<bf16, 2, 3, 8>{}, plain<bf16, 6, 8>{},
                                                              plain<bf16, 6>{}, plain<bf16, 2, 3, 6>{})),
             plain<bf16, 2, 3, 6>>);
static_assert(
    test::is<decltype(all_gather_matmul<pair>(geared<f16, batch, 8>{}, geared<f16, 8, 6>{}).get<0>()),
             geared<f16, times<2, batch>{}, 6>>);
static_assert(test::is<decltype(all_gather_matmul<pair>(plain<f16, 3, 8>{}, plain<f16, 8, 6>{}).get<1>()),
                       plain<f16, 6, 8>>);
static_assert(test::is<decltype(matmul_reduce_scatter<pair>(plain<f16, 6, 8>{}, plain<f16, 8, 5>{})),
                       plain<f16, 3, 5>>);

namespace {

void check_refused(const test::apply& wrong, relation need, std::string_view part) {
  const test::applied result = wrong.run();
  CHECK(result.found.need == need);
  CHECK(wrong.part(result.found.left) == part);
}

/// A product of [6, 8] and [8, 4] in a group.
std::unique_ptr<apply> multiply(std::string_view type, const shape_value& x1 = test::shape({6, 8}),
                                const shape_value& x2 = test::shape({8, 4}), int ranks = 2) {
  auto made = std::make_unique<apply>(type);
  made->set("group", "g").set("rank_size", ranks).input(f16, x1).input(f16, x2);
  return made;
}
std::unique_ptr<apply> multiply_on(int ranks, std::string_view type) {
  return multiply(type, test::shape({6, 8}), test::shape({8, 4}), ranks);
}

const node& only(const graph& g, std::string_view type) {
  const int found = g.find(type);
  REQUIRE(found >= 0);
  return g.nodes[static_cast<std::size_t>(found)];
}
template <class Value>
bool has(const node& n, std::string_view name, const Value& value) {
  const attribute* found = n.find(name);
  return found != nullptr && found->get<Value>() != nullptr && *found->get<Value>() == value;
}

}  // namespace

TEST_CASE("products with a collective need what a product needs") {
  for (const char* type : {"MatmulAllReduce", "AllGatherMatmul", "MatmulReduceScatter"}) {
    CAPTURE(type);
    CHECK(multiply(type)->run().holds());
    CHECK(multiply(type)->input(f16, {4}).run().holds());
    CHECK(multiply(type)->input(f16, {1, 4}).run().holds());
    check_refused(*multiply(type, test::shape({8})), relation::rank_at_least, "x1");
    check_refused(*multiply(type, test::shape({6, 8}), test::shape({1, 8, 4})), relation::rank, "x2");
    check_refused(*multiply(type, test::shape({6, 7})), relation::equal, "x1_columns");
    check_refused(multiply(type)->set("is_trans_b", true), relation::equal, "x1_columns");
    check_refused(multiply(type)->set("is_trans_a", true), relation::exactly, "x1_transposed");
    check_refused(multiply(type)->input(f16, {5}), relation::equal, "bias_length");
    check_refused(multiply(type)->input(f16, {2, 4}), relation::exactly, "bias_rows");
    CHECK(apply{type}.set("group", "g").input(f32, {6, 8}).input(f32, {8, 4}).run().found.need ==
          relation::dtype_accepted);
    CHECK(apply{type}.input(f16, {6, 8}).input(f16, {8, 4}).run().found.need == relation::attribute_set);
  }
}

TEST_CASE("MatmulAllReduce") {
  CHECK(multiply("MatmulAllReduce")->run().shapes[0] == test::shape({6, 4}));
  CHECK(multiply("MatmulAllReduce", test::shape({2, 6, 8}))->run().shapes[0] == test::shape({2, 6, 4}));
  check_refused(*multiply("MatmulAllReduce", test::shape({1, 2, 6, 8})), relation::rank_at_most,
                "x1");  // (R2)
  CHECK(multiply("MatmulAllReduce")->set("reduce_op", "avg").run().found.need ==
        relation::text_known);  // (R1)
  CHECK(multiply("MatmulAllReduce")->unfed().input(f16, {6, 4}).run().holds());
  check_refused(multiply("MatmulAllReduce")->unfed().input(f16, {6, 1}), relation::equal, "x3");  // (R5)
  check_refused(multiply("MatmulAllReduce")->unfed().input(f16, {4}), relation::rank, "x3");      // (R5)
  check_refused(multiply("MatmulAllReduce")->input(bf16, {4}), relation::same_dtype, "x1");       // (R6)
}

TEST_CASE("MatmulAllReduce of quantised tensors says what comes out") {
  const auto quantised = [](dtype dequant_scale) {
    auto made = std::make_unique<apply>("MatmulAllReduce");
    made->set("group", "g").input(i8, {6, 8}).input(i8, {8, 4}).input(i32, {4}).unfed().unfed().unfed();
    made->input(dequant_scale, {4});
    return made;
  };
  CHECK(quantised(dtype::u64)->run().types[0] == f16);
  CHECK(quantised(bf16)->run().types[0] == bf16);
  CHECK(quantised(dtype::u64)->set("y_dtype", ge_number(bf16)).run().types[0] == bf16);
}

TEST_CASE("AllGatherMatmul") {
  const test::applied both = multiply("AllGatherMatmul")->run();
  CHECK(both.shapes == std::vector{test::shape({12, 4}), test::shape({12, 8})});
  CHECK(both.types == std::vector{f16, f16});
  CHECK(multiply("AllGatherMatmul")->set("is_gather_out", false).run().shapes[1] == test::shape({0}));
  check_refused(multiply("AllGatherMatmul")->set("gather_index", 1), relation::exactly,
                "gather_index");                                                        // (R4)
  check_refused(*multiply_on(-1, "AllGatherMatmul"), relation::at_least, "rank_size");  // (R5)
  CHECK(multiply_on(0, "AllGatherMatmul")->run().shapes ==
        std::vector{test::shape({extent::unknown(), 4}), test::shape({extent::unknown(), 8})});  // (R5)
}

TEST_CASE("MatmulReduceScatter") {
  CHECK(multiply("MatmulReduceScatter")->run().shapes[0] == test::shape({3, 4}));
  CHECK(multiply("MatmulReduceScatter")->set("reduce_op", "avg").run().found.need ==
        relation::text_known);  // (R1)
  check_refused(*multiply_on(4, "MatmulReduceScatter"), relation::divides,
                "product_rows");  // (R5)
  check_refused(*multiply_on(-1, "MatmulReduceScatter"), relation::at_least,
                "rank_size");  // (R5)
  CHECK(multiply_on(0, "MatmulReduceScatter")->run().shapes[0] ==
        test::shape({extent::unknown(), 4}));  // (R5)
}

TEST_CASE("the attributes are those of the Ascend prototypes") {
  const tape record = record_model(
      [](auto x, auto w) {
        auto [y, gathered] = all_gather_matmul<pair, transposed::x2>(x, w);
        return outputs(matmul_all_reduce<pair>(matmul_reduce_scatter<pair>(gathered, transpose<1, 0>(w)), w),
                       y);
      },
      input<static_model, f16, 4, 4>("x"), input<static_model, f16, 4, 4>("w"));
  const graph g = make_graph(record, 0).lowered;
  const std::string group = "tag=tp;rank_list=0,1";
  const node& gather = only(g, "AllGatherMatmul");
  CHECK(has(gather, "group", group));
  CHECK(has(gather, "is_trans_b", true));
  CHECK(has(gather, "rank_size", std::int64_t{2}));
  CHECK(has(gather, "is_gather_out", true));
  const node& scatter = only(g, "MatmulReduceScatter");
  CHECK(has(scatter, "reduce_op", std::string{"sum"}));
  CHECK(has(scatter, "rank_size", std::int64_t{2}));
  const node& reduce = only(g, "MatmulAllReduce");
  CHECK(has(reduce, "group", group));
  CHECK(reduce.find("rank_size") == nullptr);
  CHECK(has(reduce, "y_dtype", std::int64_t{28}));
  CHECK(reduce.inputs.size() == 10);
  graph again = g;
  CHECK(verify(again).empty());
  CHECK(infer(again).empty());
}
