#include <fmt/format.h>
#include <fmt/ranges.h>
#include <airloom/graph/graph.hpp>

#include "graph/extent_text.hpp"
#include "graph/words.hpp"

namespace airloom {

namespace {

std::string text_of_contents(const tensor_contents& contents) {
  return fmt::format("<{} bytes>", contents.data.size);
}

/// The value of an attribute for people; long and nested ones by their kind.
struct attribute_text {
  std::string operator()(std::monostate) const { return "unset"; }
  std::string operator()(std::int64_t value) const { return std::to_string(value); }
  std::string operator()(float value) const { return fmt::format("{}", value); }
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(const std::string& value) const { return fmt::format("\"{}\"", value); }
  std::string operator()(dtype value) const { return std::string{name_of(value)}; }
  std::string operator()(const tensor_contents& value) const { return text_of_contents(value); }
  std::string operator()(const std::vector<std::int64_t>& value) const {
    return fmt::format("[{}]", fmt::join(value, ", "));
  }
  std::string operator()(const std::vector<float>& value) const {
    return fmt::format("[{}]", fmt::join(value, ", "));
  }
  std::string operator()(const std::vector<std::string>& value) const {
    return fmt::format("[{}]", fmt::join(value, ", "));
  }
  std::string operator()(const raw_bytes& value) const {
    return fmt::format("<{} bytes>", value.bytes.size());
  }
  std::string operator()(const opaque_attribute& value) const {
    return fmt::format("<{} bytes, kept>", value.message.size());
  }
  template <class Other>
  std::string operator()(const Other&) const {
    return "<…>";
  }
};

/// What a reader of the graph wants to see of a node's attributes: none that only keep books.
std::string text_of_attributes(const node& n) {
  std::vector<std::string> texts;
  for (const auto& [name, value] : n.attributes)
    if (!name.starts_with('_') && name != "nn_module_stack")
      texts.push_back(fmt::format("{}={}", name, to_text(value)));
  return texts.empty() ? "" : fmt::format(" {{{}}}", fmt::join(texts, ", "));
}

std::string text_of_reference(const graph& g, const value_reference& reference) {
  if (reference.node < 0) return "-";
  const node& from = g.nodes[static_cast<std::size_t>(reference.node)];
  return from.output_descriptions.size() == 1 ? from.name : fmt::format("{}:{}", from.name, reference.output);
}

std::string text_of_gears(const gear_set& gears) {
  std::vector<std::string> rows;
  for (std::size_t gear = 0; gear != gears.gears; ++gear)
    rows.push_back(fmt::format("({})", words_of_gear(gears, gear)));
  return fmt::format("gears {}: {}\n", gears.gears, fmt::join(rows, " "));
}

}  // namespace

std::string to_text(const shape_value& shape, const gear_set& gears) {
  if (!shape.rank_known) return "[?]";
  std::vector<std::string> dims;
  for (std::size_t i = 0; i != shape.rank; ++i) dims.push_back(text_of_extent(shape[i], gears));
  return fmt::format("[{}]", fmt::join(dims, ", "));
}

std::string to_text(const attribute& value) {
  return std::visit(attribute_text{}, value.value);
}

std::string to_text(const graph& g, const node& n) {
  std::vector<std::string> operands, results;
  for (const value_reference& input : n.inputs) operands.push_back(text_of_reference(g, input));
  for (const int control : n.controls)
    operands.push_back("^" + g.nodes[static_cast<std::size_t>(control)].name);
  for (const tensor_description& output : n.output_descriptions)
    results.push_back(fmt::format("{}{}", name_of(output.type), to_text(output.shape, g.gears)));
  std::string text =
      fmt::format("{} = {}({}){}", n.name, n.type, fmt::join(operands, ", "), text_of_attributes(n));
  if (!results.empty()) text += fmt::format(" : {}", fmt::join(results, ", "));
  return text;
}

std::string to_text(const graph& g) {
  std::string text = fmt::format("graph {}: {} nodes\n", g.name, g.nodes.size());
  if (!g.gears.axes.empty()) text += text_of_gears(g.gears);
  for (const node& n : g.nodes) text += "  " + to_text(g, n) + "\n";
  return text;
}

}  // namespace airloom
