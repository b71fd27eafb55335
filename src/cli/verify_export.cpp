#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <airloom/air/verify_export.hpp>
#include <nlohmann/json.hpp>

#include "output.hpp"
#include "verbs.hpp"

namespace airloom::cli {

namespace {

using air::export_finding;
using nlohmann::ordered_json;

struct verify_export_options {
  std::string folder;
  bool json = false;
};

std::string text_of(const std::vector<export_finding>& findings) {
  std::string text;
  for (const export_finding& found : findings)
    text += fmt::format("{}: {}. {}\n", found.path, name_of(found.what), found.detail);
  return text + (findings.empty() ? "Good: every file is what was exported.\n"
                                  : fmt::format("Not good: {} findings.\n", findings.size()));
}

ordered_json json_of(const std::vector<export_finding>& findings) {
  ordered_json list = ordered_json::array();
  for (const export_finding& found : findings)
    list.push_back({{"path", found.path}, {"what", name_of(found.what)}, {"detail", found.detail}});
  return {{"good", findings.empty()}, {"findings", list}};
}

int verify_export(const verify_export_options& options) {
  const std::vector<export_finding> findings = air::verify_export(options.folder);
  if (options.json)
    print_json(json_of(findings));
  else
    print_text(text_of(findings));
  return findings.empty() ? 0 : 1;
}

}  // namespace

void add_verify_export(CLI::App& program, int& exit_code) {
  const auto options = std::make_shared<verify_export_options>();
  CLI::App* verb =
      program.add_subcommand("verify-export", "Hold the folder of an export against its manifest");
  verb->add_option("folder", options->folder, "The folder, with its manifest.json")->required();
  verb->add_flag("--json", options->json, "Print JSON");
  verb->footer("Example: airloom verify-export export_file");
  verb->callback([options, &exit_code] { exit_code = verify_export(*options); });
}

}  // namespace airloom::cli
