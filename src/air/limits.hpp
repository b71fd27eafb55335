#pragma once
// How much a file may ask of us. A file is at most as long as a protobuf message may be; what lies outside
// the contents of constants is bounded much closer, since a few bytes of it can become a large object.

#include <cstddef>
#include <cstdint>

namespace airloom::air {

inline constexpr std::uint64_t max_file_bytes = 2'147'483'647;   ///< INT32_MAX: GE reads and writes no more
inline constexpr std::size_t max_structure_bytes = 256'000'000;  ///< everything but contents of constants
inline constexpr std::size_t max_objects = 2'000'000;            ///< messages, and texts in lists
inline constexpr int max_depth = 100;  ///< messages within messages, as protobuf itself limits them

/// Messages and texts in lists that a file of this size may have. Files of GE and TorchAir spend at least 7
/// bytes on each.
inline constexpr std::size_t object_limit(std::size_t structure_bytes) {
  const std::size_t limit = 10'000 + structure_bytes / 5;
  return limit < max_objects ? limit : max_objects;
}

}  // namespace airloom::air
