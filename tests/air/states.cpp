#include <airloom/air/states.hpp>

#include <doctest/doctest.h>

#include "support/graphs.hpp"

namespace {

using map = std::map<std::string, std::string>;

/// Two inputs, and both of them as the results.
airloom::graph two_results() {
  test::graph_builder builder;
  const int x = builder.input("x", airloom::f32, test::shape({2})),
            y = builder.input("y", airloom::f32, test::shape({2}));
  builder.node("NetOutput", {builder.node("Relu", {x}), builder.node("Neg", {y})}, {}, 0);
  return builder.g;
}

}  // namespace

// The words are those of the cases m_input_update_npu ("1,0") and m_two_inputs_updated ("0") of TorchAir's.
TEST_CASE("GE is told which output takes the memory of which input, and which have their own") {
  airloom::graph g = two_results();
  CHECK(airloom::air::memory_options(g) == map{{"ge.exec.outputReuseMemIndexes", "0,1"}});
  g.states = {{0, 1}};
  CHECK(airloom::air::memory_options(g) ==
        map{{"ge.exec.outputReuseInputMemIndexes", "1,0"}, {"ge.exec.outputReuseMemIndexes", "1"}});
  g.states = {{0, 1}, {1, 0}};
  CHECK(airloom::air::memory_options(g) == map{{"ge.exec.outputReuseInputMemIndexes", "1,0|0,1"}});
}
