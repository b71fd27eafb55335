#pragma once
// Writing zip archives of stored members, as Python's zipfile lays them out for numpy.savez.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "atomic_file.hpp"

namespace airloom::weights {

/// Members carry the date 1980-01-01, the earliest that the format has, so equal members give equal bytes.
/// Numbers are 64 bits wide where they have to be.
class zip_writer {
 public:
  explicit zip_writer(atomic_file& file) : file_{file} {}

  /// `name`: UTF-8 of at most 65535 bytes. The content is `head` and `body` in a row.
  void add(const std::string& name, std::string_view head, std::span<const std::byte> body);
  /// Writes the directory. The caller commits the file.
  void finish();

 private:
  atomic_file& file_;
  std::string directory_;
  std::uint64_t members_ = 0;
};

}  // namespace airloom::weights
