#include <airloom/air/relocate.hpp>

#include <airloom/air/load.hpp>
#include <airloom/air/save.hpp>
#include <algorithm>

#include "air/external_weights.hpp"

namespace airloom::air {

namespace {

namespace fs = std::filesystem;

fs::path folder_of(const fs::path& model) {
  return model.has_parent_path() ? model.parent_path() : fs::path{"."};
}

fs::path folder_of_weights(const fs::path& model, const relocate_options& options) {
  if (!options.weights.empty()) return options.weights;
  return options.to ? *options.to : folder_of(model);
}

/// The path that is written for a file below the folder of the weights.
fs::path path_for(const fs::path& file, const fs::path& model, const relocate_options& options) {
  if (options.to) return *options.to / file;
  if (options.weights.empty()) return file;
  return (options.weights / file).lexically_relative(folder_of(model));
}

}  // namespace

std::vector<relocated_weight> relocate(const fs::path& model, const relocate_options& options) {
  if (options.to && options.to->empty())
    throw error{error_code::usage, "The folder that paths are to begin with is empty.",
                "Name one, or none for paths relative to the model."};
  const fs::path folder = folder_of_weights(model, options);
  static_cast<void>(load(model, {.weights_folder = folder}));  // every file is there and has its size
  graph g = load(model, {.weights_folder = {}, .read_weights = false});
  std::vector<relocated_weight> weights;
  for (node& n : g.nodes) {
    const auto found = n.type == "FileConstant" ? n.attributes.find("file_path") : n.attributes.end();
    auto* path = found == n.attributes.end() ? nullptr : std::get_if<std::string>(&found->second.value);
    if (path == nullptr || path->empty()) continue;
    std::string moved = path_for(weights_file_below(folder, *path), model, options).string();
    weights.push_back({n.name, *path, moved});
    *path = std::move(moved);
  }
  if (std::any_of(weights.begin(), weights.end(), [](const auto& w) { return w.from != w.to; }))
    save(g, model);
  return weights;
}

}  // namespace airloom::air
