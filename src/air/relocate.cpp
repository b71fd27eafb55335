#include <airloom/air/relocate.hpp>

#include <airloom/air/load.hpp>
#include <algorithm>

#include "air/export_folder.hpp"
#include "air/external_weights.hpp"
#include "air/graph_message.hpp"
#include "air/manifest.hpp"

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

void replace(const fs::path& model, const graph& g) {
  const message_pieces message = encode_model(g);
  export_folder folder{folder_of(model)};
  folder.write(model.filename(), [&message](output_file& file) {
    message.write([&file](std::span<const std::byte> bytes) { file.write(bytes); });
  });
  if (const auto manifest = manifest_with(folder_of(model), folder.files()[0]))
    folder.write(manifest_name, [&manifest](output_file& file) { file.write(*manifest); });
  folder.commit();
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
    replace(model, g);
  return weights;
}

}  // namespace airloom::air
