#include <doctest/doctest.h>
#include <airloom/graph/from_tape.hpp>
#include <airloom/model/record.hpp>
#include <airloom/ops/collective_matmul.hpp>
#include <limits>
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

namespace {

constexpr group<0, 1> experts_of_both{"ep"};
using sent = rows<1, 2, 0, 3>;
using received = rows<4, 0, 2, 1>;

}  // namespace
static_assert(test::is<decltype(all_to_all_v_grouped_matmul<experts_of_both, sent, received>(
                           plain<f16, 6, 8>{}, plain<f16, 2, 8, 5>{})),
                       plain<f16, 7, 5>>);
static_assert(test::is<decltype(all_to_all_v_grouped_matmul<experts_of_both, sent, received, transposed::x2>(
                                    plain<bf16, 6, 8>{}, plain<bf16, 2, 5, 8>{}, plain<bf16, 3, 4>{},
                                    plain<bf16, 4, 9>{})
                                    .get<1>()),
                       plain<bf16, 3, 9>>);

TEST_CASE("AlltoAllvGroupedMatMul") {
  const auto dispatch = [](const shape_value& x = test::shape({6, 8}),
                           const shape_value& weights = test::shape({2, 8, 5})) {
    auto made = std::make_unique<apply>("AlltoAllvGroupedMatMul");
    made->set("group", "g").set("ep_world_size", 2);
    made->set("send_counts", {1, 2, 0, 3}).set("recv_counts", {4, 0, 2, 1});
    made->input(f16, x).input(f16, weights).unfed().unfed();
    return made;
  };
  const shape_value none;
  CHECK(dispatch()->run().shapes == std::vector{test::shape({7, 5}), none, none});
  CHECK(dispatch()->run().types == std::vector{f16, f16, f16});
  CHECK(dispatch()->set("permute_out_flag", true).run().shapes[2] == test::shape({7, 8}));
  CHECK(dispatch()->input(f16, {3, 4}).input(f16, {4, 9}).run().shapes[1] == test::shape({3, 9}));
  CHECK(dispatch()->set("trans_mm_weight", true).input(f16, {3, 4}).input(f16, {9, 4}).run().shapes[1] ==
        test::shape({3, 9}));
  check_refused(*dispatch(test::shape({1, 6, 8})), relation::rank, "gmm_x");                         // (R1)
  check_refused(*dispatch(test::shape({6, 8}), test::shape({8, 5})), relation::rank, "gmm_weight");  // (R1)
  check_refused(*dispatch(test::shape({6, 7})), relation::equal, "gmm_x_columns");                   // (R2)
  check_refused(dispatch()->set("trans_gmm_weight", true), relation::equal, "gmm_x_columns");        // (R2)
  check_refused(*dispatch(test::shape({6, 8}), test::shape({3, 8, 5})), relation::equal,
                "send_counts");                                                                       // (R3)
  check_refused(*dispatch(test::shape({7, 8})), relation::equal, "gmm_x_rows");                       // (R4)
  check_refused(dispatch()->input(f16, {3, 4}), relation::fed, "mm_weight");                          // (R5)
  check_refused(dispatch()->unfed().input(f16, {4, 9}), relation::fed, "mm_x");                       // (R5)
  check_refused(dispatch()->input(f16, {3, 5}).input(f16, {4, 9}), relation::equal, "mm_x_columns");  // (R5)
  check_refused(dispatch()->input(f16, {3}).input(f16, {4, 9}), relation::rank, "mm_x");              // (R5)
}

TEST_CASE("AlltoAllvGroupedMatMul counts what it sends and receives") {
  const auto counted = [](std::initializer_list<std::int64_t> sent,
                          std::initializer_list<std::int64_t> received, int ranks = 2) {
    auto made = std::make_unique<apply>("AlltoAllvGroupedMatMul");
    made->set("group", "g").set("ep_world_size", ranks).set("send_counts", sent).set("recv_counts", received);
    made->input(f16, {3, 8}).input(f16, {1, 8, 5});
    return made;
  };
  CHECK(counted({1, 2}, {0, 0})->run().shapes[0] == test::shape({0, 5}));
  check_refused(*counted({1, 2, 0}, {0, 1}), relation::equal, "send_counts");   // (R3)
  check_refused(*counted({1, 2}, {1}), relation::equal, "recv_counts");         // (R3)
  check_refused(*counted({4, -1}, {0, 1}), relation::at_least, "send_counts");  // (R3)
  check_refused(*counted({}, {}, 0), relation::at_least, "ep_world_size");      // (R3)
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  CHECK(counted({1, 2}, {most, most})->run().shapes[0] == test::shape({most, 5}));  // as large as numbers get
  check_refused(*counted({most, most}, {1, 2}), relation::equal, "gmm_x_rows");     // (R4)
}

TEST_CASE("as many counts as the device takes") {
  // 64 ranks of 4 experts each: more numbers than any shape has.
  const tape record = record_model(
      [](auto x, auto w) {
        return []<std::size_t... I>(auto tokens, auto experts, std::index_sequence<I...>) {
          using one_each = rows<static_cast<std::int64_t>(I * 0 + 1)...>;
          return all_to_all_v_grouped_matmul<world<64>, one_each, one_each>(tokens, experts);
        }(x, w, std::make_index_sequence<256>{});
      },
      input<static_model, f16, 256, 2>("x"), input<static_model, f16, 4, 2, 3>("w"));
  graph g = make_graph(record, 0).lowered;
  CHECK(infer(g).empty());
  const node& grouped = only(g, "AlltoAllvGroupedMatMul");
  CHECK(has(grouped, "send_counts", std::vector<std::int64_t>(256, 1)));
  CHECK(has(grouped, "ep_world_size", std::int64_t{64}));
  CHECK(grouped.output_descriptions.at(0).shape == test::shape({256, 3}));
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
