#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <airloom/air/convert.hpp>
#include <airloom/air/load.hpp>
#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "output.hpp"
#include "verbs.hpp"

namespace airloom::cli {

namespace {

using air::file_kind;

const std::map<std::string, file_kind> kinds{{"air", file_kind::air},
                                             {"dynamo", file_kind::dynamo},
                                             {"ge", file_kind::ge_text},
                                             {"onnx", file_kind::onnx_text},
                                             {"dot", file_kind::dot}};

struct convert_options {
  std::string model;
  std::string output;
  std::string kind;
  bool without_contents = false;
  bool json = false;
};

file_kind chosen_kind(const convert_options& options) {
  if (!options.kind.empty()) return kinds.at(options.kind);
  if (const auto kind = air::kind_of_file(options.output)) return *kind;
  throw error{error_code::usage,
              fmt::format("The name '{}' does not say what kind of file to write.", options.output),
              "End it in .air, .txt, .pbtxt, .onnx.pbtxt or .dot, or say --to."};
}

std::string name_of(file_kind kind) {
  return std::find_if(kinds.begin(), kinds.end(), [kind](const auto& entry) { return entry.second == kind; })
      ->first;
}

int convert(const convert_options& options) {
  const file_kind kind = chosen_kind(options);
  // Weights in files of their own stay there, so they need not be read.
  const graph g = air::load(options.model, {.weights_folder = {}, .read_weights = false});
  air::convert(g, kind, options.output, {.with_contents = !options.without_contents});
  if (options.json)
    print_json({{"file", options.output}, {"kind", name_of(kind)}});
  else
    print_text(fmt::format("{}\n", options.output));
  return 0;
}

}  // namespace

void add_convert(CLI::App& program, int& exit_code) {
  const auto options = std::make_shared<convert_options>();
  CLI::App* verb =
      program.add_subcommand("convert", "Write an .air file as text, for Netron or for Graphviz");
  verb->add_option("model", options->model, "The .air file, or its text form as GE and TorchAir dump it")
      ->required();
  verb->add_option("output", options->output, "The file to write; its ending says what")->required();
  verb->add_option("--to", options->kind,
                   "What to write: air, dynamo (dynamo.pbtxt), ge (GE's text), onnx, dot")
      ->check(CLI::IsMember({"air", "dynamo", "ge", "onnx", "dot"}));
  verb->add_flag("--without-contents", options->without_contents,
                 "Leave the contents of constants out of texts");
  verb->add_flag("--json", options->json, "Print JSON");
  verb->footer("Example: airloom convert model.air model.dot");
  verb->callback([options, &exit_code] { exit_code = convert(*options); });
}

}  // namespace airloom::cli
