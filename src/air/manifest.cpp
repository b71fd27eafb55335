#include "air/manifest.hpp"

#include <fmt/format.h>
#include <airloom/air/summary.hpp>
#include <airloom/weights/map_file.hpp>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "air/messages.hpp"
#include "text.hpp"

namespace airloom::air {

namespace {

using nlohmann::ordered_json;

// --- writing ---

ordered_json json_of(const std::vector<tensor_summary>& tensors, const gear_view& gears) {
  ordered_json list = ordered_json::array();
  for (const tensor_summary& tensor : tensors) {
    ordered_json shape;  // null: the rank is unknown
    if (tensor.shape.rank_known) shape = ordered_json::array();
    for (std::size_t i = 0; i != tensor.shape.rank; ++i)
      shape.push_back(dimension_in_file(tensor.shape[i], gears));
    list.push_back({{"name", tensor.name}, {"dtype", name_of(tensor.type)}, {"shape", shape}});
  }
  return list;
}

ordered_json json_of(const gear_set& gears) {
  ordered_json rows = ordered_json::array();
  const std::size_t width = gears.axes.size();
  for (std::size_t gear = 0; width != 0 && gear != gears.gears; ++gear) {
    const auto first = gears.sizes.begin() + static_cast<std::ptrdiff_t>(gear * width);
    rows.push_back(std::vector<std::int64_t>(first, first + static_cast<std::ptrdiff_t>(width)));
  }
  return rows;
}

ordered_json json_of(const manifest_model& exported) {
  const graph& g = *exported.model;
  const graph_summary summary = summarise(g);
  return {{"path", exported.path},
          {"graph", summary.name},
          {"inputs", json_of(summary.inputs, g.gears.view())},
          {"outputs", json_of(summary.outputs, g.gears.view())},
          {"operators", summary.operators},
          {"constants", {{"count", summary.constants}, {"bytes", summary.constant_bytes}}},
          {"axes", g.gears.axes},
          {"gears", json_of(g.gears)}};
}

ordered_json json_of(const exported_file& file) {
  return {{"path", file.path}, {"bytes", file.bytes}, {"sha256", file.sha256}};
}

std::string text_of(const ordered_json& manifest) {
  return manifest.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

// --- reading ---

[[noreturn]] void refuse(const std::filesystem::path& file, const std::string& reason) {
  throw error{error_code::file_malformed,
              fmt::format("{} is no manifest of an export: {}.", in_quotes(file.string()), reason),
              "Export the model again."};
}

bool stays_inside(const std::string& path) {
  const std::filesystem::path parsed{path};
  return !path.empty() && path.find('\0') == std::string::npos && parsed.is_relative() &&
         std::none_of(parsed.begin(), parsed.end(),
                      [](const auto& name) { return name == ".." || name == "." || name.empty(); });
}

bool is_hash(const std::string& text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

ordered_json parse(const std::filesystem::path& file) {
  constexpr std::size_t largest = 64'000'000;
  const blob text = weights::map_file(file.string());
  if (text.size > largest)
    refuse(file, fmt::format("it has {} bytes; at most {} are read", text.size, largest));
  const auto* const begin = reinterpret_cast<const char*>(text.data);
  ordered_json manifest = ordered_json::parse(begin, begin + text.size, nullptr, false);
  if (!manifest.is_object() || !manifest.contains("files") || !manifest["files"].is_array())
    refuse(file, "it holds no list of files");
  return manifest;
}

exported_file file_of(const ordered_json& entry, const std::filesystem::path& manifest) {
  const auto has = [&](const char* key) { return entry.contains(key); };
  if (!entry.is_object() || !has("path") || !entry["path"].is_string() || !has("bytes") ||
      !entry["bytes"].is_number_unsigned() || !has("sha256") || !entry["sha256"].is_string())
    refuse(manifest, "a file has no 'path', 'bytes' and 'sha256'");
  exported_file file{entry["path"], entry["bytes"], entry["sha256"]};
  if (!stays_inside(file.path))
    refuse(manifest, fmt::format("the path {} leaves the folder", in_quotes(file.path)));
  if (!is_hash(file.sha256)) refuse(manifest, fmt::format("{} is no hash", in_quotes(file.sha256)));
  return file;
}

}  // namespace

std::string manifest_text(std::span<const manifest_model> models, std::vector<exported_file> files) {
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  ordered_json model_list = ordered_json::array(), file_list = ordered_json::array();
  for (const manifest_model& model : models) model_list.push_back(json_of(model));
  for (const exported_file& file : files) file_list.push_back(json_of(file));
  const ordered_json manifest{{"airloom", AIRLOOM_VERSION}, {"models", model_list}, {"files", file_list}};
  return text_of(manifest);
}

void write_manifest(export_folder& folder, std::span<const manifest_model> models) {
  const std::string text = manifest_text(models, folder.files());
  folder.write(manifest_name, [&text](output_file& file) { file.write(text); });
}

std::vector<exported_file> read_manifest(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / manifest_name;
  const ordered_json manifest = parse(file);
  std::vector<exported_file> files;
  for (const ordered_json& entry : manifest["files"]) files.push_back(file_of(entry, file));
  return files;
}

std::optional<std::string> manifest_with(const std::filesystem::path& folder, const exported_file& changed) {
  const std::filesystem::path file = folder / manifest_name;
  if (!std::filesystem::exists(file)) return std::nullopt;
  ordered_json manifest = parse(file);
  for (ordered_json& entry : manifest["files"]) {
    if (file_of(entry, file).path != changed.path) continue;
    entry = json_of(changed);
    return text_of(manifest);
  }
  return std::nullopt;
}

}  // namespace airloom::air
