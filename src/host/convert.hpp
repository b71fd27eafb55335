#pragma once
// Whole tensors from one element type to another, chosen by dtype while preparing.

#include "host/element.hpp"

namespace airloom::host {

/// Elements as they are computed with: f32 for f32, f16 and bf16; unsigned 32 bits, in which sums and
/// products wrap around, for i8 and i32.
template <class Wide>
using widen_function = void (*)(const void* from, Wide* to, std::size_t count) noexcept;
template <class Wide>
using narrow_function = void (*)(const Wide* from, void* to, std::size_t count) noexcept;

template <class Wide, class T>
void widen(const void* from, Wide* to, std::size_t count) noexcept {
  const T* const values = static_cast<const T*>(from);
  for (std::size_t i = 0; i != count; ++i) to[i] = static_cast<Wide>(widened(values[i]));
}
template <class Wide, class T>
void narrow(const Wide* from, void* to, std::size_t count) noexcept {
  T* const values = static_cast<T*>(to);
  for (std::size_t i = 0; i != count; ++i) values[i] = rounded<T>(static_cast<compute_type<T>>(from[i]));
}

/// The function that widens elements of this type; null where Wide is not what they are computed in.
template <class Wide>
widen_function<Wide> widen_from(dtype type) {
  if constexpr (std::is_same_v<Wide, float>) {
    if (type == dtype::f32) return widen<float, float>;
    if (type == dtype::f16) return widen<float, half>;
    if (type == dtype::bf16) return widen<float, bfloat16>;
  } else {
    if (type == dtype::i8) return widen<std::uint32_t, std::int8_t>;
    if (type == dtype::i32) return widen<std::uint32_t, std::int32_t>;
  }
  return nullptr;
}
template <class Wide>
narrow_function<Wide> narrow_to(dtype type) {
  if constexpr (std::is_same_v<Wide, float>) {
    if (type == dtype::f32) return narrow<float, float>;
    if (type == dtype::f16) return narrow<float, half>;
    if (type == dtype::bf16) return narrow<float, bfloat16>;
  } else {
    if (type == dtype::i32) return narrow<std::uint32_t, std::int32_t>;
  }
  return nullptr;
}

}  // namespace airloom::host
