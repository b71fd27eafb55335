#pragma once
// A file that is being written.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <streambuf>
#include <string>
#include <string_view>

namespace airloom {

class sha256;

/// Takes bytes in order and hands them to the system in large pieces; a piece larger than its buffer goes
/// there from where it lies. The destructor closes the file without a word: whoever cares calls close().
class output_file {
 public:
  /// Owns `descriptor`. `name` is for messages. `hash`, where there is one, is given every byte.
  output_file(int descriptor, std::string name, sha256* hash = nullptr)
      : descriptor_{descriptor}, name_{std::move(name)}, hash_{hash} {}
  ~output_file();
  output_file(const output_file&) = delete;
  output_file& operator=(const output_file&) = delete;

  /// Throw file_unwritable.
  void write(std::span<const std::byte> bytes);
  void write(std::string_view text);
  void close();

  /// Bytes written so far.
  std::uint64_t position() const { return position_; }

 private:
  void flush();
  void write_through(std::span<const std::byte> bytes);
  void write_all(std::span<const std::byte> bytes);

  int descriptor_;
  std::string name_;
  sha256* hash_;
  std::uint64_t position_ = 0;
  std::array<std::byte, 1U << 14U> buffer_;
  std::size_t buffered_ = 0;
};

/// Lets a stream write into an output_file. Errors pass through the stream when the stream is told to throw
/// for badbit.
class output_file_buffer : public std::streambuf {
 public:
  explicit output_file_buffer(output_file& file) : file_{file} {}

 protected:
  int_type overflow(int_type character) override;
  std::streamsize xsputn(const char* text, std::streamsize count) override;

 private:
  output_file& file_;
};

/// file_unwritable for `name`, with a remedy that fits the reason (a value of errno).
[[noreturn]] void refuse_to_write(const std::string& name, int reason);

}  // namespace airloom
