#pragma once
// Writing a file so that its name holds either what it held before or all of the new content.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace airloom {

/// A file under a temporary name in its target's folder; commit() gives it its own name, and a destructor
/// without commit() removes it. What a power failure leaves is not promised: nothing is synchronised to the
/// disk.
///
/// Throws file_unwritable: where the target is a link or anything else but a regular file (a rename would
/// replace it), and for every write that fails, the last one when closing included.
class atomic_file {
 public:
  /// `mode`: permissions of a file made anew, from which the process's umask takes.
  explicit atomic_file(std::string target, unsigned mode = 0640);
  ~atomic_file();
  atomic_file(const atomic_file&) = delete;
  atomic_file& operator=(const atomic_file&) = delete;

  void write(std::span<const std::byte> bytes);
  void write(std::string_view text);
  /// Bytes written so far.
  std::uint64_t position() const { return position_; }
  void commit();

 private:
  void open(unsigned mode);
  void flush();
  void write_through(std::span<const std::byte> bytes);
  [[noreturn]] void fail(int reason) const;

  std::string target_;
  std::string temporary_;
  int descriptor_ = -1;
  std::uint64_t position_ = 0;
  std::array<std::byte, 1U << 14U> buffer_;
  std::size_t buffered_ = 0;
};

}  // namespace airloom
