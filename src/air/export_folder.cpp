#include "air/export_folder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <airloom/error.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <ostream>

#include "air/manifest.hpp"
#include "sha256.hpp"
#include "text.hpp"

namespace airloom::air {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view staging_prefix = ".airloom-staging-";
constexpr const char* committed_name = ".airloom-commit";

// --- the way to the folder ---

[[noreturn]] void refuse_link(const fs::path& link) {
  std::error_code ignored;
  const fs::path behind = fs::weakly_canonical(link, ignored);
  throw error{error_code::path_refused, fmt::format("{} is a link.", in_quotes(link.string())),
              fmt::format("Links are not followed; name what is behind it: {}.", in_quotes(behind.string()))};
}

/// Whether there is a folder. Throws where there is something else.
bool is_folder(const fs::path& path) {
  std::error_code failure;
  const fs::file_status status = fs::symlink_status(path, failure);
  if (fs::is_symlink(status)) refuse_link(path);
  if (fs::is_directory(status)) return true;
  if (status.type() == fs::file_type::not_found) return false;
  if (status.type() == fs::file_type::none) refuse_to_write(path.string(), failure.value());
  throw error{error_code::file_unwritable, fmt::format("{} is not a folder.", in_quotes(path.string())),
              "Choose another name, or remove it."};
}

/// Makes the folder where it is missing; says whether it did.
bool make_folder(const fs::path& folder) {
  constexpr unsigned owner_all_group_read = 0750;
  if (is_folder(folder)) return false;
  if (::mkdir(folder.c_str(), owner_all_group_read) == 0) return true;
  if (errno != EEXIST) refuse_to_write(folder.string(), errno);
  return !is_folder(folder);  // somebody else made it meanwhile
}

/// Makes what is missing of a path and adds it to `made`, the outermost first.
void make_folders(const fs::path& folder, std::vector<fs::path>& made) {
  fs::path reached;
  for (const fs::path& name : folder) {
    reached /= name;
    if (!name.empty() && make_folder(reached)) made.push_back(reached);
  }
}

std::vector<fs::path> paths_in(const fs::path& folder) {
  std::error_code failure;
  std::vector<fs::path> paths;
  for (fs::directory_iterator entry{folder, failure}; !failure && entry != fs::directory_iterator{};
       entry.increment(failure))
    paths.push_back(entry->path());
  if (failure) refuse_to_write(folder.string(), failure.value());
  return paths;
}

// --- who works in it ---

int open_folder(const fs::path& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (descriptor < 0) refuse_to_write(folder.string(), errno);
  return descriptor;
}

int lock(int descriptor, int how) {
  int result = 0;
  do result = ::flock(descriptor, how);
  while (result != 0 && errno == EINTR);
  return result;
}

/// Keeps others from moving files in a folder for as long as it lives, which is never long.
class folder_lock {
 public:
  explicit folder_lock(const fs::path& folder) : descriptor_{open_folder(folder)} {
    lock(descriptor_, LOCK_EX);  // where a file system has no locks, each takes its chance
  }
  ~folder_lock() { ::close(descriptor_); }
  folder_lock(const folder_lock&) = delete;
  folder_lock& operator=(const folder_lock&) = delete;

