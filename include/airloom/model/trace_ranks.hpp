#pragma once
// A model on every rank of a world: one graph a rank.
//
// Where the ranks run one program, al::trace_ranks<4>(module, inputs…, weights) records it once; what differs
// from rank to rank (a partition's group, a peer, the share that al::shard takes, the weights) is resolved
// for each. Where they run different programs, al::trace_each_rank<4>(maker) traces one for each rank.

#include <airloom/model/trace.hpp>
#include <type_traits>

namespace airloom {

/// The models of ranks 0 to Ranks - 1 from one recording of `module(inputs…)`. The last argument may be the
/// weights: one source for all ranks, or a function of the rank that gives its source. The weights may be
/// left out, as with trace().
///   auto models = al::trace_ranks<2>(net{}, al::input<al::static_model, al::f32, 8, 64>("x"), [](int rank) {
///     return al::safetensors("net." + std::to_string(rank) + ".safetensors");
///   });
/// Throws    graph_invalid where a rank runs a collective whose groups end before it; as trace() for weights.
template <int Ranks, class Module, class... Arguments>
std::vector<model> trace_ranks(const Module& module, const Arguments&... arguments) {
  static_assert(Ranks > 0, "a world has at least one rank");
  const std::tuple<const Arguments&...> all{arguments...};
  constexpr std::size_t before_last = sizeof...(Arguments) - 1;
  using last = std::remove_cvref_t<std::tuple_element_t<before_last, std::tuple<const Arguments&...>>>;
  constexpr bool one_source = std::is_same_v<last, weights_source>;
  constexpr bool source_of_rank = std::is_invocable_r_v<weights_source, const last&, int>;
  const auto record = [&]<std::size_t... I>(std::index_sequence<I...>) {
    return record_model(module, std::get<I>(all)...);
  };
  const tape recorded = record(
      std::make_index_sequence < one_source || source_of_rank ? before_last : sizeof...(Arguments) > {});
  std::vector<model> models;
  for (int rank = 0; rank != Ranks; ++rank)
    if constexpr (one_source)
      models.push_back(make_model(recorded, std::get<before_last>(all), rank));
    else if constexpr (source_of_rank)
      models.push_back(make_model(recorded, std::get<before_last>(all)(rank), rank));
    else
      models.push_back(make_model(recorded, rank));
  return models;
}

/// The models of ranks 0 to Ranks - 1, each traced by itself: `maker` is given the rank as a constant that
/// may be a template argument, and returns the rank's model.
///   auto models = al::trace_each_rank<2>([](auto rank) { return al::trace(stage<rank>{}, inputs…); });
template <int Ranks, class Maker>
std::vector<model> trace_each_rank(const Maker& maker) {
  static_assert(Ranks > 0, "a world has at least one rank");
  std::vector<model> models;
  [&]<int... Rank>(std::integer_sequence<int, Rank...>) {
    (models.push_back(maker(std::integral_constant<int, Rank>{})), ...);
  }(std::make_integer_sequence<int, Ranks>{});
  return models;
}

}  // namespace airloom
