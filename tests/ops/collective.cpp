#include <doctest/doctest.h>
#include <airloom/graph/from_tape.hpp>
#include <airloom/model/record.hpp>
#include <airloom/ops/collective.hpp>
#include <cstring>
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
constexpr group<0, 1> low{"low"};
constexpr group<2, 3> high{hccl_name{"high_group"}};
constexpr partition<low, high> half;

}  // namespace

// --- the type of the result ---
static_assert(test::is<decltype(all_reduce<pair>(geared<f16, batch, 8>{})), geared<f16, batch, 8>>);
static_assert(test::is<decltype(all_reduce<half, reduction::max>(plain<i32>{})), plain<i32>>);
static_assert(test::is<decltype(reduce<pair, 1>(plain<bf16, 3>{})), plain<bf16, 3>>);
static_assert(test::is<decltype(all_gather<pair>(plain<f32, 3, 4>{})), plain<f32, 6, 4>>);
static_assert(
    test::is<decltype(all_gather<pair>(geared<f32, batch, 4>{})), geared<f32, times<2, batch>{}, 4>>);
static_assert(test::is<decltype(reduce_scatter<pair>(plain<f32, 6, 4>{})), plain<f32, 3, 4>>);
static_assert(
    test::is<decltype(reduce_scatter<pair>(geared<f32, size<2> * batch, 4>{})), geared<f32, batch, 4>>);
static_assert(test::is<decltype(all_to_all<pair>(plain<u8, 6, 4>{})), plain<u8, 6, 4>>);
static_assert(
    test::is<decltype(all_to_all_v<pair, rows<1, 2>, rows<4, 1>>(plain<f32, 3, 4>{})), plain<f32, 5, 4>>);
static_assert(
    test::is<decltype(all_to_all_vc<pair, 0, rows<1, 2>, rows<3, 0>>(plain<f32, 3, 4>{})), plain<f32, 4, 4>>);
static_assert(
    test::is<decltype(all_to_all_vc<pair, 1, rows<1, 2>, rows<3, 0>>(plain<f32, 3, 4>{})), plain<f32, 2, 4>>);
static_assert(test::is<decltype(all_gather_v<pair, rows<3, 1>>(plain<f32, 3, 4>{})), plain<f32, 4, 4>>);
static_assert(
    test::is<decltype(reduce_scatter_v<pair, 0, rows<3, 1>>(plain<f32, 4, 2>{})), plain<f32, 3, 2>>);
static_assert(test::is<decltype(receive<pair, 0, i64, shape<2, 3>>(plain<f32, 4>{})), plain<i64, 2, 3>>);
static_assert(test::is<decltype(broadcast<pair, 0>(plain<f32, 4>{})), plain<f32, 4>>);
static_assert(
    test::is<decltype(broadcast<pair, 0>(plain<f32, 4>{}, plain<i32, 2>{}).get<1>()), plain<i32, 2>>);
static_assert(test::is<decltype(shard<pair, -1>(plain<f32, 3, 8>{})), plain<f32, 3, 4>>);
static_assert(test::is<decltype(wait(plain<f32, 3>{})), plain<f32, 3>>);

namespace {

/// Rule R of an operator refuses for this reason, about this part.
void check_refused(const test::apply& wrong, relation need, std::string_view part) {
  const test::applied result = wrong.run();
  CHECK(result.found.need == need);
  CHECK(wrong.part(result.found.left) == part);
}

std::string text(const node& n, std::string_view name) {
  const attribute* found = n.find(name);
  return found == nullptr || found->get<std::string>() == nullptr ? "(no text)" : *found->get<std::string>();
}
std::int64_t integer(const node& n, std::string_view name) {
  const attribute* found = n.find(name);
  return found == nullptr || found->get<std::int64_t>() == nullptr ? -999 : *found->get<std::int64_t>();
}
const node& only(const graph& g, std::string_view type) {
  const node* found = nullptr;
  for (const node& n : g.nodes)
    if (n.type == type) {
      REQUIRE(found == nullptr);
      found = &n;
    }
  REQUIRE(found != nullptr);
  return *found;
}

graph of_rank(const tape& record, int rank) {
  return make_graph(record, rank).lowered;
}

}  // namespace

