#include "air/exported_form.hpp"

#include "air/formats.hpp"
#include "air/origin.hpp"

namespace airloom::air {

namespace {

bool is_data(const node& n) {
  return n.type == "Data" || n.type == "RefData";
}
bool is_file_constant(const node& n) {
  return n.type == "FileConstant";
}
bool has_shape_of_its_own(const node& n) {
  return is_data(n) || is_file_constant(n) || n.type == "Const" || n.type == "Constant";
}

/// A file said what the shape originally was; another one would contradict it.
bool is_fixed(const tensor_description& description) {
  return description.attributes.contains("origin_shape_initialized");
}

void describe_data(node& n) {
  if (n.output_descriptions.empty()) return;
  if (n.input_descriptions.empty()) {
    n.inputs = {value_reference{}};
    n.input_names = {"x"};
    n.input_descriptions = {n.output_descriptions[0]};
  }
  for (auto* side : {&n.input_descriptions, &n.output_descriptions})
    for (tensor_description& description : *side)
      if (description.device_type.empty()) description.device_type = "NPU";
}

void describe_outputs(node& n) {
  for (tensor_description& description : n.output_descriptions)
    if (!is_fixed(description)) description.shape = {};
}

void describe_file_constant(node& n) {
  for (tensor_description& description : n.output_descriptions) {
    if (is_fixed(description)) continue;
    description.shape = {};
    description.type = dtype::f32;
  }
}

void mark_unfed(tensor_description& description) {
  description.type = dtype::undefined;
  description.shape = {};
  description.layout = reserved_format;
  description.attributes["_is_unfed_optional"].value = std::int64_t{1};
}

/// What others wait for and nothing reads, GE is told to keep, as TorchAir tells it of HcomSend
/// (Ascend/torchair, auto_generated_ge_raw_ops.py).
void keep(node& n) {
  if (n.definition == nullptr) return;
  const prototype& ir = *n.definition->ir;
  if (ir.is_kept && ir.output_count == 0) n.attributes.try_emplace("_force_skip_prune", attribute{true});
}

/// The layout stays the operator's own: what a convolution reads is NCHW, whoever made it.
void describe_as(const tensor_description& source, tensor_description& description) {
  if (is_fixed(description)) return;
  description.type = source.type;
  description.shape = source.shape;
  description.device_type = source.device_type;
  const auto name = source.attributes.find(tensor_name_attribute);
  if (name != source.attributes.end()) description.attributes.insert(*name);
}

void describe_inputs(const graph& g, node& n) {
  n.input_descriptions.resize(n.inputs.size());
  for (std::size_t i = 0; i != n.inputs.size(); ++i) {
    const value_reference source = n.inputs[i];
    if (source.node < 0)
      mark_unfed(n.input_descriptions[i]);
    else
      describe_as(g.nodes[static_cast<std::size_t>(source.node)]
                      .output_descriptions[static_cast<std::size_t>(source.output)],
                  n.input_descriptions[i]);
  }
}

}  // namespace

graph exported_form(graph g) {
  const auto is_result = [](const node& n) { return n.type == "NetOutput"; };
  constexpr std::int64_t on_the_npu = 1;  // 0 is the CPU, where PyTorch has no device
  name_tensors(g);
  g.attributes.try_emplace("_executor_type", attribute{on_the_npu});
  for (node& n : g.nodes)
    if (is_result(n)) describe_inputs(g, n);  // while every output still has its shape
  for (node& n : g.nodes) {
    if (is_data(n)) describe_data(n);
    if (!has_shape_of_its_own(n)) describe_outputs(n);
    keep(n);
  }
  for (node& n : g.nodes)
    if (!is_data(n) && !is_result(n)) describe_inputs(g, n);
  // Last: who takes a weight is told what it is, wherever it lies.
  for (node& n : g.nodes)
    if (is_file_constant(n)) describe_file_constant(n);
  return g;
}

}  // namespace airloom::air
