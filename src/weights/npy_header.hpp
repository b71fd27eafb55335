#pragma once
// The header of an .npy file: what stands before the elements.

#include <airloom/weights/array.hpp>
#include <cstddef>
#include <span>
#include <string>

namespace airloom::weights {

struct npy_header {
  dtype type = dtype::undefined;
  bool big_endian = false;
  bool fortran_order = false;
  std::vector<std::int64_t> shape;
  std::size_t length = 0;  ///< in bytes: where the elements begin
};

/// Throws as parse_npy() does.
npy_header read_npy_header(std::span<const std::byte> file, const std::string& origin);

/// As numpy.save writes it, with its padding. Throws as write_npy() does.
std::string npy_header_for(const array& values);

}  // namespace airloom::weights
