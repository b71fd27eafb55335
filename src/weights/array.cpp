#include <airloom/weights/array.hpp>
#include <algorithm>
#include <limits>

namespace airloom::weights {

std::optional<std::uint64_t> byte_count(dtype type, std::span<const std::int64_t> shape) {
  const std::uint64_t bits = facts_of(type).bits;
  if (bits == 0) return std::nullopt;
  // Seven bits of room for rounding up to whole bytes.
  const std::uint64_t most = (std::numeric_limits<std::int64_t>::max() - 7) / bits;
  std::uint64_t elements = 1;
  bool empty = false;
  for (const std::int64_t size : shape) {
    if (size < 0) return std::nullopt;
    if (size == 0) {
      empty = true;
    } else {
      if (static_cast<std::uint64_t>(size) > most / elements) return std::nullopt;
      elements *= static_cast<std::uint64_t>(size);
    }
  }
  return empty ? 0 : bytes_for(type, elements);
}

const array* find(std::span<const named_array> arrays, std::string_view name) {
  const auto found = std::ranges::find(arrays, name, &named_array::name);
  return found == arrays.end() ? nullptr : &found->value;
}

}  // namespace airloom::weights
