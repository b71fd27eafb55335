#pragma once
// The folder that an export leaves, in which all files change at once.

#include <filesystem>
#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

#include "output_file.hpp"

namespace airloom::air {

/// One file of an export.
struct exported_file {
  std::string path;  ///< relative to the folder of the export, with '/'
  std::uint64_t bytes = 0;
  std::string sha256;  ///< 64 lower-case hexadecimal digits; empty where it was not wanted
};

/// Files for a folder, written beside those that it holds and put in their place together by commit().
/// Without commit() the folder stays as it was, and is gone again if it was made for this.
///
/// New files lie in a hidden folder of their own inside the target until commit() renames that folder, which
/// is the instant in which the export is there; then its files are moved out. Who is killed before leaves the
/// former export whole, who is killed after leaves a complete new one to the next run, which moves what is
/// left before it does anything else. What a killed run left is removed by the next one. Several may write
/// into one folder: the last commit wins, file by file and undivided. (Where a file system has no flock() for
/// folders, leftovers stay, since they could be somebody's who is still writing.)
///
/// Folders are made with mode 0750 and files with 0640, less what the umask takes.
class export_folder {
 public:
  /// Makes the folder and those above it that are missing. Files are hashed while they are written, unless
  /// nobody wants to know.
  /// Throws   usage for an empty path; path_refused where the path goes through a link, wherever on it that
  ///          stands; file_unwritable.
  explicit export_folder(const std::filesystem::path& folder, bool with_hashes = true);
  ~export_folder();
  export_folder(const export_folder&) = delete;
  export_folder& operator=(const export_folder&) = delete;

  /// Writes one file. `name` is relative to the folder and may lead through folders in it ("rank_0/p1").
  /// Throws   usage for a name that was written before; file_unwritable; what `content` throws.
  void write(const std::filesystem::path& name, const std::function<void(output_file&)>& content);
  void write_text(const std::filesystem::path& name, const std::function<void(std::ostream&)>& content);

  /// What was written so far, in order.
  const std::vector<exported_file>& files() const { return files_; }

  /// Puts the files in their place and returns their paths, in order. Called once.
  /// Throws   path_refused where a file stands behind a link; file_unwritable where something that is no
  ///          regular file has its name.
  std::vector<std::filesystem::path> commit();

 private:
  void check_targets() const;
  void clean_up();

  bool with_hashes_;
  std::filesystem::path given_;   ///< as the caller spelled it, for messages and results
  std::filesystem::path folder_;  ///< absolute, so that a change of the working directory does no harm
  std::filesystem::path staging_;
  std::vector<std::filesystem::path> made_folders_;
  std::vector<exported_file> files_;
  int lock_ = -1;  ///< tells others that the staging folder is in use
};

}  // namespace airloom::air
