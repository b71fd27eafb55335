// Ranks described in one process: what each of them gets, and how they are held against each other.

#include <doctest/doctest.h>
#include <airloom/graph/graph.hpp>
#include <airloom/graph/ranks.hpp>
#include <airloom/model/trace_ranks.hpp>
#include <airloom/ops/collective_matmul.hpp>
#include <cstring>

namespace al = airloom;

inline constexpr struct batch final : al::axis<batch> {
} batch;

namespace {

constexpr al::group<0, 1> pair{"tp"};
constexpr al::group<0, 1> other_pair{"other"};
constexpr al::group<0, 1> low{"low"};
constexpr al::group<2, 3> high{"high"};
constexpr al::partition<low, high> half;

constexpr auto x = al::input<al::static_model, al::f32, 4>("x");

/// The first thing found, and that there is nothing else.
std::string found(const std::vector<al::model>& ranks) {
  const std::vector<al::diagnostic> diagnostics = al::check_ranks(ranks);
  for (const al::diagnostic& each : diagnostics) CHECK(each.code == al::error_code::ranks_disagree);
  return diagnostics.empty() ? "" : (diagnostics[0].is_error ? "" : "warning: ") + diagnostics[0].message;
}
std::string two(auto first, auto second) {
  return found({al::trace(first, x), al::trace(second, x)});
}
bool says(const std::string& message, std::initializer_list<std::string_view> words) {
  for (const std::string_view word : words)
    if (message.find(word) == std::string::npos) {
      MESSAGE(message);
      return false;
    }
  return true;
}
std::string line(unsigned number) {
  return std::string{"trace_ranks.cpp:"} + std::to_string(number);
}

float first_element(const al::graph& g, std::string_view parameter) {
  const auto* contents =
      g.nodes[static_cast<std::size_t>(g.find(parameter))].find("value")->get<al::tensor_contents>();
  float value = 0;
  std::memcpy(&value, contents->data.data, sizeof(value));
  return value;
}

struct scaled {
  al::parameter<al::f32, 4> by;
  constexpr auto operator()(auto a) const { return al::all_reduce<pair>(a * by); }
};

template <int Rank>
struct stage {
  constexpr auto operator()(auto a) const {
    if constexpr (Rank == 0) {
      al::send<al::world<2>, 1>(a);
      return al::outputs();
    } else
      return al::receive<al::world<2>, 0, al::f32, al::shape<4>>(a) + a;
  }
};

template <int Tag, class Shape, al::dtype Type = al::f32>
struct receiver {
  constexpr auto operator()(auto a) const { return al::receive<pair, 0, Type, Shape, Tag>(a); }
};

}  // namespace
BOOST_HANA_ADAPT_STRUCT(scaled, by);

TEST_CASE("one recording, and the weights of each rank") {
  const auto same = al::trace_ranks<2>(scaled{}, x, al::ones());
  CHECK(same.size() == 2);
  CHECK(first_element(same[1], "by") == 1);
  const auto own =
      al::trace_ranks<2>(scaled{}, x, [](int rank) { return rank == 0 ? al::ones() : al::filled(0); });
  CHECK(first_element(own[0], "by") == 1);
  CHECK(first_element(own[1], "by") == 0);
  CHECK(al::trace_ranks<3>([](auto a) { return a + a; }, x).size() == 3);
}

TEST_CASE("one trace a rank, which may be of different programs") {
  const auto ranks = al::trace_each_rank<2>([](auto rank) { return al::trace(stage<rank>{}, x); });
  CHECK(ranks[0].lowered().find("HcomSend") >= 0);
  CHECK(ranks[1].lowered().find("HcomReceive") >= 0);
  CHECK(found(ranks) == "");
}

TEST_CASE("a rank that a collective's description ends before is refused") {
  CHECK_THROWS_WITH_AS(
      static_cast<void>(al::trace_ranks<5>([](auto a) { return al::all_reduce<half>(a); }, x)),
      doctest::Contains("Rank 4 runs a HcomAllReduce that is described for ranks 0 to 3"), al::error);
}

TEST_CASE("ranks that meet") {
  CHECK(found(al::trace_ranks<4>([](auto a) { return al::all_gather<al::world<4>>(al::all_reduce<half>(a)); },
                                 x)) == "");
  CHECK(found(al::trace_ranks<2>(
            [](auto a) { return al::all_to_all_v<pair, al::rows<2, 2>, al::rows<2, 2>>(a); }, x)) == "");
  CHECK(found(al::trace_ranks<1>([](auto a) { return a + a; }, x)) == "");
}