TEST_CASE("R1: reducing collectives know four reductions") {
  for (const std::string_view type : {"HcomAllReduce", "HcomReduce", "HcomReduceScatter"}) {
    CAPTURE(type);
    const auto with = [&](const char* reduction) {
      return apply{type}
          .input(f32, {4})
          .set("reduction", reduction)
          .set("group", "g")
          .set("rank_size", 2)
          .set("root_rank", 0)
          .run();
    };
    for (const char* known : {"sum", "min", "max", "prod"}) CHECK(with(known).holds());
    CHECK(with("avg").found.need == relation::text_known);
    CHECK(with("SUM").found.need == relation::text_known);
    CHECK(apply{type}
              .input(boolean, {4})
              .set("reduction", "sum")
              .set("group", "g")
              .set("rank_size", 2)
              .set("root_rank", 0)
              .run()
              .found.need == relation::dtype_accepted);
  }
}

TEST_CASE("a collective without a group is refused") {
  CHECK(apply{"HcomAllReduce"}.input(f32, {4}).set("reduction", "sum").run().found.need ==
        relation::attribute_set);
  CHECK(apply{"HcomAllToAll"}.input(f32, {4}).run().found.need == relation::attribute_set);
}

TEST_CASE("HcomAllGather") {
  const auto gather = [] { return apply{"HcomAllGather"}.set("group", "g"); };
  CHECK(gather().input(f32, {3, extent::unknown()}).set("rank_size", 4).run().shapes[0] ==
        test::shape({12, extent::unknown()}));
  CHECK(gather().input(f32, {extent::unknown()}).set("rank_size", 4).run().shapes[0] ==
        test::shape({extent::unknown()}));
  check_refused(gather().input(f32, {}).set("rank_size", 4), relation::rank_at_least, "x");      // (R1)
  check_refused(gather().input(f32, {3}).set("rank_size", 0), relation::at_least, "rank_size");  // (R2)
}

TEST_CASE("HcomReduceScatter") {
  const auto scatter = [] { return apply{"HcomReduceScatter"}.set("group", "g").set("reduction", "sum"); };
  CHECK(scatter().input(i64, {12, 5}).set("rank_size", 4).run().shapes[0] == test::shape({3, 5}));
  check_refused(scatter().input(i64, {}).set("rank_size", 4), relation::rank_at_least, "x");        // (R2)
  check_refused(scatter().input(i64, {12}).set("rank_size", -1), relation::at_least, "rank_size");  // (R3)
  check_refused(scatter().input(i64, {12}).set("rank_size", 5), relation::divides, "x_rows");       // (R3)
  const test::applied moving =
      scatter().in(test::free_view).input(i64, {test::batch_extent}).set("rank_size", 4).run();  // gears 1
                                                                                                 // and 4
  CHECK(moving.found.need == relation::divides);
  CHECK(moving.found.gear == 0);
}

TEST_CASE("HcomBroadcast: as many outputs as inputs, each of its own kind") {
  const auto send = [] {
    auto made = std::make_unique<apply>("HcomBroadcast");
    (*made).set("group", "g").input(f32, {4}).input(i32, {2, 3});
    return made;
  };
  const test::applied result = send()->set("root_rank", 1).outputs(2).run();
  CHECK(result.holds());
  CHECK(result.shapes == std::vector{test::shape({4}), test::shape({2, 3})});
  CHECK(result.types == std::vector{f32, i32});
  check_refused(send()->set("root_rank", -1).outputs(2), relation::at_least, "root_rank");  // (R1)
  check_refused(send()->set("root_rank", 1).outputs(1), relation::exactly, "outputs");      // (R2)
}

