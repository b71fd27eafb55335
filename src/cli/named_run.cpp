#include "named_run.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <airloom/air/summary.hpp>
#include <algorithm>
#include <chrono>

namespace airloom::cli {

namespace {

using weights::named_array;

/// Every array feeds an input; which are missing is seen when they are bound.
void require_known_names(const air::graph_summary& summary, const std::vector<named_array>& arrays) {
  std::vector<std::string> names;
  for (const air::tensor_summary& input : summary.inputs) names.push_back(input.name);
  for (const named_array& array : arrays)
    if (std::ranges::find(names, array.name) == names.end())
      throw error{error_code::usage, fmt::format("The model has no input '{}'.", array.name),
                  fmt::format("Its inputs are: {}.", fmt::join(names, ", "))};
}

/// The arrays in the order of the graph's inputs, with the element types that these have.
std::vector<named_array> bind_inputs(const graph& g, const std::vector<named_array>& arrays) {
  const air::graph_summary summary = air::summarise(g);
  require_known_names(summary, arrays);
  std::vector<named_array> bound;
  for (const air::tensor_summary& input : summary.inputs) {
    const weights::array* given = weights::find(arrays, input.name);
    if (given == nullptr)
      throw error{error_code::usage, fmt::format("The input '{}' is missing.", input.name),
                  fmt::format("Give it with --input {}=FILE.npy or as a member of --inputs.", input.name)};
    bound.push_back({input.name, *given});
    dtype& type = bound.back().value.type;
    if (input.type == dtype::bf16 && type == dtype::u16) type = dtype::bf16;
    if (type != input.type)
      throw error{error_code::dtype_mismatch,
                  fmt::format("The input '{}' takes {} but is given {}.", input.name, name_of(input.type),
                              name_of(type)),
                  "Convert the array."};
  }
  return bound;
}

graph specialise_to(const graph& g, const std::vector<named_array>& inputs) {
  std::map<std::string, std::vector<std::int64_t>> shapes;
  for (const named_array& input : inputs) shapes[input.name] = input.value.shape;
  return specialise(g, shapes);
}

/// Buffers that an engine takes: inputs as copies, because in a file they lie at any alignment.
struct buffers {
  std::vector<blob> held;
  std::vector<host::input_buffer> inputs;
  std::vector<host::output_buffer> outputs;
  std::vector<named_array> results;
};

buffers make_buffers(const graph& g, const host::engine& engine, const std::vector<named_array>& inputs) {
  buffers made;
  for (const named_array& input : inputs) {
    made.held.push_back(blob::copy_of(input.value.bytes.span()));
    made.inputs.emplace_back(made.held.back().data, made.held.back().size, input.value.type);
  }
  for (const host::tensor_port& port : engine.outputs()) {
    const std::size_t bytes = port.bytes(0);
    const std::shared_ptr<std::byte[]> memory{new std::byte[bytes]};
    made.outputs.emplace_back(memory.get(), bytes, port.type);
    made.results.push_back({air::output_name(g, made.results.size()),
                            {port.type, port.shapes[0], {memory, memory.get(), bytes}}});
  }
  return made;
}

double milliseconds_of_one_call(host::context& context, const buffers& memory) {
  const auto before = std::chrono::steady_clock::now();
  const host::status status = context.run(0, memory.inputs, memory.outputs);
  const std::chrono::duration<double, std::milli> taken = std::chrono::steady_clock::now() - before;
  if (!status.ok())
    throw error{error_code::run_refused, fmt::format("The model did not run: {}", status.message()),
                "Change the values of the inputs."};
  return taken.count();
}

}  // namespace

named_run run_by_name(const graph& g, std::vector<named_array> inputs, const host::options& how, int calls) {
  inputs = bind_inputs(g, inputs);
  const graph special = specialise_to(g, inputs);
  const host::engine engine{special, how};
  host::context context = engine.make_context();
  buffers memory = make_buffers(g, engine, inputs);
  named_run result;
  for (int i = 0; i != calls; ++i) result.milliseconds.push_back(milliseconds_of_one_call(context, memory));
  result.outputs = std::move(memory.results);
  return result;
}

}  // namespace airloom::cli