TEST_CASE("a mismatch names both ranks and both lines") {
  const unsigned first = __LINE__ + 1;
  const auto sum = [](auto a) { return al::all_reduce<pair>(a); };
  const unsigned second = __LINE__ + 1;
  const auto max = [](auto a) { return al::all_reduce<pair, al::reduction::max>(a); };
  CHECK(says(two(sum, max), {"HcomAllReduce on rank 0", "HcomAllReduce on rank 1", line(first), line(second),
                             "tag=tp;rank_list=0,1", "different reductions: sum and max"}));
}

TEST_CASE("what has to be alike on all ranks") {
  const auto sum = [](auto a) { return al::all_reduce<pair>(a); };
  CHECK(says(two(sum, [](auto a) { return al::all_gather<pair>(a); }),
             {"different operators: HcomAllReduce and HcomAllGather"}));
  CHECK(says(two(sum, [](auto a) { return al::all_reduce<pair>(al::cast<al::f16>(a)); }),
             {"different tensors: f32 [4] and f16 [4]"}));
  CHECK(says(two(sum, [](auto a) { return al::all_reduce<pair>(al::slice<0, 0, 2>(a)); }),
             {"different tensors: f32 [4] and f32 [2]"}));
  CHECK(says(
      two([](auto a) { return al::broadcast<pair, 0>(a); }, [](auto a) { return al::broadcast<pair, 1>(a); }),
      {"different roots: 0 and 1"}));
  CHECK(says(two([](auto a) { return al::broadcast<pair, 0>(a); },
                 [](auto a) {
                   auto [b, c] = al::broadcast<pair, 0>(a, a);
                   return b + c;
                 }),
             {"different numbers of inputs: 1 and 2"}));
  CHECK(says(two([](auto a) { return al::all_gather_v<pair, al::rows<4, 4>>(a); },
                 [](auto a) { return al::all_gather_v<pair, al::rows<4, 3>>(a); }),
             {"different counts: [4, 4] and [4, 3]"}));
  CHECK(says(two([](auto a) { return al::all_gather_v<pair, al::rows<3, 4>>(a); },
                 [](auto a) { return al::all_gather_v<pair, al::rows<3, 4>>(a); }),
             {"rank 0", "says 4 rows for itself, but its counts say 3 for place 0"}));
  CHECK(says(two([](auto a) { return al::all_to_all_v<pair, al::rows<1, 3>, al::rows<1, 2>>(a); },
                 [](auto a) { return al::all_to_all_v<pair, al::rows<2, 2>, al::rows<2, 2>>(a); }),
             {"rank 0", "sends 3 elements to rank 1", "receives 2 from it"}));
  CHECK(says(two([](auto a) { return al::all_to_all_vc<pair, 0, al::rows<1, 3>, al::rows<2, 2>>(a); },
                 [](auto a) { return al::all_to_all_vc<pair, 0, al::rows<1, 3>, al::rows<2, 2>>(a); }),
             {"rank 1", "is described for place 0, but has place 1"}));
}

namespace {

/// Two experts of one row and two columns on each of two ranks.
template <class Sent, class Received>
struct dispatched {
  constexpr auto operator()(auto a) const {
    const auto numbers = al::cast<al::f16>(a);
    return al::all_to_all_v_grouped_matmul<pair, Sent, Received>(al::reshape<4, 1>(numbers),
                                                                 al::reshape<2, 1, 2>(numbers));
  }
};

}  // namespace

TEST_CASE("what is sent to an expert is what its rank receives for it") {
  using sent = al::rows<1, 1, 2, 0>;
  CHECK(two(dispatched<sent, al::rows<1, 1, 0, 1>>{},
            dispatched<al::rows<0, 1, 1, 2>, al::rows<2, 0, 1, 2>>{}) == "");
  CHECK(says(
      two(dispatched<sent, al::rows<1, 1, 0, 1>>{}, dispatched<al::rows<0, 1, 1, 2>, al::rows<1, 0, 1, 2>>{}),
      {"AlltoAllvGroupedMatMul on rank 0", "sends 2 rows for expert 0 to rank 1", "receives 1 from it"}));
  std::vector<al::graph> ranks(2, al::trace(dispatched<sent, sent>{}, x).lowered());
  for (al::graph& g : ranks)
    g.nodes[static_cast<std::size_t>(g.find("AlltoAllvGroupedMatMul"))].attributes["ep_world_size"].value =
        std::int64_t{4};
  CHECK(says(al::check_ranks(ranks).at(0).message, {"has ep_world_size 4", "has 2 ranks"}));
}

