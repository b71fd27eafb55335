#include "air/exported_form.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>

#include "air/formats.hpp"

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

void describe_as(const tensor_description& source, tensor_description& description) {
  if (is_fixed(description)) return;
  description.type = source.type;
  description.shape = source.shape;
  description.layout = source.layout;
  description.device_type = source.device_type;
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

std::string path_text(std::string_view path) {
  std::vector<std::string> names;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('.', begin), path.size());
    names.emplace_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  const auto is_number = [](const std::string& name) {
    return !name.empty() && name.find_first_not_of("0123456789") == std::string::npos;
  };
  std::string text = "L['self']";
  for (std::size_t i = 0; i != names.size(); ++i) {
    const bool in_list = is_number(names[i]) || (i + 1 != names.size() && is_number(names[i + 1]));
    text += in_list ? fmt::format("._modules['{}']", names[i]) : "." + names[i];
  }
  return text;
}

}  // namespace

graph exported_form(graph g) {
  const auto is_result = [](const node& n) { return n.type == "NetOutput"; };
  for (node& n : g.nodes)
    if (is_result(n)) describe_inputs(g, n);  // while every output still has its shape
  for (node& n : g.nodes) {
    if (is_data(n)) describe_data(n);
    if (!has_shape_of_its_own(n)) describe_outputs(n);
  }
  for (node& n : g.nodes)
    if (!is_data(n) && !is_result(n)) describe_inputs(g, n);
  // Last: who takes a weight is told what it is, wherever it lies.
  for (node& n : g.nodes)
    if (is_file_constant(n)) describe_file_constant(n);
  return g;
}

std::string module_stack_text(const std::vector<module_frame>& modules) {
  std::vector<std::string> entries;
  for (const module_frame& frame : modules)
    entries.push_back(
        fmt::format("'{}': (\"{}\", <class '{}'>)", frame.path, path_text(frame.path), frame.class_name));
  return fmt::format("{{{}}}", fmt::join(entries, ", "));
}

}  // namespace airloom::air