TEST_CASE("HcomReduce R2: a root below 0") {
  check_refused(
      apply{"HcomReduce"}.input(f32, {4}).set("group", "g").set("reduction", "max").set("root_rank", -1),
      relation::at_least, "root_rank");
}

TEST_CASE("HcomAllToAll") {
  check_refused(apply{"HcomAllToAll"}.input(f32, {}).set("group", "g"), relation::rank_at_least,
                "x");  // (R1)
  CHECK(
      apply{"HcomAllToAll"}.input(f32, {3}).set("group", "g").run().holds());  // a file does not say how many
  check_refused(apply{"HcomAllToAll"}.input(f32, {3}).set("group", "g").set("ranks", 2), relation::divides,
                "x_rows");  // (R2)
}

TEST_CASE("HcomAllToAllV counts in elements") {
  const auto all = [](std::vector<extent> sent, std::vector<extent> received) {
    auto made = std::make_unique<apply>("HcomAllToAllV");
    (*made).set("group", "g").input(f32, {3, 4}).list(sent).list({0, 4}).list(received).list({0, 8});
    return made;
  };
  CHECK(all({4, 8}, {8, 12})->run().shapes[0] == test::shape({5, 4}));
  CHECK(apply{"HcomAllToAllV"}
            .set("group", "g")
            .input(f32, {3, 4})
            .input(i64, {2})
            .input(i64, {2})
            .input(i64, {2})
            .input(i64, {2})
            .run()
            .shapes[0] == test::shape({extent::unknown(), 4}));
  check_refused(apply{"HcomAllToAllV"}.set("group", "g").input(f32, {}).list({}).list({}).list({}).list({}),
                relation::rank_at_least, "send_data");                          // (R1)
  check_refused(*all({-4, 16}, {8, 12}), relation::at_least, "send_counts");    // (R2)
  check_refused(*all({4, 8}, {8, -4}), relation::at_least, "recv_counts");      // (R2)
  check_refused(*all({4, 8}, {8, 8, 4}), relation::equal, "recv_counts");       // (R3)
  check_refused(*all({4, 4}, {8, 12}), relation::equal, "elements_sent");       // (R4)
  check_refused(*all({4, 8}, {8, 3}), relation::divides, "elements_received");  // (R5)
}

TEST_CASE("HcomAllToAllVC reads its row and its column of the matrix") {
  const auto all = [](int place, std::vector<extent> matrix) {
    auto made = std::make_unique<apply>("HcomAllToAllVC");
    (*made).set("group", "g").set("rank", place).input(f32, {3, 2}).input(i64, test::shape({2, 2}), matrix);
    return made;
  };
  CHECK(all(0, {2, 4, 6, 0})->run().shapes[0] == test::shape({4, 2}));  // 2 and 6 elements come in
  CHECK(all(1, {2, 4, 6, 0})->run().shapes[0] == test::shape({2, 2}));  // 4 and 0
  check_refused(apply{"HcomAllToAllVC"}.set("group", "g").set("rank", 0).input(f32, {}).input(i64, {2, 2}),
                relation::rank_at_least, "send_data");  // (R1)
  check_refused(apply{"HcomAllToAllVC"}.set("group", "g").set("rank", 0).input(f32, {3}).input(i64, {2, 3}),
                relation::equal, "matrix_rows");  // (R2)
  check_refused(apply{"HcomAllToAllVC"}.set("group", "g").set("rank", 0).input(f32, {3}).input(i64, {4}),
                relation::rank, "send_count_matrix");                              // (R2)
  check_refused(*all(0, {2, -4, 6, 0}), relation::at_least, "send_count_matrix");  // (R2)
  check_refused(*all(-1, {2, 4, 6, 0}), relation::at_least, "rank");               // (R3)
  check_refused(*all(2, {2, 4, 6, 0}), relation::below, "rank");                   // (R3)
  check_refused(*all(0, {2, 2, 6, 0}), relation::equal, "elements_sent");          // (R4)
  check_refused(*all(0, {2, 4, 3, 3}), relation::divides, "elements_received");    // (R5)
}

