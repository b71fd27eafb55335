// One const engine, many threads, a context each.

#include <doctest/doctest.h>
#include <array>
#include <thread>

#include "host/geared_graph.hpp"

namespace al = airloom;

TEST_CASE("eight threads on one engine give, bit by bit, what one thread gives") {
  for (const auto kind : {al::host::kernels::fast, al::host::kernels::reference}) {
    const al::host::engine ready{test::geared_graph(), {kind}};
    std::vector<std::vector<std::vector<float>>> alone;
    al::host::context single = ready.make_context();
    for (std::size_t gear = 0; gear != ready.gears(); ++gear) {
      test::gear_buffers buffers{ready, gear};
      REQUIRE(single.run(gear, buffers.inputs, buffers.outputs).ok());
      alone.push_back(buffers.results);
    }

    std::array<bool, 8> right{};
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t != right.size(); ++t)
      threads.emplace_back([&ready, &alone, &right, t] {
        al::host::context runs = ready.make_context();
        bool all = true;
        for (std::size_t round = 0; round != 300; ++round) {
          const std::size_t gear = (t + round) % ready.gears();
          test::gear_buffers buffers{ready, gear};
          all = all && runs.run(gear, buffers.inputs, buffers.outputs).ok() && buffers.results == alone[gear];
        }
        right[t] = all;
      });
    for (std::thread& thread : threads) thread.join();
    for (const bool all : right) CHECK(all);
  }
}
