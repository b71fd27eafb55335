#include <airloom/air/export.hpp>

#include <fmt/format.h>
#include <airloom/graph/graph.hpp>
#include <algorithm>

#include "air/export_folder.hpp"
#include "air/graph_files.hpp"
#include "air/manifest.hpp"
#include "air/sizes.hpp"
#include "text.hpp"

namespace airloom::air {

namespace {

namespace fs = std::filesystem;

bool is_fit_for_a_file(const std::string& name) {
  const auto is_unfit = [](char character) {
    return character == ':' || static_cast<unsigned char>(character) < 0x20 || character == 0x7F;
  };
  return !name.empty() && std::none_of(name.begin(), name.end(), is_unfit);
}

/// The last component of the name, which is all that TorchAir takes.
std::string model_name(const std::string& name) {
  const fs::path path{name};
  const bool leads_elsewhere =
      std::any_of(path.begin(), path.end(), [](const fs::path& part) { return part == "." || part == ".."; });
  const std::string last = path.filename().string();
  if (!leads_elsewhere && is_fit_for_a_file(last)) return last;
  throw error{
      error_code::usage, fmt::format("{} is no name for a model's file.", in_quotes(name)),
      "Choose a name without '..', ':' and control characters that does not end in '/'; the folder is "
      "chosen by 'path'."};
}

}  // namespace

std::vector<fs::path> export_model(const graph& model, const export_options& options) {
  const std::string name = model_name(options.name);
  check_target(options.target);
  const graph_files files{model, {name + ".air", ""}, options};
  export_folder folder{options.path};
  files.write_to(folder);
  const graph written = with_chosen_sizes(model, options.sizes);
  const manifest_model described{name + ".air", &written};
  write_manifest(folder, {&described, 1});
  return folder.commit();
}

}  // namespace airloom::air
