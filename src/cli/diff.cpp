#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <airloom/air/diff.hpp>
#include <airloom/air/load.hpp>
#include <nlohmann/json.hpp>

#include "output.hpp"
#include "verbs.hpp"

namespace airloom::cli {

namespace {

using air::difference;
using nlohmann::ordered_json;

struct diff_options {
  std::string left;
  std::string right;
  air::diff_options how;
  bool json = false;
};

std::string text_of(const std::vector<difference>& differences) {
  std::string text;
  for (const difference& found : differences) text += to_text(found) + "\n";
  return text + (differences.empty() ? "The same.\n"
                                     : fmt::format("Not the same: {} differences.\n", differences.size()));
}

ordered_json json_of(const std::optional<std::string>& text) {
  return text ? ordered_json{*text} : ordered_json{};
}

ordered_json json_of(const std::vector<difference>& differences) {
  ordered_json list = ordered_json::array();
  for (const difference& found : differences)
    list.push_back({{"graph", found.graph},
                    {"left_node", found.left_node},
                    {"right_node", found.right_node},
                    {"part", found.part},
                    {"left", json_of(found.left)},
                    {"right", json_of(found.right)}});
  return {{"same", differences.empty()}, {"differences", list}};
}

int diff(const diff_options& options) {
  const std::vector<difference> differences =
      air::diff(air::load(options.left), air::load(options.right), options.how);
  if (options.json)
    print_json(json_of(differences));
  else
    print_text(text_of(differences));
  return differences.empty() ? 0 : 1;
}

}  // namespace

void add_diff(CLI::App& program, int& exit_code) {
  const auto options = std::make_shared<diff_options>();
  CLI::App* verb =
      program.add_subcommand("diff", "Compare what two .air files mean; exit code 1 where they differ");
  verb->add_option("left", options->left, "One .air file; weights outside it are looked for beside it")
      ->required();
  verb->add_option("right", options->right, "The other one")->required();
  verb->add_flag("--structure", options->how.by_structure,
                 "Match operators by what they compute, not by their names");
  verb->add_flag("--json", options->json, "Print JSON");
  verb->footer("Example: airloom diff one.air other.air");
  verb->callback([options, &exit_code] { exit_code = diff(*options); });
}

}  // namespace airloom::cli