TEST_CASE("HcomAllGatherV counts in rows") {
  const auto gather = [](const shape_value& x, std::int64_t sent, std::vector<extent> received) {
    auto made = std::make_unique<apply>("HcomAllGatherV");
    (*made).set("group", "g").input(f32, x).scalar(sent).list(received).unfed();
    return made;
  };
  CHECK(gather(test::shape({3, 4}), 3, {3, 1})->run().shapes[0] == test::shape({4, 4}));
  check_refused(*gather(test::shape({}), 3, {3, 1}), relation::rank_at_least, "x");            // (R1)
  check_refused(*gather(test::shape({3, 4}), 3, {3, -1}), relation::at_least, "recv_counts");  // (R2)
  check_refused(*gather(test::shape({3, 4}), 2, {3, 1}), relation::equal, "send_count");       // (R3)
}

TEST_CASE("HcomReduceScatterV counts in rows") {
  const auto scatter = [](const shape_value& x, std::int64_t received, std::vector<extent> sent) {
    auto made = std::make_unique<apply>("HcomReduceScatterV");
    (*made).set("group", "g").set("reduction", "sum").input(f32, x).scalar(received).list(sent).unfed();
    return made;
  };
  CHECK(scatter(test::shape({4, 2}), 3, {3, 1})->run().shapes[0] == test::shape({3, 2}));
  check_refused(*scatter(test::shape({}), 3, {3, 1}), relation::rank_at_least, "x");         // (R2)
  check_refused(*scatter(test::shape({4}), -3, {3, 1}), relation::at_least, "recv_count");   // (R3)
  check_refused(*scatter(test::shape({4}), 3, {5, -1}), relation::at_least, "send_counts");  // (R3)
  check_refused(*scatter(test::shape({4}), 3, {3, 2}), relation::equal, "rows_sent");        // (R4)
}

TEST_CASE("HcomSend and HcomReceive") {
  const test::applied sent =
      apply{"HcomSend"}.input(f32, {2}).set("group", "g").set("sr_tag", 7).set("dest_rank", 1).run();
  CHECK(sent.holds());
  CHECK(sent.shapes.empty());
  check_refused(apply{"HcomSend"}.input(f32, {2}).set("group", "g").set("sr_tag", 7).set("dest_rank", -1),
                relation::at_least, "dest_rank");  // (R1)
  const auto receive = [] {
    return apply{"HcomReceive"}.set("group", "g").set("sr_tag", 7).set("dtype", i32);
  };
  const test::applied received = receive().set("src_rank", 0).set("shape", {2, 3}).run();
  CHECK(received.shapes[0] == test::shape({2, 3}));
  CHECK(received.types[0] == i32);
  check_refused(receive().set("src_rank", -1).set("shape", {2}), relation::at_least, "src_rank");  // (R1)
  check_refused(receive().set("src_rank", 0).set("shape", {2, -1}), relation::at_least, "size");   // (R2)
  check_refused(receive().set("src_rank", 0).set("shape", {1, 1, 1, 1, 1, 1, 1, 1, 1}),
                relation::rank_at_most, "shape");
  CHECK(apply{"HcomReceive"}
            .set("group", "g")
            .set("sr_tag", 7)
            .set("dtype", boolean)
            .set("src_rank", 0)
            .set("shape", {2})
            .run()
            .found.need == relation::dtype_accepted);  // (R3)
}

