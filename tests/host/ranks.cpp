// Many ranks in one process: each in a thread of its own, held against PyTorch's ranks and against numbers
// that can be worked out by hand.

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <airloom/air/load.hpp>
#include <airloom/graph/graph.hpp>
#include <airloom/host/ranks.hpp>
#include <airloom/model/trace_ranks.hpp>
#include <airloom/ops/collective_matmul.hpp>
#include <airloom/ops/reduce.hpp>
#include <airloom/ops/unary.hpp>
#include <airloom/weights/npz.hpp>
#include <atomic>
#include <cmath>
#include <cstring>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <thread>

#include "support/data.hpp"

namespace al = airloom;
namespace fs = std::filesystem;

namespace {

inline constexpr struct batch final : al::axis<batch> {
} batch;

/// Runs every rank in a thread of its own and gives their verdicts.
template <class Run>
std::vector<al::host::status> on_every_rank(std::size_t ranks, Run run) {
  std::vector<al::host::status> verdicts(ranks);
  std::vector<std::thread> threads;
  for (std::size_t rank = 0; rank != ranks; ++rank)
    threads.emplace_back([&, rank] { verdicts[rank] = run(rank); });
  for (std::thread& thread : threads) thread.join();
  return verdicts;
}

template <class T>
using of_ranks = std::vector<std::vector<T>>;

/// What each rank computes of its input; models of one input and one output.
template <class T>
of_ranks<T> computed(const al::rank_graphs& ranks, const of_ranks<T>& inputs,
                     al::host::kernels use = al::host::kernels::fast) {
  const al::host::rank_engines engines{ranks, {.use = use}};
  of_ranks<T> outputs(engines.size());
  for (std::size_t rank = 0; rank != engines.size(); ++rank)
    outputs[rank].resize(engines[rank].outputs().at(0).bytes(0) / sizeof(T));
  const auto verdicts = on_every_rank(engines.size(), [&](std::size_t rank) {
    return engines[rank].make_context().run({}, inputs[rank], outputs[rank]);
  });
  for (const al::host::status& verdict : verdicts) CHECK(verdict.ok());
  return outputs;
}

constexpr al::group<0, 1> low{"low"};
constexpr al::group<3, 2> high{"high"};  // rank 3 has place 0
constexpr al::partition<low, high> half;

template <std::int64_t Rows, std::int64_t Columns, al::dtype Type = al::f32>
constexpr auto x = al::input<al::static_model, Type, Rows, Columns>("x");

const of_ranks<float> two_rows{{1, 2, 3, 4}, {10, 20, 30, 40}};
const of_ranks<float> four_rows{{1, 2}, {10, 20}, {100, 200}, {1000, 2000}};

nlohmann::json facts_of(const fs::path& folder) {
  std::ifstream file{folder / "case.json"};
  return file ? nlohmann::json::parse(file) : nlohmann::json::object();
}
std::string of_rank(const char* name, std::size_t rank, const char* ending) {
  return rank == 0 ? fmt::format("{}.{}", name, ending) : fmt::format("{}_rank{}.{}", name, rank, ending);
}

/// The graph of one rank in the sizes of its sample inputs: some were exported for any size.
al::graph graph_of_case(const fs::path& folder, const nlohmann::json& facts, std::size_t rank) {
  const auto samples = al::weights::read_npz(folder / of_rank("inputs", rank, "npz"));
  std::map<std::string, std::vector<std::int64_t>> shapes;
  for (const nlohmann::json& each : facts.at("ranks").at(rank).at("p_inputs")) {
    const auto source = each.at("source").get<std::string>();
    const al::weights::array* sample = al::weights::find(samples, source.substr(source.find(' ') + 1));
    if (source.starts_with("input ") && sample != nullptr)
      shapes[each.at("op").get<std::string>()] = sample->shape;
  }
  return al::specialise(al::air::load(folder / of_rank("export", rank, "air")), shapes);
}

/// One rank of a case of TorchAir's: its inputs in the engine's order, and what PyTorch computed.
struct rank_of_case {
  std::vector<al::weights::named_array> given, expected;
  std::vector<std::vector<std::byte>> aligned;  // an array in an archive lies anywhere
  std::vector<al::host::input_buffer> inputs;
  std::vector<std::vector<std::byte>> results;
  std::vector<al::host::output_buffer> outputs;

