#pragma once
// The ranks of a world in one process: an engine a rank, whose collectives meet. Each rank runs in a thread
// of its own.
//
//   const al::host::rank_engines engines{ranks};
//   std::vector<std::jthread> threads;
//   for (std::size_t rank = 0; rank != engines.size(); ++rank)
//     threads.emplace_back([&, rank] { statuses[rank] = engines[rank].make_context().run({}, in[rank],
//     out[rank]); });
//
// It computes what many cards would, to check a model before there are cards; it is no way to go faster.

#include <airloom/graph/ranks.hpp>
#include <airloom/host/engine.hpp>
#include <chrono>

namespace airloom::host {

struct rank_options {
  kernels use = kernels::fast;
  /// How long a rank waits for the others before its run returns rank_missing. After that the world is over:
  /// make its engines anew.
  std::chrono::milliseconds patience{60'000};
};

/// The engines of all ranks. A run allocates nothing; a collective waits, holding a lock for a moment, until
/// all ranks of its group have come. All ranks run in one gear, and no rank twice at once. Ranks are reduced
/// in the order of their places, so every rank gets the same bits in every run.
class AIRLOOM_API rank_engines {
 public:
  /// Throws   ranks_disagree with the first thing that check_ranks() finds; as engine for each rank.
  explicit rank_engines(const rank_graphs& ranks, const rank_options& how = {});

  std::size_t size() const noexcept { return engines_.size(); }
  const engine& operator[](std::size_t rank) const { return engines_[rank]; }

 private:
  std::vector<engine> engines_;
};

}  // namespace airloom::host
