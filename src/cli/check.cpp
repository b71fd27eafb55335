#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <airloom/air/load.hpp>
#include <airloom/graph/graph.hpp>
#include <nlohmann/json.hpp>

#include "output.hpp"
#include "verbs.hpp"

namespace airloom::cli {

namespace {

using nlohmann::ordered_json;

struct check_options {
  std::string model;
  bool json = false;
};

struct findings {
  std::vector<diagnostic> errors;
  std::vector<diagnostic> warnings;
  std::map<std::string, std::size_t> unknown_operators;  ///< how many nodes of each type
};

void sort_in(findings& found, std::vector<diagnostic> diagnostics) {
  for (diagnostic& d : diagnostics) (d.is_error ? found.errors : found.warnings).push_back(std::move(d));
}

findings examine(graph& g) {
  findings found;
  sort_in(found, verify(g));
  // Shape rules follow edges, so they run where edges lead somewhere.
  if (found.errors.empty()) sort_in(found, infer(g));
  for (const node& n : g.nodes)
    if (find_operator(n.type) == nullptr) ++found.unknown_operators[n.type];
  return found;
}

std::string text_of(const std::vector<diagnostic>& diagnostics, std::string_view kind) {
  std::string text;
  for (const diagnostic& d : diagnostics)
    text += fmt::format("{} [AL{}] {}{} {}\n", kind, static_cast<int>(d.code),
                        d.node.empty() ? "" : fmt::format("'{}': ", d.node), d.message, d.remedy);
  return text;
}

std::string text_of(const findings& found) {
  std::string text = text_of(found.errors, "error") + text_of(found.warnings, "warning");
  for (const auto& [type, count] : found.unknown_operators)
    text += fmt::format("unknown operator {}, {} of them\n", type, count);
  return text + fmt::format("{}: {} errors, {} warnings.\n", found.errors.empty() ? "Good" : "Not good",
                            found.errors.size(), found.warnings.size());
}

ordered_json json_of(const std::vector<diagnostic>& diagnostics) {
  ordered_json list = ordered_json::array();
  for (const diagnostic& d : diagnostics)
    list.push_back({{"code", fmt::format("AL{}", static_cast<int>(d.code))},
                    {"node", d.node},
                    {"happened", d.message},
                    {"remedy", d.remedy}});
  return list;
}

ordered_json json_of(const findings& found) {
  return {{"good", found.errors.empty()},
          {"errors", json_of(found.errors)},
          {"warnings", json_of(found.warnings)},
          {"unknown_operators", found.unknown_operators}};
}

int check(const check_options& options) {
  graph g = air::load(options.model);
  const findings found = examine(g);
  if (options.json)
    print_json(json_of(found));
  else
    print_text(text_of(found));
  return found.errors.empty() ? 0 : 1;
}

}  // namespace

void add_check(CLI::App& program, int& exit_code) {
  const auto options = std::make_shared<check_options>();
  CLI::App* verb = program.add_subcommand("check", "Verify an .air file: its graph, operators and shapes");
  verb->add_option("model", options->model, "The .air file; weights outside it are looked for beside it")
      ->required();
  verb->add_flag("--json", options->json, "Print JSON");
  verb->footer("Example: airloom check model.air");
  verb->callback([options, &exit_code] { exit_code = check(*options); });
}

}  // namespace airloom::cli