  rank_of_case(const fs::path& folder, const nlohmann::json& facts, std::size_t rank,
               const al::host::engine& engine)
      : given{al::weights::read_npz(folder / of_rank("inputs", rank, "npz"))},
        expected{al::weights::read_npz(folder / of_rank("expected", rank, "npz"))} {
    for (const al::host::tensor_port& port : engine.inputs())
      for (const nlohmann::json& each : facts.at("ranks").at(rank).at("p_inputs")) {
        if (each.at("op") != port.name) continue;
        const auto source = each.at("source").get<std::string>();
        const al::weights::array* array = al::weights::find(given, source.substr(source.find(' ') + 1));
        REQUIRE(array != nullptr);
        const auto& copy = aligned.emplace_back(array->bytes.data, array->bytes.data + array->bytes.size);
        inputs.emplace_back(copy.data(), copy.size(), array->type);
      }
    for (const al::host::tensor_port& port : engine.outputs()) results.emplace_back(port.bytes(0));
    for (std::size_t i = 0; i != results.size(); ++i)
      outputs.emplace_back(results[i].data(), results[i].size(), engine.outputs()[i].type);
  }

  void check(const std::string& name, std::size_t output) const {
    CAPTURE(name);
    const al::weights::array* wanted = al::weights::find(expected, name);
    REQUIRE(wanted != nullptr);
    REQUIRE(wanted->bytes.size == results[output].size());
    if (wanted->type != al::f32) {
      CHECK(std::memcmp(wanted->bytes.data, results[output].data(), results[output].size()) == 0);
      return;
    }
    for (std::size_t i = 0; i != results[output].size() / 4; ++i) {
      float mine = 0, theirs = 0;
      std::memcpy(&mine, results[output].data() + 4 * i, 4);
      std::memcpy(&theirs, wanted->bytes.data + 4 * i, 4);
      CHECK(std::abs(mine - theirs) <= 1e-5F * std::max(1.0F, std::abs(theirs)));
    }
  }
};

}  // namespace

TEST_CASE("the ranks of TorchAir's cases compute what PyTorch's ranks computed") {
  std::size_t cases = 0;
  if (!fs::exists(test::data() / "torchair")) return;
  for (const auto& entry : fs::directory_iterator{test::data() / "torchair"}) {
    const nlohmann::json facts = facts_of(entry.path());
    if (facts.value("world_size", 1) == 1) continue;
    CAPTURE(entry.path());
    std::vector<al::graph> graphs;
    for (std::size_t rank = 0; rank != facts.at("world_size").get<std::size_t>(); ++rank)
      graphs.push_back(graph_of_case(entry.path(), facts, rank));
    const al::host::rank_engines engines{graphs};
    std::vector<std::unique_ptr<rank_of_case>> ranks;
    for (std::size_t rank = 0; rank != engines.size(); ++rank)
      ranks.push_back(std::make_unique<rank_of_case>(entry.path(), facts, rank, engines[rank]));
    const auto verdicts = on_every_rank(engines.size(), [&](std::size_t rank) {
      return engines[rank].make_context().run({}, ranks[rank]->inputs, ranks[rank]->outputs);
    });
    std::size_t compared = 0;
    for (std::size_t rank = 0; rank != engines.size(); ++rank) {
      CAPTURE(rank);
      CHECK_MESSAGE(verdicts[rank].ok(), verdicts[rank].message());
      const nlohmann::json& of_this = facts.at("ranks").at(rank);
      for (const nlohmann::json& output : of_this.at("fx_outputs"))
        if (output.contains("netoutput")) {
          ranks[rank]->check(fmt::format("out{}", output.at("fx_output").get<int>()),
                             output.at("netoutput").get<std::size_t>());
          ++compared;
        }
    }
    cases += compared > 0 ? 1 : 0;
  }
  CHECK(cases > 0);
}

TEST_CASE("all_reduce: every rank gets what the group makes of all") {
  const auto all = [](auto function) { return al::trace_ranks<2>(function, x<2, 2>); };
  CHECK(computed(all([](auto a) { return al::all_reduce<al::world<2>>(a); }), two_rows) ==
        of_ranks<float>(2, {11, 22, 33, 44}));
  CHECK(computed(all([](auto a) { return al::all_reduce<al::world<2>, al::reduction::max>(a); }), two_rows) ==
        of_ranks<float>(2, {10, 20, 30, 40}));
  CHECK(computed(all([](auto a) { return al::all_reduce<al::world<2>, al::reduction::min>(a); }), two_rows) ==
        of_ranks<float>(2, {1, 2, 3, 4}));
  CHECK(computed(all([](auto a) { return al::all_reduce<al::world<2>, al::reduction::prod>(a); }),
                 two_rows) == of_ranks<float>(2, {10, 40, 90, 160}));
}

