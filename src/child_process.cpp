#include "child_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <airloom/error.hpp>
#include <cerrno>
#include <csignal>
#include <system_error>
#include <thread>

#include "text.hpp"

namespace airloom {

namespace {

using clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds between_looks{5};
constexpr std::chrono::seconds grace{2};

class file_actions {
 public:
  explicit file_actions(int output) {
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
  }
  ~file_actions() { ::posix_spawn_file_actions_destroy(&actions); }
  file_actions(const file_actions&) = delete;
  file_actions& operator=(const file_actions&) = delete;

  posix_spawn_file_actions_t actions{};
};

/// A process group of its own, and signals as a program finds them that a shell starts.
class spawn_attributes {
 public:
  spawn_attributes() {
    ::posix_spawnattr_init(&attributes);
    sigset_t all, none;
    ::sigfillset(&all);
    ::sigemptyset(&none);
    ::posix_spawnattr_setsigdefault(&attributes, &all);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setpgroup(&attributes, 0);
    ::posix_spawnattr_setflags(&attributes,
                               POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  }
  ~spawn_attributes() { ::posix_spawnattr_destroy(&attributes); }
  spawn_attributes(const spawn_attributes&) = delete;
  spawn_attributes& operator=(const spawn_attributes&) = delete;

  posix_spawnattr_t attributes{};
};

class open_file {
 public:
  explicit open_file(const std::string& path)
      : descriptor{
            ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0640)} {
    if (descriptor >= 0) return;
    throw error{
        error_code::file_unwritable,
        fmt::format("{} cannot be written: {}.", in_quotes(path), std::generic_category().message(errno)),
        "Check that the folder exists and may be written to, and that the name is no link."};
  }
  ~open_file() { ::close(descriptor); }
  open_file(const open_file&) = delete;
  open_file& operator=(const open_file&) = delete;

  int descriptor;
};

pid_t start(const std::vector<std::string>& words, const std::string& output) {
  const open_file log{output};
  const file_actions streams{log.descriptor};
  const spawn_attributes own_group;
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  pid_t child = 0;
  const int reason =
      ::posix_spawn(&child, arguments[0], &streams.actions, &own_group.attributes, arguments.data(), environ);
  if (reason == 0) return child;
  throw error{
      error_code::environment,
      fmt::format("{} cannot be started: {}.", in_quotes(words[0]), std::generic_category().message(reason)),
      "Check that it is a program for this machine and may be executed."};
}

/// Whether the child has ended; then it is gone, and `status` is what it left.
bool has_ended(pid_t child, int& status) {
  pid_t answer = 0;
  do answer = ::waitpid(child, &status, WNOHANG);
  while (answer < 0 && errno == EINTR);
  return answer != 0;
}

/// Looks again and again until the child has ended, or `give_up` says so.
template <class GiveUp>
bool wait_for(pid_t child, int& status, GiveUp give_up) {
  while (!has_ended(child, status)) {
    if (give_up()) return false;
    std::this_thread::sleep_for(between_looks);
  }
  return true;
}

void end_group(pid_t child) {
  int status = 0;
  ::kill(-child, SIGTERM);
  const clock::time_point end = clock::now() + grace;
  // Not reaped before the last signal, so that the number of the group cannot have become another's.
  siginfo_t seen{};
  while (clock::now() < end &&
         ::waitid(P_PID, static_cast<id_t>(child), &seen, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         seen.si_pid == 0)
    std::this_thread::sleep_for(between_looks);
  ::kill(-child, SIGKILL);
  wait_for(child, status, [] { return false; });
}

}  // namespace

child_end run_child(const std::vector<std::string>& words, const std::string& output,
                    std::chrono::milliseconds time_limit, const std::atomic<bool>* cancel) {
  const clock::time_point end = clock::now() + time_limit;
  const pid_t child = start(words, output);
  child_end result;
  const auto give_up = [&] {
    const bool cancelled = cancel != nullptr && cancel->load();
    if (!cancelled && clock::now() < end) return false;
    result.how = cancelled ? child_end::kind::cancelled : child_end::kind::time_is_up;
    return true;
  };
  int status = 0;
  if (!wait_for(child, status, give_up)) {
    end_group(child);
    return result;
  }
  if (WIFSIGNALED(status)) return {child_end::kind::killed_by_signal, WTERMSIG(status)};
  return {child_end::kind::exited, WEXITSTATUS(status)};
}

}  // namespace airloom
