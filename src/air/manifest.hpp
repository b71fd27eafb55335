#pragma once
// `manifest.json`: what an export wrote, so that anybody can tell whether it still is that.

#include <airloom/graph/graph.hpp>
#include <filesystem>
#include <optional>
#include <span>

#include "air/export_folder.hpp"

namespace airloom::air {

inline constexpr const char* manifest_name = "manifest.json";

/// One model of an export, as it was before it took the form of a file.
struct manifest_model {
  std::string path;  ///< of its .air file, as above
  const graph* model = nullptr;
};

/// The text of a manifest: the version of airloom, the models (graph, inputs, outputs, operators with their
/// counts, constants, axes and gears), and the files sorted by their paths. A size that moves with the gears
/// is -1. Equal exports give equal texts.
std::string manifest_text(std::span<const manifest_model> models, std::vector<exported_file> files);

/// Writes the manifest of everything that was written to the folder so far: the last file of an export.
void write_manifest(export_folder& folder, std::span<const manifest_model> models);

/// The files that the manifest of a folder lists. Throws file_unreadable where there is no manifest;
/// file_malformed where it is none, or names a path that leaves the folder.
std::vector<exported_file> read_manifest(const std::filesystem::path& folder);

/// The text of the manifest of a folder with another entry for a file that it lists; nothing where there is
/// no manifest, or none that lists the file. Throws file_malformed.
std::optional<std::string> manifest_with(const std::filesystem::path& folder, const exported_file& changed);

}  // namespace airloom::air
