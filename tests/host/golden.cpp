// Every golden case of every operator that has a prototype, through the engine: with all operands from the
// caller, with constant weights, and with everything folded before running.

#include "support/golden.hpp"

#include <doctest/doctest.h>
#include <airloom/host/engine.hpp>

#include "support/data.hpp"

namespace al = airloom;
using al::host::kernels;

namespace {

/// Which inputs the caller gives; the others are constants.
enum class given { all, first, none };

/// The golden graph with all outputs of the operator as results, and these inputs as constants.
al::graph graph_of(const test::golden_case& golden, const al::prototype& ir, given inputs) {
  al::graph g = test::golden_graph(golden, ir);
  const int node = static_cast<int>(g.nodes.size()) - 2;
  al::node& results = g.nodes.back();
  for (std::size_t o = 1; o < golden.outputs.size(); ++o) {
    results.inputs.push_back({node, static_cast<int>(o)});
    results.input_names.emplace_back();
    results.input_descriptions.emplace_back();
  }
  for (std::size_t i = 0; i != golden.inputs.size(); ++i) {
    const int at = g.find(golden.inputs[i].name);
    if (at < 0 || inputs == given::all || (inputs == given::first && i == 0)) continue;
    al::node& data = g.nodes[static_cast<std::size_t>(at)];
    if (data.type != "Data") continue;
    data.type = "Const";
    data.definition = nullptr;
    data.attributes = {{"value", {al::tensor_contents{data.output_descriptions[0], *golden.inputs[i].data}}}};
    data.inputs.clear();
    data.input_names.clear();
    data.input_descriptions.clear();
  }
  return g;
}

/// The bytes of an array where they are aligned for every type.
std::vector<std::max_align_t> aligned(const al::blob& bytes) {
  std::vector<std::max_align_t> copy(bytes.size / sizeof(std::max_align_t) + 1);
  if (bytes.size != 0) std::memcpy(copy.data(), bytes.data, bytes.size);
  return copy;
}

void run_case(const test::golden_case& golden, const al::prototype& ir, given inputs, kernels kind) {
  const al::host::engine ready{graph_of(golden, ir, inputs), {kind}};
  std::vector<std::vector<std::max_align_t>> memory;
  std::vector<al::host::input_buffer> in;
  for (const al::host::tensor_port& port : ready.inputs())
    for (const test::golden_input& input : golden.inputs)
      if (input.name == port.name) {
        memory.push_back(aligned(*input.data));
        in.emplace_back(memory.back().data(), input.data->size, input.type);
      }
  std::vector<al::host::output_buffer> out;
  for (const al::host::tensor_port& port : ready.outputs()) {
    memory.emplace_back(port.bytes(0) / sizeof(std::max_align_t) + 1);
    out.emplace_back(memory.back().data(), port.bytes(0), port.type);
  }
  const al::host::status verdict = ready.make_context().run({}, in, out);
  if (!verdict.ok()) {
    FAIL_CHECK(verdict.message());
    return;
  }
  for (std::size_t o = 0; o != out.size(); ++o)
    if (golden.outputs[o].want) {
      const std::string wrong =
          test::difference(golden.outputs[o], {static_cast<const std::byte*>(out[o].data), out[o].bytes});
      if (!wrong.empty()) FAIL_CHECK(wrong);
    }
}

}  // namespace

TEST_CASE("golden cases: values") {
  std::size_t cases = 0;
  for (const std::string& type : test::golden_operators()) {
    const al::operator_entry* const entry = al::find_operator(type);
    if (entry == nullptr || type == "Const") continue;
    for (const test::golden_case& golden : test::read_golden(*entry->ir).cases)
      for (const given inputs : {given::all, given::first, given::none})
        for (const kernels kind : {kernels::reference, kernels::fast}) {
          CAPTURE(type);
          CAPTURE(golden.name);
          CAPTURE(static_cast<int>(inputs));
          CAPTURE(static_cast<int>(kind));
          CHECK_NOTHROW(run_case(golden, *entry->ir, inputs, kind));
          ++cases;
        }
  }
  CHECK(cases > 0);
}
