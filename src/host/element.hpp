#pragma once
// Element types of C++ for the element types of tensors, and their arithmetic: what a kernel computes in, and
// how a result is rounded once into its element type.

#include <Eigen/Core>
#include <bit>
#include <cmath>
#include <limits>

#include "host/kernel.hpp"

namespace airloom::host {

using half = Eigen::half;
using bfloat16 = Eigen::bfloat16;

/// One bool of a tensor. (The caller's bytes may be anything, which a C++ bool may not.)
struct truth {
  std::uint8_t byte = 0;
  truth() = default;
  constexpr truth(bool value) : byte{value} {}           // NOLINT(google-explicit-constructor)
  constexpr operator bool() const { return byte != 0; }  // NOLINT(google-explicit-constructor)
};

template <class T>
struct element_tag {
  using type = T;
};

template <class T>
inline constexpr dtype dtype_of = dtype_of_element<T>();
template <>
inline constexpr dtype dtype_of<half> = dtype::f16;
template <>
inline constexpr dtype dtype_of<bfloat16> = dtype::bf16;
template <>
inline constexpr dtype dtype_of<truth> = dtype::boolean;

template <class... Types>
struct element_list {};
using float_elements = element_list<float, half, bfloat16, double>;
using integer_elements = element_list<std::int8_t, std::int16_t, std::int32_t, std::int64_t, std::uint8_t,
                                      std::uint16_t, std::uint32_t, std::uint64_t>;
using number_elements = element_list<float, half, bfloat16, double, std::int8_t, std::int16_t, std::int32_t,
                                     std::int64_t, std::uint8_t, std::uint16_t, std::uint32_t, std::uint64_t>;

/// make(element_tag<T>{}) for the T of the list that holds elements of this type; nothing prepared where the
/// list has none.
template <class... Types, class Make>
prepared for_element(element_list<Types...>, dtype type, Make make) {
  prepared result;
  static_cast<void>(((dtype_of<Types> == type && (result = make(element_tag<Types>{}), true)) || ...));
  return result;
}

/// Elements of any type as so many bytes, for kernels that only move them.
template <class Make>
prepared for_width(dtype type, Make make) {
  switch (facts_of(type).bits) {
    case 8:
      return make(element_tag<std::uint8_t>{});
    case 16:
      return make(element_tag<std::uint16_t>{});
    case 32:
      return make(element_tag<std::uint32_t>{});
    case 64:
      return make(element_tag<std::uint64_t>{});
    case 128:
      return make(element_tag<std::complex<double>>{});
    default:
      return {};
  }
}

/// What arithmetic on elements of type T is done in: f32 for f16 and bf16, T itself otherwise.
template <class T>
struct computed_in {
  using type = T;
};
template <>
struct computed_in<half> {
  using type = float;
};
template <>
struct computed_in<bfloat16> {
  using type = float;
};
template <class T>
using compute_type = typename computed_in<T>::type;

template <class T>
compute_type<T> widened(T x) {
  return static_cast<compute_type<T>>(x);
}

/// A result rounded once, to nearest, ties to even.
template <class T>
T rounded(compute_type<T> x) {
  return static_cast<T>(x);
}
/// Eigen's own conversion makes zeros of subnormal results.
template <>
inline bfloat16 rounded<bfloat16>(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x);
  const std::uint32_t nearest = std::isnan(x) ? bits | 0x400000U : bits + 0x7FFFU + (bits >> 16 & 1U);
  return Eigen::bfloat16_impl::raw_uint16_to_bfloat16(static_cast<std::uint16_t>(nearest >> 16));
}

/// A sum, difference or product; integers wrap around in two's complement.
template <class T, class Operation>
T wrapped_around(T a, T b, Operation operation) {
  if constexpr (std::is_integral_v<T>)
    return static_cast<T>(operation(static_cast<std::uint64_t>(a), static_cast<std::uint64_t>(b)));
  else
    return operation(a, b);
}

/// The larger number; NaN where either side is.
template <class T>
T larger(T a, T b) {
  return a > b || a != a ? a : b;
}
/// The smaller number; NaN where either side is.
template <class T>
T smaller(T a, T b) {
  return a < b || a != a ? a : b;
}

/// Dense elements in the caller's or the arena's memory, as Eigen sees them.
template <class T>
using elements_map = Eigen::Map<Eigen::Array<T, Eigen::Dynamic, 1>>;
template <class T>
using const_elements_map = Eigen::Map<const Eigen::Array<T, Eigen::Dynamic, 1>>;

template <class T>
elements_map<T> elements_at(T* first, std::size_t count) {
  return {first, static_cast<Eigen::Index>(count)};
}
template <class T>
const_elements_map<T> elements_at(const T* first, std::size_t count) {
  return {first, static_cast<Eigen::Index>(count)};
}

}  // namespace airloom::host