TEST_CASE("integers wrap around, and f16 is rounded once") {
  const auto bytes =
      al::trace_ranks<2>([](auto a) { return al::all_reduce<al::world<2>>(a); }, x<1, 2, al::i8>);
  CHECK(computed<std::int8_t>(bytes, {{100, -100}, {100, -100}}) == of_ranks<std::int8_t>(2, {-56, 56}));
  // 1 + 2^-12 + 2^-12 + 2^-12: each sum rounded to f16 would stay 1, rounded once it is 1 + 2^-10.
  const auto small = al::trace_ranks<4>(
      [](auto a) { return al::cast<al::f32>(al::all_reduce<al::world<4>>(al::cast<al::f16>(a))); }, x<1, 1>);
  const float part = std::ldexp(1.0F, -12);
  CHECK(computed<float>(small, {{1}, {part}, {part}, {part}}) ==
        of_ranks<float>(4, {1 + std::ldexp(1.0F, -10)}));
}

TEST_CASE("a group's result is its members' alone, in the order of places") {
  const auto ranks = al::trace_ranks<4>([](auto a) { return al::all_gather<half>(a); }, x<1, 2>);
  CHECK(computed(ranks, four_rows) ==
        of_ranks<float>{{1, 2, 10, 20}, {1, 2, 10, 20}, {1000, 2000, 100, 200}, {1000, 2000, 100, 200}});
}

TEST_CASE("what each collective moves") {
  const auto all = [](auto function) { return al::trace_ranks<2>(function, x<2, 2>); };
  CHECK(computed(all([](auto a) { return al::reduce_scatter<al::world<2>>(a); }), two_rows) ==
        of_ranks<float>{{11, 22}, {33, 44}});
  CHECK(computed(all([](auto a) { return al::broadcast<al::world<2>, 1>(a); }), two_rows) ==
        of_ranks<float>(2, {10, 20, 30, 40}));
  CHECK(computed(all([](auto a) { return al::reduce<al::world<2>, 0>(a); }), two_rows)[0] ==
        std::vector<float>{11, 22, 33, 44});
  CHECK(computed(all([](auto a) { return al::all_to_all<al::world<2>>(a); }), two_rows) ==
        of_ranks<float>{{1, 2, 10, 20}, {3, 4, 30, 40}});
  CHECK(computed(all([](auto a) { return al::shard<al::world<2>, 1>(a); }), two_rows) ==
        of_ranks<float>{{1, 3}, {20, 40}});
}

TEST_CASE("all_to_all_v sends as many rows as it says") {
  const auto ranks = al::trace_each_rank<2>([](auto rank) {
    const auto exchange = [](auto a) {
      if constexpr (decltype(rank)::value == 0)
        return al::all_to_all_v<al::world<2>, al::rows<0, 2>, al::rows<0, 1>>(a);
      else
        return al::all_to_all_v<al::world<2>, al::rows<1, 1>, al::rows<2, 1>>(a);
    };
    return al::trace(exchange, x<2, 2>);
  });
  CHECK(computed(ranks, two_rows) == of_ranks<float>{{10, 20}, {1, 2, 3, 4, 30, 40}});
}

TEST_CASE("all_to_all_vc does the same from one matrix") {
  const auto ranks = al::trace_each_rank<2>([](auto rank) {
    return al::trace(
        [](auto a) {
          return al::all_to_all_vc<al::world<2>, decltype(rank)::value, al::rows<0, 2>, al::rows<1, 1>>(a);
        },
        x<2, 2>);
  });
  CHECK(computed(ranks, two_rows) == of_ranks<float>{{10, 20}, {1, 2, 3, 4, 30, 40}});
}

