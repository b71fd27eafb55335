#include <fmt/format.h>
#include <fmt/ranges.h>
#include <CLI/CLI.hpp>
#include <airloom/air/gears_file.hpp>
#include <airloom/air/load.hpp>
#include <airloom/air/summary.hpp>
#include <nlohmann/json.hpp>

#include "output.hpp"
#include "shapes.hpp"
#include "verbs.hpp"

namespace airloom::cli {

namespace {

using air::graph_summary;
using air::tensor_summary;
using nlohmann::ordered_json;

struct inspect_options {
  std::string model;
  bool attributes = false;
  bool json = false;
};

// --- for people ---

std::string text_of(const std::vector<tensor_summary>& tensors) {
  std::string text;
  for (const tensor_summary& tensor : tensors)
    text += fmt::format("  {} {}\n", tensor.name, text_of_tensor(tensor.type, tensor.shape));
  return text;
}

std::string text_of(const graph_summary& summary) {
  std::string text =
      fmt::format("graph {}, {}\ninputs\n{}outputs\n{}operators\n", summary.name,
                  summary.form == air::file_form::saved ? "in the form that GE saves (A)"
                                                        : "in the form that TorchAir hands to GE (P)",
                  text_of(summary.inputs), text_of(summary.outputs));
  for (const auto& [type, count] : summary.operators) text += fmt::format("  {:>5} {}\n", count, type);
  text += fmt::format("constants {}, {} bytes\n", summary.constants, summary.constant_bytes);
  for (const std::string& file : summary.weights_files) text += fmt::format("weights file {}\n", file);
  return text;
}

std::string text_of(const gear_set& gears) {
  if (gears.axes.empty()) return {};
  std::string text = "gears\n";
  for (std::size_t gear = 0; gear != gears.gears; ++gear) {
    std::vector<std::string> sizes;
    for (std::size_t axis = 0; axis != gears.axes.size(); ++axis)
      sizes.push_back(fmt::format("{} = {}", gears.axes[axis], gears.view().size(gear, axis)));
    text += fmt::format("  {}\n", fmt::join(sizes, ", "));
  }
  return text;
}

std::string text_of_nodes(const graph& g, bool with_attributes) {
  std::string text = "nodes\n";
  for (const node& n : g.nodes) {
    text += fmt::format("  {}\n", to_text(g, n));
    if (!with_attributes) continue;
    for (const auto& [name, value] : n.attributes) text += fmt::format("    {} = {}\n", name, to_text(value));
  }
  return text;
}

// --- as JSON ---

ordered_json json_of(const std::vector<tensor_summary>& tensors) {
  ordered_json list = ordered_json::array();
  for (const tensor_summary& tensor : tensors) {
    list.push_back({{"name", tensor.name}});
    list.back().update(json_of_tensor(tensor.type, tensor.shape));
  }
  return list;
}

ordered_json json_of(const graph& g, const node& n, bool with_attributes) {
  const auto name_at = [&](int index) { return g.nodes[static_cast<std::size_t>(index)].name; };
  ordered_json inputs = ordered_json::array(), controls = ordered_json::array(),
               outputs = ordered_json::array();
  for (const value_reference& input : n.inputs)
    inputs.push_back(input.node < 0 ? ordered_json{}
                                    : ordered_json{{"node", name_at(input.node)}, {"output", input.output}});
  for (const int control : n.controls) controls.push_back(name_at(control));
  for (const tensor_description& output : n.output_descriptions)
    outputs.push_back(json_of_tensor(output.type, output.shape));
  ordered_json result{
      {"name", n.name}, {"type", n.type}, {"inputs", inputs}, {"controls", controls}, {"outputs", outputs}};
  if (with_attributes) {
    result["attributes"] = ordered_json::object();
    for (const auto& [name, value] : n.attributes) result["attributes"][name] = to_text(value);
  }
  return result;
}

ordered_json json_of(const gear_set& gears) {
  ordered_json list = ordered_json::array();
  for (std::size_t gear = 0; gear != gears.gears && !gears.axes.empty(); ++gear) {
    list.push_back(ordered_json::object());
    for (std::size_t axis = 0; axis != gears.axes.size(); ++axis)
      list.back()[gears.axes[axis]] = gears.view().size(gear, axis);
  }
  return list;
}

ordered_json json_of(const graph& g, const graph_summary& summary, const gear_set& gears,
                     bool with_attributes) {
  ordered_json nodes = ordered_json::array();
  for (const node& n : g.nodes) nodes.push_back(json_of(g, n, with_attributes));
  return {{"graph", summary.name},
          {"form", summary.form == air::file_form::saved ? "A" : "P"},
          {"inputs", json_of(summary.inputs)},
          {"outputs", json_of(summary.outputs)},
          {"gears", json_of(gears)},
          {"operators", summary.operators},
          {"constants", {{"count", summary.constants}, {"bytes", summary.constant_bytes}}},
          {"weights_files", summary.weights_files},
          {"nodes", nodes}};
}

/// Element types and shapes as far as rules can follow them: what does not hold is the business of `check`.
void infer_what_can_be(graph& g) {
  try {
    static_cast<void>(infer(g));
  } catch (const error& broken) {
    if (broken.code() != error_code::graph_invalid) throw;
  }
}

/// What the file beside the model says; no axes where there is none.
gear_set gears_beside(const std::string& model) {
  const std::filesystem::path file = air::gears_file_of(model);
  return std::filesystem::exists(file) ? air::read_gears(file).gears : gear_set{};
}

int inspect(const inspect_options& options) {
  graph g = air::load(options.model, {.weights_folder = {}, .read_weights = false});
  infer_what_can_be(g);
  const graph_summary summary = air::summarise(g);
  const gear_set gears = gears_beside(options.model);
  if (options.json)
    print_json(json_of(g, summary, gears, options.attributes));
  else
    print_text(text_of(summary) + text_of(gears) + text_of_nodes(g, options.attributes));
  return 0;
}

}  // namespace

void add_inspect(CLI::App& program, int& exit_code) {
  const auto options = std::make_shared<inspect_options>();
  CLI::App* verb = program.add_subcommand("inspect", "Show what is in an .air file");
  verb->add_option("model", options->model, "The .air file; weights beside it are not read")->required();
  verb->add_flag("--attributes", options->attributes, "Show all attributes of every operator");
  verb->add_flag("--json", options->json, "Print JSON");
  verb->footer("Example: airloom inspect model.air");
  verb->callback([options, &exit_code] { exit_code = inspect(*options); });
}

}  // namespace airloom::cli
