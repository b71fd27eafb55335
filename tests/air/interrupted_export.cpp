// Exports that are killed, run out of space, or may not write: the former export stays whole, and the next
// run leaves nothing but files of an export.

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <airloom/air/export.hpp>
#include <airloom/graph/from_tape.hpp>
#include <csignal>
#include <cstdarg>

#include "files.hpp"
#include "support/graphs.hpp"
#include "support/temporary_folder.hpp"

using airloom::error;
using airloom::graph;

namespace {

// --- a process that dies at its n-th call into the system ---

int calls_left = 0;  // 0: nobody dies

/// Whether this call is the last one.
bool is_last_call() {
  return calls_left != 0 && --calls_left == 0;
}
void die_at_last_call() {
  if (is_last_call()) ::kill(::getpid(), SIGKILL);
}

}  // namespace

// The program's own definitions come before the C library's, for the library under test and for
// std::filesystem alike. Each does what the original does.
extern "C" {

ssize_t write(int file, const void* bytes, size_t count) {
  if (is_last_call()) {
    ::syscall(SYS_write, file, bytes, count / 2);
    ::kill(::getpid(), SIGKILL);
  }
  return ::syscall(SYS_write, file, bytes, count);
}
int rename(const char* from, const char* to) noexcept {
  die_at_last_call();
  return static_cast<int>(::syscall(SYS_rename, from, to));
}
int mkdir(const char* path, mode_t mode) noexcept {
  die_at_last_call();
  return static_cast<int>(::syscall(SYS_mkdir, path, mode));
}
int rmdir(const char* path) noexcept {
  die_at_last_call();
  return static_cast<int>(::syscall(SYS_rmdir, path));
}
int close(int file) {
  die_at_last_call();
  return static_cast<int>(::syscall(SYS_close, file));
}
int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  die_at_last_call();
  return static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path, flags, mode));
}

}  // extern "C"

namespace {

using tree = std::map<std::string, std::string>;

tree tree_of(const test::fs::path& folder) {
  tree files;
  if (!test::fs::exists(folder)) return files;
  for (const auto& entry : test::fs::recursive_directory_iterator{folder})
    if (!entry.is_directory())
      files[test::fs::relative(entry.path(), folder).string()] = test::content_of(entry.path());
  return files;
}

/// A model with two weights of 20,000 bytes each, which are all `letter`.
graph model_of(char letter) {
  constexpr std::int64_t size = 20'000;
  test::graph_builder builder;
  const auto shape = test::shape({size});
  const std::string bytes(size, letter);
  std::vector<int> weights;
  for (const char* name : {"p1", "p2"}) {
    weights.push_back(builder.constant(name, airloom::u8, shape, airloom::blob{}));
    airloom::set_contents(builder.g, {name, airloom::u8, {size}, weights.back()},
                          airloom::blob::copy_of(std::as_bytes(std::span{bytes})));
  }
  builder.result({weights[0], weights[1]});
  builder.g.nodes.back().input_descriptions.assign(2, test::description(airloom::u8, shape));
  return builder.g;
}

void export_to(const test::fs::path& folder, char letter, airloom::air::weight_place place) {
  airloom::air::export_options options{.path = folder, .name = "m"};
  options.weights.place = place;
  options.weights.path = airloom::air::weight_path::model_folder;  // so that trees of two folders compare
  airloom::air::export_model(model_of(letter), options);
}

/// Runs `work` in a process of its own; its exit code, or -1 where it was killed.
int in_child(const std::function<int()>& work) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    int code = 99;
    try {
      code = work();
    } catch (const std::exception& e) {
      std::fprintf(stderr, "%s\n", e.what());
    }
    ::_exit(code);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool is_temporary(const std::string& path) {
  return path.starts_with(".airloom");
}

tree without_temporaries(tree files) {
  std::erase_if(files, [](const auto& file) { return is_temporary(file.first); });
  return files;
}

/// The files as they are once a commit that was interrupted is finished.
tree with_pending(const tree& files) {
  const std::string pending = ".airloom-commit/";
  tree finished = without_temporaries(files);
  for (const auto& [path, content] : files)
    if (path.starts_with(pending)) finished[path.substr(pending.size())] = content;
  return finished;
}

/// Kills exports at every call in turn until one lives; gives their number.
int kill_everywhere(const test::temporary_folder& place, airloom::air::weight_place weights) {
  export_to(place / "former", 'f', weights);
  export_to(place / "new", 'n', weights);
  const tree former = tree_of(place / "former"), fresh = tree_of(place / "new");
  const test::fs::path folder = place / "out";
  int killed_before_commit = 0, killed_while_moving = 0;
  for (int call = 1;; ++call) {
    export_to(folder, 'f', weights);
    REQUIRE(tree_of(folder) == former);  // and so nothing of the last kill is left
    const int code = in_child([&] {
      calls_left = call;
      export_to(folder, 'n', weights);
      return 0;
    });
    const tree left = tree_of(folder);
    const bool is_former = without_temporaries(left) == former && with_pending(left) == former;
    if (code == 0) {
      CHECK(left == fresh);
      CHECK(killed_before_commit > 10);
      CHECK(killed_while_moving > 2);
      return call - 1;
    }
    REQUIRE(code == -1);
    CHECK_MESSAGE((is_former || with_pending(left) == fresh), "killed at call " << call);
    ++(is_former ? killed_before_commit : killed_while_moving);
  }
}

std::string outcome_of_export(const test::fs::path& folder) {
  try {
    export_to(folder, 'n', airloom::air::weight_place::outside);
    return "written";
  } catch (const error& e) {
    return std::to_string(static_cast<int>(e.code()));
  }
}

bool write_file(const char* path, const std::string& text) {
  const int file = ::open(path, O_WRONLY);
  if (file < 0) return false;
  const bool written = ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  ::close(file);
  return written;
}

/// Enters a mount namespace of its own, as its root; for a child process.
bool may_mount() {
  const std::string user = std::to_string(::getuid()), group = std::to_string(::getgid());
  if (::unshare(CLONE_NEWNS) != 0) {
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
    if (!write_file("/proc/self/setgroups", "deny") ||
        !write_file("/proc/self/uid_map", "0 " + user + " 1") ||
        !write_file("/proc/self/gid_map", "0 " + group + " 1"))
      return false;
  }
  return ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
}

constexpr int not_allowed = 77;

}  // namespace

