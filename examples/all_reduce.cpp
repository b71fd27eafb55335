// all_reduce: one model on two cards, as TorchAir's documents show it: x + y + p1 + p2 on each, then the sum
// of both.

#include <airloom/air/export_ranks.hpp>
#include <airloom/airloom.hpp>
#include <airloom/host/ranks.hpp>
#include <airloom/model/trace_ranks.hpp>
#include <airloom/weights/array.hpp>
#include <thread>

#include "models/all_reduce.hpp"
#include "support.hpp"

namespace al = airloom;

namespace {

al::weights_source weights() {
  static constexpr std::array p1{1.1F, 1.1F, 1.1F, 1.1F}, p2{2.2F, 2.2F, 3.3F, 3.3F};
  const auto matrix = [](const std::array<float, 4>& numbers) {
    return al::weights::array{al::f32, {2, 2}, al::blob::copy_of(std::as_bytes(std::span{numbers}))};
  };
  return al::in_memory({{"p1", matrix(p1)}, {"p2", matrix(p2)}});
}

std::vector<al::model> traced() {
  return al::trace_ranks<2>(all_reduce::net{}, all_reduce::x, all_reduce::y, weights());
}

/// Runs both ranks on the host, each in a thread of its own, on inputs that are all ones.
std::array<std::array<float, 4>, 2> sums(const std::vector<al::model>& ranks) {
  const al::host::rank_engines engines{ranks};
  std::array<std::array<float, 4>, 2> out{};
  std::array<al::host::status, 2> verdicts;
  const auto run = [&](std::size_t rank) {
    const std::array<std::int32_t, 4> ones{1, 1, 1, 1};
    verdicts[rank] = engines[rank].make_context().run({}, {ones, ones}, {out[rank]});
  };
  std::thread first{run, 0U}, second{run, 1U};
  first.join();
  second.join();
  for (const al::host::status& verdict : verdicts) example::require(verdict);
  return out;
}

void show() {
  const std::vector<al::model> ranks = traced();
  std::cout << "Rank 0 of 2 as a graph of Ascend operators:\n\n" << al::to_text(ranks[0]) << '\n';
  const auto out = sums(ranks);
  for (std::size_t rank = 0; rank != 2; ++rank)
    std::cout << "rank " << rank << ": x = y = ones gives [" << out[rank][0] << ' ' << out[rank][1] << "; "
              << out[rank][2] << ' ' << out[rank][3] << "]\n";
  std::cout
      << "Both ranks add up 1 + 1 + 1.1 + 2.2 = 5.3 and 1 + 1 + 1.1 + 3.3 = 6.4.\n\n"
      << "--export DIR writes what TorchAir's dynamo_export would on both cards: DIR/mp_rank0.air, "
         "DIR/mp_rank1.air,\nDIR/rank_0/dynamo.pbtxt, DIR/rank_1/dynamo.pbtxt and the two JSON files.\n";
}

void export_to(const std::string& folder) {
  for (const std::filesystem::path& file :
       al::air::export_ranks(traced(), {.model = {.path = folder, .name = "mp_rank", .module_stack = true},
                                       .deploy = {.write_files = true}}))
    std::cout << file.string() << '\n';
}

}  // namespace

int main(int argc, char** argv) {
  return example::main(argc, argv, "all_reduce: one model on two cards, and the sum of what both compute.",
                       show, export_to);
}
