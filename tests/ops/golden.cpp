// Every golden case of every operator that we have: shapes and element types as inferred, and every refusal.

#include "support/golden.hpp"

#include <doctest/doctest.h>
#include <airloom/graph/prototype.hpp>

#include "support/data.hpp"

using namespace airloom;

namespace {

/// The golden operators that have a prototype here, but for the graph's sources: nothing is inferred of
/// those.
std::vector<const prototype*> known_operators() {
  std::vector<const prototype*> known;
  for (const std::string& type : test::golden_operators())
    if (const operator_entry* entry = find_operator(type);
        entry != nullptr && entry->ir->memory != memory_trait::source)
      known.push_back(entry->ir);
  return known;
}

const node& operator_of(const graph& g) {
  return g.nodes[g.nodes.size() - 2];
}

std::vector<std::int64_t> sizes_of(const shape_value& shape) {
  std::vector<std::int64_t> sizes;
  for (std::size_t d = 0; d != shape.rank; ++d)
    sizes.push_back(shape[d].is_constant() ? shape[d].constant() : -1);
  return sizes;
}

bool refuses(const test::golden_case& golden, const prototype& ir) {
  try {
    graph g = test::golden_graph(golden, ir);
    return !infer(g).empty();
  } catch (const error& refused) {
    return refused.code() == error_code::rank_unsupported;
  }
}

}  // namespace

TEST_CASE("golden cases: shapes and element types") {
  std::size_t cases = 0;
  for (const prototype* ir : known_operators())
    for (const test::golden_case& golden : test::read_golden(*ir).cases) {
      CAPTURE(ir->type);
      CAPTURE(golden.name);
      graph g = test::golden_graph(golden, *ir);
      const std::vector<diagnostic> diagnostics = infer(g);
      if (!diagnostics.empty()) FAIL_CHECK(diagnostics[0].message);
      for (std::size_t i = 0; i != golden.outputs.size(); ++i) {
        CHECK(sizes_of(operator_of(g).output_descriptions[i].shape) == golden.outputs[i].shape);
        CHECK(operator_of(g).output_descriptions[i].type == golden.outputs[i].type);
      }
      ++cases;
    }
  CHECK(cases > 0);
}

TEST_CASE("golden cases: what has to be refused") {
  std::size_t cases = 0;
  for (const prototype* ir : known_operators())
    for (const test::golden_case& golden : test::read_golden(*ir).refused) {
      CAPTURE(ir->type);
      CAPTURE(golden.name);
      CAPTURE(golden.why);
      CHECK(refuses(golden, *ir));
      ++cases;
    }
  CHECK(cases > 0);
}
