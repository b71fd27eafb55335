#include <fmt/format.h>
#include <airloom/air/summary.hpp>
#include <airloom/weights/array.hpp>
#include <algorithm>

namespace airloom::air {

namespace {

bool has_port_names(const node& n) {
  const auto named = [](const tensor_description& description) { return !description.name.empty(); };
  return std::any_of(n.input_descriptions.begin(), n.input_descriptions.end(), named) ||
         std::any_of(n.output_descriptions.begin(), n.output_descriptions.end(), named);
}

file_form form_of(const graph& g) {
  return std::any_of(g.nodes.begin(), g.nodes.end(), has_port_names) ? file_form::handed : file_form::saved;
}

const tensor_description& description_of(const graph& g, const value_reference& value) {
  static const tensor_description unknown = [] {
    tensor_description description;
    description.shape = shape_value::of_unknown_rank();
    return description;
  }();
  if (value.node < 0) return unknown;
  const node& from = g.nodes[static_cast<std::size_t>(value.node)];
  const auto output = static_cast<std::size_t>(value.output);
  return output < from.output_descriptions.size() ? from.output_descriptions[output] : unknown;
}

std::uint64_t bytes_of(const tensor_description& description) {
  std::vector<std::int64_t> sizes;
  for (std::size_t i = 0; i != description.shape.rank; ++i)
    sizes.push_back(description.shape[i].is_constant() ? description.shape[i].constant() : -1);
  return weights::byte_count(description.type, sizes).value_or(0);
}

void add_constant(graph_summary& result, const graph& g, int index) {
  ++result.constants;
  result.constant_bytes += bytes_of(description_of(g, {index, 0}));
  for (const char* name : {"location", "file_path"})
    if (const attribute* found = g.nodes[static_cast<std::size_t>(index)].find(name))
      if (const auto* file = found->get<std::string>(); file != nullptr && !file->empty())
        result.weights_files.insert(*file);
}

}  // namespace

std::string output_name(const graph& g, std::size_t k) {
  return k < g.output_labels.size() ? g.output_labels[k] : fmt::format("out{}", k);
}

graph_summary summarise(const graph& g) {
  graph_summary result;
  result.name = g.name;
  result.form = form_of(g);
  for (const int input : g.inputs()) {
    const tensor_description& description = description_of(g, {input, 0});
    result.inputs.push_back(
        {g.nodes[static_cast<std::size_t>(input)].name, description.type, description.shape});
  }
  for (const value_reference& output : g.outputs()) {
    const tensor_description& description = description_of(g, output);
    result.outputs.push_back({output_name(g, result.outputs.size()), description.type, description.shape});
  }
  for (std::size_t i = 0; i != g.nodes.size(); ++i) {
    const std::string& type = g.nodes[i].type;
    ++result.operators[type];
    if (type == "Const" || type == "Constant" || type == "FileConstant")
      add_constant(result, g, static_cast<int>(i));
  }
  return result;
}

}  // namespace airloom::air