TEST_CASE("all_gather_v and reduce_scatter_v take shares of several sizes") {
  const auto gathered = al::trace_each_rank<2>([](auto rank) {
    constexpr int rows = decltype(rank)::value == 0 ? 1 : 2;
    return al::trace([](auto a) { return al::all_gather_v<al::world<2>, al::rows<1, 2>>(a); }, x<rows, 2>);
  });
  CHECK(computed<float>(gathered, {{1, 2}, {10, 20, 30, 40}}) == of_ranks<float>(2, {1, 2, 10, 20, 30, 40}));
  const auto scattered = al::trace_each_rank<2>([](auto rank) {
    return al::trace(
        [](auto a) { return al::reduce_scatter_v<al::world<2>, decltype(rank)::value, al::rows<2, 1>>(a); },
        x<3, 1>);
  });
  CHECK(computed<float>(scattered, {{1, 2, 3}, {10, 20, 30}}) == of_ranks<float>{{11, 22}, {33}});
}

TEST_CASE("products with a collective compute what both compute one after the other") {
  const auto all = [](auto function) {
    using work = decltype(function);
    return al::trace_ranks<2>([](auto a) { return al::cast<al::f32>(work{}(al::cast<al::f16>(a))); },
                              x<2, 2>);
  };
  // [1 2; 3 4]² = [7 10; 15 22], and a hundred times that on rank 1.
  CHECK(computed(all([](auto a) { return al::matmul_all_reduce<al::world<2>>(a, a); }), two_rows) ==
        of_ranks<float>(2, {707, 1010, 1515, 2222}));
  // Its own a is added on every rank: [1 2; 3 4] and [10 20; 30 40].
  CHECK(computed(all([](auto a) { return al::matmul_all_reduce<al::world<2>>(a, a, al::unfed, a); }),
                 two_rows) == of_ranks<float>(2, {718, 1032, 1548, 2266}));
  CHECK(computed(all([](auto a) { return al::matmul_reduce_scatter<al::world<2>>(a, a); }), two_rows) ==
        of_ranks<float>{{707, 1010}, {1515, 2222}});
  // [1 2; 3 4; 10 20; 30 40] · a, the rows of the other rank times this one's a.
  CHECK(computed(all([](auto a) { return al::all_gather_matmul<al::world<2>>(a, a).template get<0>(); }),
                 two_rows) ==
        of_ranks<float>{{7, 10, 15, 22, 70, 100, 150, 220}, {70, 100, 150, 220, 700, 1000, 1500, 2200}});
  CHECK(computed(all([](auto a) { return al::all_gather_matmul<al::world<2>>(a, a).template get<1>(); }),
                 two_rows) == of_ranks<float>(2, {1, 2, 3, 4, 10, 20, 30, 40}));
}

TEST_CASE("products with a collective round as a product and a collective do, bit for bit") {
  const auto result_of = [](auto function) {
    using work = decltype(function);
    const auto ranks = al::trace_ranks<4>(
        [](auto a) {
          auto rows = al::cast<al::bf16>(a);
          return al::cast<al::f32>(work{}(rows, al::tanh(rows), al::sum<0>(rows)));
        },
        x<8, 8>);
    of_ranks<float> inputs(4, std::vector<float>(64));
    for (std::size_t rank = 0; rank != 4; ++rank)
      for (std::size_t i = 0; i != 64; ++i)
        inputs[rank][i] = std::sin(static_cast<float>(64 * rank + i));  // of all magnitudes up to 1
    return computed(ranks, inputs);
  };
  CHECK(result_of([](auto a, auto w, auto b) {
          return al::matmul_all_reduce<al::world<4>, al::transposed::x2>(a, w, b);
        }) == result_of([](auto a, auto w, auto b) {
          return al::all_reduce<al::world<4>>(al::matmul_bias(a, w, b));
        }));
  CHECK(result_of([](auto a, auto w, auto b) {
          return al::matmul_reduce_scatter<al::world<4>, al::transposed::x2>(a, w, b);
        }) == result_of([](auto a, auto w, auto b) {
          return al::reduce_scatter<al::world<4>>(al::matmul_bias(a, w, b));
        }));
  CHECK(result_of([](auto a, auto w, auto b) {
          return al::all_gather_matmul<al::world<4>, al::transposed::x2>(a, w, b).template get<0>();
        }) == result_of([](auto a, auto w, auto b) {
          return al::matmul_bias(al::all_gather<al::world<4>>(a), w, b);
        }));
}

