#include "atomic_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <airloom/error.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <random>
#include <system_error>
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
    temporary_ = fmt::format("{}.tmp-{:08x}", target_, random());
    descriptor_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    if (descriptor_ >= 0) return;
    if (errno != EEXIST) break;
  }
  fail(errno);
}

atomic_file::~atomic_file() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void atomic_file::fail(int reason) const {
  throw error{
      error_code::file_unwritable,
      fmt::format("{} cannot be written: {}.", in_quotes(target_), std::generic_category().message(reason)),
      reason == ENOSPC || reason == EDQUOT ? "Free some space on the disk."
                                           : "Check that the folder exists and may be written to."};
}

void atomic_file::write_through(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) fail(written == 0 ? EIO : errno);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

void atomic_file::flush() {
  write_through(std::span{buffer_}.first(buffered_));
  buffered_ = 0;
}

void atomic_file::write(std::span<const std::byte> bytes) {
  position_ += bytes.size();
  if (bytes.size() > buffer_.size() - buffered_) flush();
  if (bytes.size() > buffer_.size()) return write_through(bytes);
  std::copy(bytes.begin(), bytes.end(), buffer_.begin() + static_cast<std::ptrdiff_t>(buffered_));
  buffered_ += bytes.size();
}

void atomic_file::write(std::string_view text) {
  write(std::as_bytes(std::span{text}));
}

void atomic_file::commit() {
  flush();
  const int descriptor = std::exchange(descriptor_, -1);
  if (::close(descriptor) != 0) fail(errno);
  if (::rename(temporary_.c_str(), target_.c_str()) != 0) fail(errno);
  temporary_.clear();
}

}  // namespace airloom