TEST_CASE(
    "an export that is killed at any call leaves the former one whole, or a new one that the next finishes") {
  for (const auto weights : {airloom::air::weight_place::inside, airloom::air::weight_place::outside}) {
    const test::temporary_folder place;
    CHECK(kill_everywhere(place, weights) > 20);
  }
}

TEST_CASE("an export that reaches the limit on the size of files leaves the former one whole") {
  const test::temporary_folder place;
  export_to(place / "out", 'f', airloom::air::weight_place::outside);
  const tree former = tree_of(place / "out");
  rlimit before = {};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  for (const rlim_t limit : {0U, 1U, 1000U, 19'999U}) {
    const rlimit small{limit, before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
    const std::string there = outcome_of_export(place / "out"), elsewhere = outcome_of_export(place / "new");
    ::setrlimit(RLIMIT_FSIZE, &before);
    CHECK(there == "304");
    CHECK(elsewhere == "304");
    CHECK(tree_of(place / "out") == former);
    CHECK(!test::fs::exists(place / "new"));
  }
  std::signal(SIGXFSZ, old_handler);
}

TEST_CASE(
    "an export onto a full disk, or into a folder that may not be written, leaves the former one whole") {
  const test::temporary_folder place;
  const auto run = [&](const char* what, const std::function<bool()>& prepare, const std::string& folder) {
    const int code = in_child([&] {
      if (!may_mount() || !prepare()) return not_allowed;
      const tree former = tree_of(folder);
      if (former.size() < 4) return 1;
      if (outcome_of_export(folder) != "304") return 2;
      return tree_of(folder) == former ? 0 : 3;
    });
    if (code == not_allowed)
      MESSAGE("NOT RUN: " << what << " - this process may not mount file systems");
    else
      CHECK_MESSAGE(code == 0, what);
  };
  test::fs::create_directory(place / "disk");
  run(
      "a full disk",
      [&] {
        // Holds one export and not two.
        if (::mount("tmpfs", (place / "disk").c_str(), "tmpfs", 0, "size=72k") != 0) return false;
        export_to(place / "disk/out", 'f', airloom::air::weight_place::outside);
        return true;
      },
      place / "disk/out");
  export_to(place / "read_only", 'f', airloom::air::weight_place::outside);
  run(
      "a read-only folder",
      [&] {
        const std::string folder = place / "read_only";
        return ::mount(folder.c_str(), folder.c_str(), nullptr, MS_BIND, nullptr) == 0 &&
               ::mount(nullptr, folder.c_str(), nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr) == 0;
      },
      place / "read_only");
}