namespace {

/// Two ranks of two experts each; what they send and receive stands beside the numbers of the test.
template <class Work>
std::vector<al::model> dispatching(Work) {
  return al::trace_each_rank<2>([](auto rank) {
    constexpr bool first = decltype(rank)::value == 0;
    using sent = std::conditional_t<first, al::rows<0, 1, 2, 0>, al::rows<1, 1, 0, 0>>;
    using received = std::conditional_t<first, al::rows<0, 1, 1, 1>, al::rows<2, 0, 0, 0>>;
    return al::trace(
        [](auto a) {
          return al::cast<al::f32>(Work{}.template operator()<sent, received>(al::cast<al::f16>(a)));
        },
        x < first ? 3 : 2, 2 >);
  });
}
/// The first two rows of a rank are its two experts.
constexpr auto experts(auto a) {
  return al::reshape<2, 2, 1>(al::slice<0, 0, 2>(a));
}
const of_ranks<float> tokens{{1, 2, 3, 4, 5, 6}, {10, 20, 30, 40}};

}  // namespace

TEST_CASE("rows go to the experts of all ranks and are multiplied there") {
  // Rank 0: expert [1 2] gets [10 20], expert [3 4] gets its own [1 2] and [30 40] of rank 1.
  // Rank 1: expert [10 20] gets [3 4] and [5 6] of rank 0, expert [30 40] gets nothing.
  const of_ranks<float> products{{50, 11, 250}, {110, 170}};
  const auto plain = dispatching([]<class Sent, class Received>(auto a) {
    return al::all_to_all_v_grouped_matmul<al::world<2>, Sent, Received>(a, experts(a));
  });
  CHECK(computed(plain, tokens) == products);
  CHECK(computed(dispatching([]<class Sent, class Received>(auto a) {
                   return al::all_to_all_v_grouped_matmul<al::world<2>, Sent, Received, al::transposed::x2>(
                       a, al::reshape<2, 1, 2>(al::slice<0, 0, 2>(a)));
                 }),
                 tokens) == products);

  // What was received, in the order of the experts: models in files may ask for it.
  std::vector<al::graph> with_rows;
  for (const al::model& rank : plain) {
    al::graph& g = with_rows.emplace_back(rank.lowered());
    const int grouped = g.find("AlltoAllvGroupedMatMul");
    g.nodes[static_cast<std::size_t>(grouped)].attributes["permute_out_flag"].value = true;
    for (al::node& n : g.nodes)
      for (al::value_reference& input : n.inputs)
        if (input.node == grouped) input.output = 2;
    al::throw_first_error(al::infer(g));
  }
  CHECK(computed(with_rows, tokens) == of_ranks<float>{{10, 20, 1, 2, 30, 40}, {3, 4, 5, 6}});
}

TEST_CASE("beside the experts of each rank, the one that all have multiplies every rank's own rows") {
  const auto shared = [](auto which) {
    using output = decltype(which);
    return dispatching([]<class Sent, class Received>(auto a) {
      using al::transposed;
      return al::all_to_all_v_grouped_matmul<al::world<2>, Sent, Received, transposed::neither,
                                             transposed::x2>(a, experts(a), a, al::slice<0, 0, 1>(a))
          .template get<output::value>();
    });
  };
  CHECK(computed(shared(std::integral_constant<std::size_t, 0>{}), tokens) ==
        of_ranks<float>{{50, 11, 250}, {110, 170}});
  // Times [1 2] on rank 0, times [10 20] on rank 1.
  CHECK(computed(shared(std::integral_constant<std::size_t, 1>{}), tokens) ==
        of_ranks<float>{{5, 11, 17}, {500, 1100}});
}

TEST_CASE("a ring of sends, all of which come before the receives") {
  const auto ranks = al::trace_ranks<4>(
      [](auto a) {
        al::send<al::world<4>, [](int place) { return (place + 1) % 4; }>(a);
        return a +
               al::receive<al::world<4>, [](int place) { return (place + 3) % 4; }, al::f32, al::shape<1, 2>>(
                   a);
      },
      x<1, 2>);
  CHECK(computed(ranks, four_rows) == of_ranks<float>{{1001, 2002}, {11, 22}, {110, 220}, {1100, 2200}});
}

