#pragma once
// The two 8-bit floats with a sign, as elements that are computed with in f32.

#include <algorithm>

#include "host/element.hpp"

namespace airloom::host {

/// ExponentBits and MantissaBits behind the sign. With `Infinities` the highest exponent holds infinities and
/// NaN as in IEEE 754, and what lies beyond the largest number becomes infinite; without, it holds numbers
/// but for one NaN (all ones), and what lies beyond the largest number becomes that. So does torch convert.
template <unsigned ExponentBits, unsigned MantissaBits, bool Infinities>
struct float8 {
  std::uint8_t bits = 0;

  float8() = default;
  explicit float8(float x)
      : bits{static_cast<std::uint8_t>(magnitude_of(std::abs(x)) | (std::signbit(x) ? 0x80U : 0U))} {}
  explicit operator float() const {
    const unsigned exponent = bits >> MantissaBits & exponent_mask, mantissa = bits & mantissa_mask;
    const float sign = (bits & 0x80U) != 0 ? -1.0F : 1.0F;
    if (Infinities ? exponent == exponent_mask : (bits & 0x7FU) == 0x7FU)
      return Infinities && mantissa == 0 ? sign * std::numeric_limits<float>::infinity()
                                         : std::numeric_limits<float>::quiet_NaN();
    const unsigned whole = exponent == 0 ? mantissa : mantissa | 1U << MantissaBits;
    return sign * std::ldexp(static_cast<float>(whole), static_cast<int>(std::max(exponent, 1U)) + lowest);
  }

 private:
  static constexpr unsigned exponent_mask = (1U << ExponentBits) - 1,
                            mantissa_mask = (1U << MantissaBits) - 1;
  static constexpr int bias = (1 << (ExponentBits - 1)) - 1;
  static constexpr int lowest = -bias - static_cast<int>(MantissaBits);  // the unit at exponent 0
  static constexpr unsigned not_a_number = 0x7FU;
  static constexpr unsigned beyond = Infinities ? exponent_mask << MantissaBits : not_a_number;

  /// Rounded to nearest, ties to even: the unit of the result is a power of two, so that dividing by it is
  /// exact.
  static unsigned magnitude_of(float x) {
    if (std::isnan(x)) return not_a_number;
    if (std::isinf(x)) return beyond;
    const int exponent = x == 0 ? 0 : std::max(std::ilogb(x) + bias, 1);
    const auto units =
        static_cast<unsigned>(std::nearbyint(std::ldexp(x, -(std::max(exponent, 1) + lowest))));
    // A carry moves the exponent by itself: numbers lie in the order of their bits.
    const unsigned found = (exponent <= 1 ? 0 : static_cast<unsigned>(exponent - 1) << MantissaBits) + units;
    return std::min(found, beyond);
  }
};

using float8_e5m2 = float8<5, 2, true>;
using float8_e4m3fn = float8<4, 3, false>;

template <>
inline constexpr dtype dtype_of<float8_e5m2> = dtype::f8_e5m2;
template <>
inline constexpr dtype dtype_of<float8_e4m3fn> = dtype::f8_e4m3fn;
template <>
struct computed_in<float8_e5m2> {
  using type = float;
};
template <>
struct computed_in<float8_e4m3fn> {
  using type = float;
};

}  // namespace airloom::host