 private:
  int descriptor_;
};

void remove_unless_in_use(const fs::path& staging) {
  const int descriptor = ::open(staging.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (descriptor < 0) return;
  std::error_code ignored;
  if (lock(descriptor, LOCK_EX | LOCK_NB) == 0) fs::remove_all(staging, ignored);
  ::close(descriptor);
}

void remove_leftovers(const fs::path& folder) {
  for (const fs::path& path : paths_in(folder))
    if (path.filename().string().starts_with(staging_prefix)) remove_unless_in_use(path);
}

fs::path make_staging_folder(const fs::path& folder) {
  std::string name = (folder / fmt::format("{}XXXXXX", staging_prefix)).string();
  if (::mkdtemp(name.data()) == nullptr) refuse_to_write(folder.string(), errno);
  return name;
}

// --- moving files to their place ---

void move_all(const fs::path& from, const fs::path& to) {
  std::vector<fs::path> paths = paths_in(from);
  std::partition(paths.begin(), paths.end(),
                 [](const fs::path& path) { return path.filename() != manifest_name; });
  for (const fs::path& path : paths) {
    const fs::path target = to / path.filename();
    std::error_code ignored;
    if (fs::is_directory(fs::symlink_status(path, ignored))) {
      make_folder(target);
      move_all(path, target);
    } else if (::rename(path.c_str(), target.c_str()) != 0) {
      refuse_to_write(target.string(), errno);
    }
  }
  if (::rmdir(from.c_str()) != 0) refuse_to_write(from.string(), errno);
}

/// Moves what a commit, perhaps one that was interrupted, has still to move; the manifest last, since it
/// speaks of all others.
void finish_commit(const fs::path& folder) {
  const fs::path committed = folder / committed_name;
  if (is_folder(committed)) move_all(committed, folder);
}

}  // namespace

export_folder::export_folder(const fs::path& folder, bool with_hashes)
    : with_hashes_{with_hashes}, given_{folder} {
  if (folder.empty())
    throw error{error_code::usage, "The path of the export is empty.", "Name a folder, \".\" for this one."};
  try {
    make_folders(folder, made_folders_);
    folder_ = fs::absolute(folder);
    const folder_lock alone{folder_};
    finish_commit(folder_);
    remove_leftovers(folder_);
    staging_ = make_staging_folder(folder_);
    lock_ = open_folder(staging_);
    lock(lock_, LOCK_EX);
  } catch (...) {
    clean_up();
    throw;
  }
}

export_folder::~export_folder() {
  clean_up();
}

void export_folder::clean_up() {
  std::error_code ignored;
  if (!staging_.empty()) fs::remove_all(staging_, ignored);
  if (lock_ >= 0) ::close(lock_);
  for (auto folder = made_folders_.rbegin(); folder != made_folders_.rend(); ++folder)
    ::rmdir(folder->c_str());  // which leaves those that hold something
}

void export_folder::write(const fs::path& name, const std::function<void(output_file&)>& content) {
  constexpr unsigned owner_writes_group_reads = 0640;
  const std::string target = (given_ / name).string();
  const std::string listed = name.generic_string();
  if (std::any_of(files_.begin(), files_.end(), [&](const auto& file) { return file.path == listed; }))
    throw error{error_code::usage, fmt::format("Two files of the export would be {}.", in_quotes(target)),
                "Choose names that differ."};
  const fs::path path = staging_ / name;
  std::vector<fs::path> made;
  make_folders(path.parent_path(), made);
  const int descriptor =
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, owner_writes_group_reads);
  if (descriptor < 0) refuse_to_write(target, errno);
  sha256 hash;
  output_file file{descriptor, target, with_hashes_ ? &hash : nullptr};
  content(file);
  file.close();
  files_.push_back({listed, file.position(), with_hashes_ ? hash.finish() : ""});
}

void export_folder::write_text(const fs::path& name, const std::function<void(std::ostream&)>& content) {
  write(name, [&content](output_file& file) {
    output_file_buffer buffer{file};
    std::ostream out{&buffer};
    out.exceptions(std::ios::badbit);
    content(out);
  });
}

void export_folder::check_targets() const {
  for (const exported_file& file : files_) {
    const fs::path name = file.path;
    fs::path reached = folder_;
    for (const fs::path& part : name.parent_path()) {
      reached /= part;
      if (!is_folder(reached)) break;
    }
    const fs::path target = folder_ / name;
    std::error_code ignored;
    const fs::file_status status = fs::symlink_status(target, ignored);
    if (fs::is_symlink(status)) refuse_link(given_ / name);
    if (fs::exists(status) && !fs::is_regular_file(status))
      throw error{error_code::file_unwritable,
                  fmt::format("{} exists and is not a regular file.", in_quotes((given_ / name).string())),
                  "Choose another name, or remove it."};
  }
}

std::vector<fs::path> export_folder::commit() {
  const folder_lock alone{folder_};
  finish_commit(folder_);
  check_targets();
  const fs::path committed = folder_ / committed_name;
  if (::rename(staging_.c_str(), committed.c_str()) != 0) refuse_to_write(given_.string(), errno);
  staging_.clear();
  finish_commit(folder_);
  std::vector<fs::path> paths;
  for (const exported_file& file : files_) paths.push_back(given_ / file.path);
  return paths;
}

}  // namespace airloom::air
