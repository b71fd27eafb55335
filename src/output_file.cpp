#include "output_file.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <airloom/error.hpp>
#include <algorithm>
#include <cerrno>
#include <future>
#include <system_error>
#include <utility>

#include "sha256.hpp"
#include "text.hpp"

namespace airloom {

namespace {

const char* remedy_for(int reason) {
  switch (reason) {
    case ENOSPC:
    case EDQUOT:
      return "Free some space on the disk.";
    case EFBIG:
      return "Raise the limit on the size of files (ulimit -f), or write to another disk.";
    case EROFS:
      return "Choose a folder on a disk that may be written to.";
    default:
      return "Check that the folder exists and may be written to.";
  }
}

}  // namespace

void refuse_to_write(const std::string& name, int reason) {
  throw error{
      error_code::file_unwritable,
      fmt::format("{} cannot be written: {}.", in_quotes(name), std::generic_category().message(reason)),
      remedy_for(reason)};
}

output_file::~output_file() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

/// A large piece is hashed while the system takes it.
void output_file::write_through(std::span<const std::byte> bytes) {
  constexpr std::size_t worth_a_thread = 1U << 20U;
  std::future<void> hashed;
  if (hash_ != nullptr && bytes.size() >= worth_a_thread)
    hashed = std::async(std::launch::async, [this, bytes] { hash_->add(bytes); });
  else if (hash_ != nullptr)
    hash_->add(bytes);
  write_all(bytes);
  if (hashed.valid()) hashed.get();
}

void output_file::write_all(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) refuse_to_write(name_, written == 0 ? EIO : errno);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

void output_file::flush() {
  write_through(std::span{buffer_}.first(buffered_));
  buffered_ = 0;
}

void output_file::write(std::span<const std::byte> bytes) {
  position_ += bytes.size();
  if (bytes.size() > buffer_.size() - buffered_) flush();
  if (bytes.size() > buffer_.size()) return write_through(bytes);
  std::copy(bytes.begin(), bytes.end(), buffer_.begin() + static_cast<std::ptrdiff_t>(buffered_));
  buffered_ += bytes.size();
}

void output_file::write(std::string_view text) {
  write(std::as_bytes(std::span{text}));
}

void output_file::close() {
  flush();
  if (::close(std::exchange(descriptor_, -1)) != 0) refuse_to_write(name_, errno);
}

output_file_buffer::int_type output_file_buffer::overflow(int_type character) {
  const char only = traits_type::to_char_type(character);
  file_.write(std::string_view{&only, 1});
  return character;
}

std::streamsize output_file_buffer::xsputn(const char* text, std::streamsize count) {
  file_.write(std::string_view{text, static_cast<std::size_t>(count)});
  return count;
}

}  // namespace airloom