TEST_CASE("groups that do not hold") {
  const auto sum = [](auto a) { return al::all_reduce<half>(a); };
  CHECK(says(found(al::trace_ranks<3>(sum, x)),
             {"rank 2", "tag=high;rank_list=2,3", "the world has ranks 0 to 2"}));
  CHECK(says(found(al::trace_ranks<3>([](auto a) { return al::all_reduce<pair>(a); }, x)),
             {"rank 2", "tag=tp;rank_list=0,1", "of which it is no member"}));
  CHECK(says(found(al::trace_ranks<2>([](auto a) { return al::broadcast<pair, 2>(a); }, x)),
             {"root_rank 2", "has 2 ranks"}));
  CHECK(says(found(al::trace_ranks<2>(
                 [](auto a) {
                   al::send<pair, 0>(a);
                   return a;
                 },
                 x)),
             {"rank 0", "is its own peer"}));
  std::vector<al::graph> unknown(2, al::trace([](auto a) { return al::all_reduce<pair>(a); }, x).lowered());
  for (al::graph& g : unknown) {
    g.groups.clear();
    g.nodes[1].attributes["group"].value = std::string{"hccl_world_group"};
  }
  CHECK(al::check_ranks(unknown).at(0).message.find("whose ranks nobody says") != std::string::npos);
  for (const char* wrong :
       {"tag=a;rank_list=", "tag=a;rank_list=0,", "tag=a;rank_list=0,,1", "tag=a;rank_list=0,0",
        "tag=a;rank_list=-1", "tag=a;rank_list=0;1", "rank_list=0,1", "tag=a;rank_list=99999999999"}) {
    CAPTURE(wrong);
    unknown[0].nodes[1].attributes["group"].value = std::string{wrong};
    CHECK(al::groups_in_use(unknown)[0].ranks.empty());
  }
}

TEST_CASE("sends meet receives") {
  const auto send = [](auto a) {
    al::send<pair, 1, 7>(a);
    return a;
  };
  CHECK(two(send, receiver<7, al::shape<4>>{}) == "");
  CHECK(says(two(send, receiver<8, al::shape<4>>{}),
             {"HcomReceive on rank 1", "waits for rank 0 to send under tag 8"}));
  CHECK(says(two(send, receiver<7, al::shape<5>>{}), {"waits for f32 [5]", "sends f32 [4]"}));
  CHECK(says(two(send, receiver<7, al::shape<4>, al::f16>{}), {"waits for f16 [4]", "sends f32 [4]"}));
  CHECK(says(two(send, [](auto a) { return a + a; }),
             {"HcomSend on rank 0", "sends to rank 1 under tag 7, which does not receive it"}));
}

TEST_CASE("who waits for ever") {
  const auto tp_first = [](auto a) { return al::all_reduce<other_pair>(al::all_reduce<pair>(a)); };
  const auto other_first = [](auto a) { return al::all_reduce<pair>(al::all_reduce<other_pair>(a)); };
  CHECK(says(two(tp_first, other_first),
             {"HcomAllReduce on rank 0", "waits in the group", "tag=tp;rank_list=0,1",
              "HcomAllReduce on rank 1", "would wait for ever"}));
  CHECK(says(two(tp_first, [](auto a) { return al::all_reduce<pair>(a); }),
             {"tag=other;rank_list=0,1", "rank 1, which has no more collectives"}));
}

TEST_CASE("a ring in which all send first goes on only if sends do not wait") {
  const auto exchange = [](auto a) {
    al::send<pair, [](int place) { return 1 - place; }>(a);
    return al::receive<pair, [](int place) { return 1 - place; }, al::f32, al::shape<4>>(a);
  };
  CHECK(says(found(al::trace_ranks<2>(exchange, x)),
             {"warning: HcomSend on rank 0", "only if a send does not wait"}));
}

TEST_CASE("all ranks serve the same gears") {
  const auto sum = [](auto a) { return al::all_reduce<pair>(a); };
  const std::vector<al::model> ranks{al::trace(sum, al::input<batch.in<1, 2>, al::f32, batch>("x")),
                                     al::trace(sum, al::input<batch.in<1, 4>, al::f32, batch>("x"))};
  CHECK(says(found(ranks), {"Rank 1 serves other gears than rank 0"}));
}
