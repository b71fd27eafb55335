// Uses what is in headers alone, what is in the library, and an exception that crosses from the library to
// here.
#include <airloom/graph/graph.hpp>
#include <airloom/shape/gears.hpp>

#include <iostream>

namespace al = airloom;
inline constexpr struct batch final : al::axis<batch> {
} batch;
constexpr auto traffic = al::product(batch.in<1, 4>);

int main() {
  al::graph graph;
  graph.nodes.push_back({.name = "x", .type = "Data"});
  graph.nodes.push_back({.name = "y", .type = "Relu", .inputs = {{.node = 1}}});
  try {
    al::topological_order(graph);
  } catch (const al::error& error) {
    std::cout << al::to_text(graph) << error.what() << '\n';
    return error.code() == al::error_code::graph_invalid ? 0 : 1;
  }
  return 1;
}