TEST_CASE("attributes are those that TorchAir writes") {
  const graph g = of_rank(record_model([](auto x) { return wait(all_reduce<world<2>, reduction::max>(x)); },
                                       input<static_model, f32, 3>("x")),
                          0);
  const node& n = only(g, "HcomAllReduce");
  CHECK(text(n, "group") == "tag=ptd:0;rank_list=0,1");
  CHECK(text(n, "reduction") == "max");
  CHECK(integer(n, "fusion") == 0);
  CHECK(integer(n, "fusion_id") == -1);
  CHECK(g.outputs()[0].node == g.find("Identity"));
  CHECK(g.groups == std::vector<rank_group>{{"tag=ptd:0;rank_list=0,1", {0, 1}}});
}

TEST_CASE("one recording gives every rank its group, its peers and its share") {
  const tape record = record_model(
      [](auto x) {
        send<world<4>, [](int place) { return (place + 1) % 4; }, [](int place) { return 10 + place; }>(x);
        auto left = receive<world<4>, [](int place) { return (place + 3) % 4; }, f32, shape<2, 8>,
                            [](int place) { return 10 + (place + 3) % 4; }>(x);
        return all_reduce<half>(shard<world<4>, 1>(x + left));
      },
      input<static_model, f32, 2, 8>("x"));
  for (int rank = 0; rank != 4; ++rank) {
    CAPTURE(rank);
    const graph g = of_rank(record, rank);
    CHECK(integer(only(g, "HcomSend"), "dest_rank") == (rank + 1) % 4);
    CHECK(integer(only(g, "HcomSend"), "sr_tag") == 10 + rank);
    CHECK(integer(only(g, "HcomReceive"), "src_rank") == (rank + 3) % 4);
    CHECK(text(only(g, "HcomAllReduce"), "group") == (rank < 2 ? "tag=low;rank_list=0,1" : "high_group"));
    const node& slice = only(g, "StridedSliceV2");
    for (const std::size_t bound : {1U, 2U}) {
      const node& constant = g.nodes[static_cast<std::size_t>(slice.inputs[bound].node)];
      const auto* contents = constant.find("value")->get<tensor_contents>();
      std::int64_t number = 0;
      REQUIRE(contents->data.size == sizeof(number));
      std::memcpy(&number, contents->data.data, sizeof(number));
      CHECK(number == 2 * (rank + static_cast<int>(bound) - 1));
    }
    graph again = g;
    CHECK(verify(again).empty());
    CHECK(infer(again).empty());
  }
  CHECK_THROWS_AS(static_cast<void>(of_rank(record, 4)), error);
}

TEST_CASE("what other ranks wait for is held by a control edge into NetOutput") {
  const graph g = of_rank(record_model(
                              [](auto x) {
                                send<pair, 1>(x);
                                static_cast<void>(receive<pair, 1, f32, shape<2>>(x));
                                static_cast<void>(all_gather_v<pair, rows<4, 1>>(x));
                                static_cast<void>(all_reduce<pair>(x));
                                return outputs();
                              },
                              input<static_model, f32, 4>("x")),
                          0);
  const node& result = only(g, "NetOutput");
  CHECK(result.inputs.empty());
  std::vector<std::string> held;
  for (const int control : result.controls) held.push_back(g.nodes[static_cast<std::size_t>(control)].type);
  CHECK(held == std::vector<std::string>{"HcomSend", "HcomReceive", "HcomAllGatherV"});
  CHECK(only(g, "HcomSend").output_descriptions.empty());
  CHECK(only(g, "HcomReceive").inputs.empty());
}

TEST_CASE("HcomBroadcast names its ports one by one") {
  const graph g = of_rank(record_model(
                              [](auto x, auto y) {
                                auto [a, b] = broadcast<pair, 1>(x, y);
                                return outputs(a, b);
                              },
                              input<static_model, f32, 4>("x"), input<static_model, i32, 2>("y")),
                          0);
  const node& n = only(g, "HcomBroadcast");
  CHECK(n.input_names == std::vector<std::string>{"x0", "x1"});
  CHECK(n.output_names == std::vector<std::string>{"y0", "y1"});
  CHECK(n.output_descriptions[1].type == i32);
  CHECK(integer(n, "root_rank") == 1);
}
