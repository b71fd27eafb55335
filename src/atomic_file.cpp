#include "atomic_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <airloom/error.hpp>
#include <cerrno>
#include <cstdio>
#include <random>
#include <utility>

#include "text.hpp"

namespace airloom {

namespace {

void refuse_unless_replaceable(const std::string& target) {
  struct stat status = {};
  if (::lstat(target.c_str(), &status) != 0 || S_ISREG(status.st_mode)) return;
  throw error{error_code::file_unwritable,
              fmt::format("{} exists and is {}.", in_quotes(target),
                          S_ISLNK(status.st_mode) ? "a link" : "not a regular file"),
              "Choose another name, or remove it."};
}

}  // namespace

atomic_file::atomic_file(std::string target, unsigned mode) : target_{std::move(target)} {
  refuse_unless_replaceable(target_);
  open(mode);
}

void atomic_file::open(unsigned mode) {
  std::random_device random;
  for (int attempt = 0; attempt != 100; ++attempt) {
    std::string temporary = fmt::format("{}.tmp-{:08x}", target_, random());
    const int descriptor =
        ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    if (descriptor >= 0) {
      temporary_ = std::move(temporary);
      file_.emplace(descriptor, target_);
      return;
    }
    if (errno != EEXIST) break;
  }
  refuse_to_write(target_, errno);
}

atomic_file::~atomic_file() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void atomic_file::commit() {
  file_->close();
  if (::rename(temporary_.c_str(), target_.c_str()) != 0) refuse_to_write(target_, errno);
  temporary_.clear();
}

}  // namespace airloom
