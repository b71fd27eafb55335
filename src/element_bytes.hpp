#pragma once
// One number as the bytes of an element of some type.

#include <Eigen/Core>
#include <airloom/dtype.hpp>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace airloom {

/// Appends `value`, converted as C++ does, as one little-endian element; f16 and bf16 are rounded to nearest,
/// ties to even. Returns whether `type` is one of the floating-point types up to f64, the integers of 8 to 64
/// bits, or bool; nothing is appended for another one.
template <class Number>
[[nodiscard]] bool append_element(std::vector<std::byte>& bytes, dtype type, Number value) {
  const auto append = [&bytes](auto element) {
    const auto* const first = reinterpret_cast<const std::byte*>(&element);
    bytes.insert(bytes.end(), first, first + sizeof(element));
    return true;
  };
  switch (type) {
    case dtype::f32:
      return append(static_cast<float>(value));
    case dtype::f64:
      return append(static_cast<double>(value));
    case dtype::f16:
      return append(Eigen::half{static_cast<float>(value)}.x);
    case dtype::bf16:
      return append(Eigen::bfloat16{static_cast<float>(value)}.value);
    case dtype::i8:
      return append(static_cast<std::int8_t>(value));
    case dtype::i16:
      return append(static_cast<std::int16_t>(value));
    case dtype::i32:
      return append(static_cast<std::int32_t>(value));
    case dtype::i64:
      return append(static_cast<std::int64_t>(value));
    case dtype::u8:
      return append(static_cast<std::uint8_t>(value));
    case dtype::u16:
      return append(static_cast<std::uint16_t>(value));
    case dtype::u32:
      return append(static_cast<std::uint32_t>(value));
    case dtype::u64:
      return append(static_cast<std::uint64_t>(value));
    case dtype::boolean:
      return append(static_cast<std::uint8_t>(value != Number{}));
    default:
      return false;
  }
}

}  // namespace airloom