TEST_CASE("a rank that only sends") {
  const auto ranks = al::trace_each_rank<2>([](auto rank) {
    const auto stage = [](auto a) {
      if constexpr (decltype(rank)::value == 0) {
        al::send<al::world<2>, 1>(a);
        return al::outputs();
      } else
        return al::receive<al::world<2>, 0, al::f32, al::shape<1, 2>>(a) - a;
    };
    return al::trace(stage, x<1, 2>);
  });
  const al::host::rank_engines engines{ranks};
  std::vector<float> result(2);
  const auto verdicts = on_every_rank(2, [&](std::size_t rank) {
    const al::host::input_buffer input{four_rows[rank]};
    const al::host::output_buffer output{result};
    return engines[rank].make_context().run(0, std::span{&input, 1}, std::span{&output, rank == 0 ? 0U : 1U});
  });
  CHECK(verdicts[0].ok());
  CHECK(verdicts[1].ok());
  CHECK(result == std::vector<float>{-9, -18});
}

TEST_CASE("a collective is neither left out nor computed before running") {
  // Rank 1 does not use what it gathers, and what is reduced is a constant.
  const auto ranks = al::trace_each_rank<2>([](auto rank) {
    const auto work = [](auto a) {
      auto all = al::all_reduce<al::world<2>>(al::fill_like(a, 3));
      if constexpr (decltype(rank)::value == 0)
        return a + all;
      else
        return a;
    };
    return al::trace(work, x<1, 2>);
  });
  CHECK(computed<float>(ranks, {{1, 2}, {10, 20}}) == of_ranks<float>{{7, 8}, {10, 20}});
}

TEST_CASE("who runs by itself, or waits in vain, is told so") {
  const auto ranks = al::trace_ranks<2>([](auto a) { return al::all_reduce<al::world<2>>(a); }, x<1, 2>);
  CHECK_THROWS_WITH_AS(al::host::engine{ranks[0]}, doctest::Contains("HcomAllReduce meets other ranks"),
                       al::error);
  const al::host::rank_engines engines{ranks, {.patience = std::chrono::milliseconds{20}}};
  std::vector<float> out(2);
  const al::host::status alone = engines[0].make_context().run({}, four_rows[0], out);
  CHECK(alone.code() == al::host::status_code::rank_missing);
  CHECK(alone.message() ==
        "'HcomAllReduce' waited for another rank, which did not come in time. The outputs are not valid.");
  CHECK_THROWS_AS((al::host::rank_engines{
                      std::vector<al::model>{ranks[0], al::trace([](auto a) { return a; }, x<1, 2>)}}),
                  al::error);
}

TEST_CASE("ranks in different gears disagree, and in the same gear agree") {
  const auto ranks = al::trace_ranks<2>([](auto a) { return al::all_reduce<al::world<2>>(a); },
                                        al::input<batch.in<1, 2>, al::f32, batch>("x"));
  const al::host::rank_engines engines{ranks};
  of_ranks<float> out{{0}, {0, 0}};
  const of_ranks<float> in{{1}, {2, 3}};
  for (const al::host::status& verdict : on_every_rank(
           2, [&](std::size_t rank) { return engines[rank].make_context().run(rank, in[rank], out[rank]); }))
    CHECK(verdict.code() == al::host::status_code::ranks_disagree);
  of_ranks<float> same{{0, 0}, {0, 0}};
  for (const al::host::status& verdict : on_every_rank(
           2, [&](std::size_t rank) { return engines[rank].make_context().run(1, in[1], same[rank]); }))
    CHECK(verdict.ok());
  CHECK(same == of_ranks<float>(2, {4, 6}));
}

TEST_CASE("a thousand runs give the same bits") {
  const auto ranks = al::trace_ranks<4>(
      [](auto a) { return al::all_reduce<al::world<4>>(al::reduce_scatter<half>(al::all_gather<half>(a))); },
      x<1, 2>);
  const al::host::rank_engines engines{ranks};
  const of_ranks<float> in{{0.1F, 0.2F}, {0.3F, 0.4F}, {0.5F, 0.6F}, {0.7F, 0.8F}};
  of_ranks<float> first(4, std::vector<float>(2));
  std::atomic<int> differences = 0;
  const auto verdicts = on_every_rank(4, [&](std::size_t rank) {
    al::host::context context = engines[rank].make_context();
    al::host::status verdict = context.run({}, in[rank], first[rank]);
    std::vector<float> again(2);
    for (int run = 0; run != 1000 && verdict.ok(); ++run) {
      verdict = context.run({}, in[rank], again);
      differences += again != first[rank];
    }
    return verdict;
  });
  for (const al::host::status& verdict : verdicts) CHECK(verdict.ok());
  CHECK(differences == 0);
  CHECK(first[0] == first[3]);
}
