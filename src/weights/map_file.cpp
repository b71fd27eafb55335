#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <airloom/error.hpp>
#include <airloom/weights/map_file.hpp>
#include <cerrno>
#include <system_error>

#include "text.hpp"

namespace airloom::weights {

namespace {

[[noreturn]] void fail(const std::string& path, const std::string& reason) {
  throw error{error_code::file_unreadable, fmt::format("{} cannot be read: {}.", in_quotes(path), reason),
              "Check the path and its permissions."};
}

struct open_file {
  int descriptor;

  // O_NONBLOCK: opening a FIFO that nobody writes to would wait for ever.
  explicit open_file(const std::string& path)
      : descriptor{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)} {}
  ~open_file() {
    if (descriptor >= 0) ::close(descriptor);
  }
  open_file(const open_file&) = delete;
  open_file& operator=(const open_file&) = delete;
};

std::size_t size_of_regular_file(const open_file& file, const std::string& path) {
  struct stat status = {};
  if (::fstat(file.descriptor, &status) != 0) fail(path, std::generic_category().message(errno));
  if (S_ISDIR(status.st_mode)) fail(path, "it is a folder");
  if (!S_ISREG(status.st_mode)) fail(path, "it is not a regular file");
  return static_cast<std::size_t>(status.st_size);
}

}  // namespace

blob map_file(const std::string& path) {
  const open_file file{path};
  if (file.descriptor < 0) fail(path, std::generic_category().message(errno));
  const std::size_t size = size_of_regular_file(file, path);
  if (size == 0) return {};  // mmap refuses a length of 0
  void* const start = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.descriptor, 0);
  if (start == MAP_FAILED) fail(path, std::generic_category().message(errno));
  std::shared_ptr<const void> owner{start, [size](void* mapped) { ::munmap(mapped, size); }};
  return {std::move(owner), static_cast<const std::byte*>(start), size};
}

}  // namespace airloom::weights
