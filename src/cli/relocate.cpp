#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <airloom/air/relocate.hpp>
#include <nlohmann/json.hpp>

#include "output.hpp"
#include "verbs.hpp"

namespace airloom::cli {

namespace {

using nlohmann::ordered_json;

struct relocate_words {
  std::string model;
  std::optional<std::string> to;
  std::string weights;
  bool json = false;
};

void print(const std::vector<air::relocated_weight>& weights) {
  std::string text;
  for (const air::relocated_weight& w : weights)
    text += w.from == w.to ? fmt::format("{}: {}, as before\n", w.node, w.to)
                           : fmt::format("{}: {}, was {}\n", w.node, w.to, w.from);
  print_text(weights.empty() ? "No weight of the model lies in a file of its own.\n" : text);
}

ordered_json json_of(const std::vector<air::relocated_weight>& weights) {
  ordered_json list = ordered_json::array();
  for (const air::relocated_weight& w : weights)
    list.push_back({{"node", w.node}, {"from", w.from}, {"to", w.to}});
  return {{"weights", list}};
}

void relocate(const relocate_words& words) {
  air::relocate_options options{.to = {}, .weights = words.weights};
  if (words.to) options.to = *words.to;
  const std::vector<air::relocated_weight> weights = air::relocate(words.model, options);
  if (words.json)
    print_json(json_of(weights));
  else
    print(weights);
}

}  // namespace

void add_relocate(CLI::App& program, int&) {
  const auto words = std::make_shared<relocate_words>();
  CLI::App* verb =
      program.add_subcommand("relocate", "Rewrite where an .air file says that its weights' files are");
  verb->add_option("model", words->model, "The .air file, which is replaced")->required();
  verb->add_option(
      "--to", words->to,
      "The folder of the weights, as the model is to name it; not given: paths relative to the model");
  verb->add_option("--weights", words->weights,
                   "Where the weights' files are now; not given: in the folder of --to, or beside the model");
  verb->add_flag("--json", words->json, "Print JSON");
  verb->footer(
      "Example: airloom relocate export_file/export.air --to /opt/models/export_file --weights export_file");
  verb->callback([words] { relocate(*words); });
}

}  // namespace airloom::cli
