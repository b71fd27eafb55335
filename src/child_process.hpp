#pragma once
// Running another program: no shell, one time limit, output in a file.

#include <atomic>
#include <chrono>
#include <string>
#include <vector>

namespace airloom {

/// How a program ended.
struct child_end {
  enum class kind { exited, killed_by_signal, time_is_up, cancelled } how = kind::exited;
  int number = 0;  ///< the exit status, or the signal
};

/// Runs `words[0]` (a path: nothing is looked up) with the other words as its arguments, in the caller's
/// folder and environment, and waits for its end. It reads nothing; what it prints to either stream goes to
/// the file `output`, which is made anew. It runs in a process group of its own, which as a whole is asked to
/// end (SIGTERM), and two seconds later made to (SIGKILL), when the time is up or `cancel` becomes true.
///
/// Throws file_unwritable where `output` cannot be made; environment where the program cannot be started.
child_end run_child(const std::vector<std::string>& words, const std::string& output,
                    std::chrono::milliseconds time_limit, const std::atomic<bool>* cancel = nullptr);

}  // namespace airloom
