#include "graph/contents.hpp"

namespace airloom {

std::optional<std::uint64_t> bytes_of(const tensor_description& description) {
  if (!description.shape.rank_known || facts_of(description.type).bits == 0) return std::nullopt;
  std::uint64_t elements = 1;
  for (std::size_t i = 0; i != description.shape.rank; ++i) {
    const extent& size = description.shape[i];
    if (!size.is_constant() || size.constant() < 0) return std::nullopt;
    if (__builtin_mul_overflow(elements, static_cast<std::uint64_t>(size.constant()), &elements))
      return std::nullopt;
  }
  constexpr std::uint64_t widest = 128;  // bits of one element
  if (elements > ~std::uint64_t{0} / widest) return std::nullopt;
  return bytes_for(description.type, elements);
}

}  // namespace airloom
