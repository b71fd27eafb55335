#include <fmt/format.h>

#include <airloom/weights/map_file.hpp>
#include <airloom/weights/npy.hpp>
#include <algorithm>
#include <cstring>

#include "atomic_file.hpp"
#include "weights/format.hpp"
#include "weights/npy_header.hpp"

namespace airloom::weights {

namespace {

struct owned_buffer {
  std::shared_ptr<std::byte[]> bytes;
  std::size_t size;

  explicit owned_buffer(std::size_t length) : bytes{new std::byte[length]}, size{length} {}
  blob as_blob() && { return {bytes, bytes.get(), size}; }
};

blob with_swapped_bytes(const blob& elements, std::size_t width) {
  owned_buffer swapped{elements.size};
  for (std::size_t at = 0; at != elements.size; at += width)
    std::reverse_copy(elements.data + at, elements.data + at + width, swapped.bytes.get() + at);
  return std::move(swapped).as_blob();
}

/// From Fortran order (the first index runs fastest) to C order.
blob transposed(const blob& elements, const std::vector<std::int64_t>& shape, std::size_t width) {
  const std::size_t rank = shape.size();
  std::vector<std::size_t> stride(rank, width);
  for (std::size_t axis = 1; axis != rank; ++axis)
    stride[axis] = stride[axis - 1] * static_cast<std::size_t>(shape[axis - 1]);
  std::vector<std::int64_t> index(rank, 0);
  owned_buffer target{elements.size};
  std::size_t from = 0;
  for (std::size_t to = 0; to != elements.size; to += width) {
    std::memcpy(target.bytes.get() + to, elements.data + from, width);
    for (std::size_t axis = rank; axis-- != 0;) {
      from += stride[axis];
      if (++index[axis] != shape[axis]) break;
      from -= stride[axis] * static_cast<std::size_t>(shape[axis]);
      index[axis] = 0;
    }
  }
  return std::move(target).as_blob();
}

/// Bytes whose order a big-endian file has reversed: a complex number is two numbers.
std::size_t swapped_width(dtype type) {
  const std::size_t width = facts_of(type).bits / 8U;
  return type == dtype::c64 || type == dtype::c128 ? width / 2 : width;
}

}  // namespace

array parse_npy(const blob& file, const std::string& origin) {
  npy_header header = read_npy_header(file.span(), origin);
  const std::size_t size = file.size - header.length;
  if (byte_count(header.type, header.shape) != size)
    refuse(origin,
           fmt::format("{} bytes follow its header, and its shape and type need another number", size));
  blob elements = file.part(header.length, size);
  if (header.big_endian && swapped_width(header.type) > 1)
    elements = with_swapped_bytes(elements, swapped_width(header.type));
  if (header.fortran_order && header.shape.size() > 1)
    elements = transposed(elements, header.shape, facts_of(header.type).bits / 8U);
  return {header.type, std::move(header.shape), std::move(elements)};
}

array read_npy(const std::string& path) {
  return parse_npy(map_file(path), path);
}

void write_npy(const std::string& path, const array& values) {
  const std::string header = npy_header_for(values);
  atomic_file file{path};
  file.write(header);
  file.write(values.bytes.span());
  file.commit();
}

}  // namespace airloom::weights
