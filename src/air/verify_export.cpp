#include <airloom/air/verify_export.hpp>

#include <fmt/format.h>
#include <airloom/air/load.hpp>
#include <fstream>
#include <optional>
#include <set>

#include "air/manifest.hpp"
#include "sha256.hpp"
#include "text.hpp"

namespace airloom::air {

namespace {

namespace fs = std::filesystem;
using kind = export_finding::kind;

/// The path of a listed file; an empty one where a link or nothing stands on the way.
fs::path regular_file(const fs::path& folder, const std::string& listed) {
  fs::path path = folder;
  std::error_code none;
  for (const fs::path& name : fs::path{listed}) {
    path /= name;
    if (fs::is_symlink(fs::symlink_status(path, none))) return {};
  }
  return fs::is_regular_file(fs::symlink_status(path, none)) ? path : fs::path{};
}

std::string hash_of(const fs::path& file) {
  std::ifstream stream{file, std::ios::binary};
  sha256 hash;
  std::vector<char> piece(1U << 20U);
  while (stream.read(piece.data(), std::ssize(piece)) || stream.gcount() != 0)
    hash.add(std::as_bytes(std::span{piece}.first(static_cast<std::size_t>(stream.gcount()))));
  if (stream.bad() || !stream.eof())
    throw error{error_code::file_unreadable, fmt::format("{} cannot be read.", in_quotes(file.string())),
                "Check the disk and the file's permissions."};
  return hash.finish();
}

std::optional<export_finding> check_file(const fs::path& folder, const exported_file& listed) {
  const fs::path file = regular_file(folder, listed.path);
  if (file.empty())
    return export_finding{kind::missing, listed.path, "It is no regular file in this folder."};
  if (const std::uint64_t size = fs::file_size(file); size != listed.bytes)
    return export_finding{kind::changed, listed.path,
                          fmt::format("It has {} bytes and had {}.", size, listed.bytes)};
  if (hash_of(file) != listed.sha256)
    return export_finding{kind::changed, listed.path, "Its content is another (by its SHA-256)."};
  return std::nullopt;
}

std::optional<export_finding> check_model(const fs::path& folder, const std::string& path) {
  try {
    static_cast<void>(load(folder / path, {.weights_folder = folder, .read_weights = true}));
    return std::nullopt;
  } catch (const error& e) {
    return export_finding{kind::unloadable, path, e.happened()};
  }
}

void add_extra_files(const fs::path& folder, const std::set<std::string>& listed,
                     std::vector<export_finding>& found) {
  std::set<std::string> extra;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator{folder}) {
    const std::string path = entry.path().lexically_relative(folder).generic_string();
    const bool is_folder = fs::is_directory(entry.symlink_status());
    if (!is_folder && path != manifest_name && !listed.contains(path)) extra.insert(path);
  }
  for (const std::string& path : extra)
    found.push_back({kind::extra, path, "The manifest does not list it."});
}

}  // namespace

std::string name_of(kind what) {
  switch (what) {
    case kind::missing:
      return "missing";
    case kind::changed:
      return "changed";
    case kind::extra:
      return "extra";
    case kind::unloadable:
      return "unloadable";
  }
  return {};
}

std::vector<export_finding> verify_export(const fs::path& folder) {
  std::vector<export_finding> found;
  std::set<std::string> listed;
  for (const exported_file& file : read_manifest(folder)) {
    listed.insert(file.path);
    if (auto finding = check_file(folder, file))
      found.push_back(std::move(*finding));
    else if (file.path.ends_with(".air"))
      if (auto unloadable = check_model(folder, file.path)) found.push_back(std::move(*unloadable));
  }
  add_extra_files(folder, listed, found);
  return found;
}

}  // namespace airloom::air
