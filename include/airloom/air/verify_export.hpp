#pragma once
// Whether the folder of an export is still what was exported.

#include <airloom/api.hpp>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace airloom::air {

/// What is wrong with one file of an export.
struct export_finding {
  enum class kind : std::uint8_t {
    missing,    ///< the manifest lists it, and it is not there as a regular file
    changed,    ///< its size or its hash is another
    extra,      ///< it is there, and the manifest does not list it
    unloadable  ///< a model that cannot be loaded with its weights
  };
  kind what = kind::missing;
  std::string path;    ///< relative to the folder
  std::string detail;  ///< one sentence
};

AIRLOOM_API std::string name_of(export_finding::kind what);

/// Holds a folder that export_model() wrote against its `manifest.json`: every listed file is there with its
/// size and SHA-256, no other file is, and every model loads with its weights from this folder. Links are not
/// followed. Empty where all holds.
/// Throws file_unreadable where there is no manifest, file_malformed where it is none.
AIRLOOM_API std::vector<export_finding> verify_export(const std::filesystem::path& folder);

}  // namespace airloom::air
