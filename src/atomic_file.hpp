#pragma once
// Writing a file so that its name holds either what it held before or all of the new content.

#include <optional>
#include <string>

#include "output_file.hpp"

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

  void write(std::span<const std::byte> bytes) { file_->write(bytes); }
  void write(std::string_view text) { file_->write(text); }
  /// Bytes written so far.
  std::uint64_t position() const { return file_->position(); }
  /// The file itself, for writers that take one.
  output_file& content() { return *file_; }
  void commit();

 private:
  void open(unsigned mode);

  std::string target_;
  std::string temporary_;
  std::optional<output_file> file_;  // always there once the constructor has run
};

}  // namespace airloom
