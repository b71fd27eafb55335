#pragma once
// Tensors as weight files hold them.

#include <airloom/api.hpp>
#include <airloom/blob.hpp>
#include <airloom/dtype.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace airloom::weights {

/// A tensor: elements in C order (the last index runs fastest), little-endian, without padding.
struct array {
  dtype type = dtype::undefined;
  std::vector<std::int64_t> shape;  ///< sizes; empty for a scalar
  blob bytes;                       ///< byte_count(type, shape) of them, at any alignment
};

struct named_array {
  std::string name;
  array value;
};

/// Bytes that an array takes. Nothing where a size is negative, the element type has no fixed width, or the
/// product of the sizes that are not 0 is too large for 63 bits: so strides can be computed without a check.
AIRLOOM_API std::optional<std::uint64_t> byte_count(dtype type, std::span<const std::int64_t> shape);

/// The array with this name; null where there is none.
AIRLOOM_API const array* find(std::span<const named_array> arrays, std::string_view name);

}  // namespace airloom::weights
