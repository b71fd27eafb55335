#pragma once
// A vector of f32 in the widest registers this source is compiled for. Everything here is in an anonymous
// namespace: each level must keep its own copy (see kernels.hpp). Arithmetic and comparison are the
// compiler's vector extension; only what that cannot say is written with intrinsics.

#include <cstddef>
#include <cstdint>
#include <utility>

#if defined(__SSE2__)
// g++ 12 takes the deliberately undefined registers inside this header for mistakes of ours.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <immintrin.h>
#pragma GCC diagnostic pop
#endif

namespace airloom::host::compute {
namespace {

// Width in floats, and how many vector registers there are.
#if defined(__AVX512F__)
constexpr int width = 16;
constexpr int registers = 32;
#elif defined(__AVX2__)
constexpr int width = 8;
constexpr int registers = 16;
#else
constexpr int width = 4;
constexpr int registers = 16;
#endif

using lanes = float __attribute__((vector_size(width * sizeof(float))));
using integer_lanes = std::int32_t __attribute__((vector_size(width * sizeof(float))));

inline lanes load(const float* from) noexcept {
  lanes value;
  __builtin_memcpy(&value, from, sizeof value);
  return value;
}

inline void store(float* to, lanes value) noexcept {
  __builtin_memcpy(to, &value, sizeof value);
}

// Subtracting zero keeps the sign of a zero, which adding would not.
inline lanes broadcast(float value) noexcept {
  return value - lanes{};
}

inline integer_lanes lane_numbers() noexcept {
  integer_lanes numbers{};
  for (int lane = 0; lane < width; ++lane) numbers[lane] = lane;
  return numbers;
}

/// The first `count` floats and zeros after them; reads nothing else. `count` is below the width.
inline lanes load_first(const float* from, std::size_t count) noexcept {
#if defined(__AVX512F__)
  return _mm512_maskz_loadu_ps(static_cast<__mmask16>((1u << count) - 1u), from);
#elif defined(__AVX2__)
  return _mm256_maskload_ps(from, (__m256i)(lane_numbers() < static_cast<std::int32_t>(count)));
#else
  lanes value{};
  for (std::size_t lane = 0; lane < count; ++lane) value[lane] = from[lane];
  return value;
#endif
}

/// Writes the first `count` floats and nothing else. `count` is below the width. Without AVX-512 it goes in
/// halves: AMD's processors take longer for one masked store than for all of these.
inline void store_first(float* to, lanes value, std::size_t count) noexcept {
#if defined(__AVX512F__)
  _mm512_mask_storeu_ps(to, static_cast<__mmask16>((1u << count) - 1u), value);
#elif defined(__SSE2__)
#if defined(__AVX2__)
  __m128 four = _mm256_castps256_ps128(value);
  if ((count & 4) != 0) {
    _mm_storeu_ps(to, four);
    four = _mm256_extractf128_ps(value, 1);
    to += 4;
  }
#else
  __m128 four = value;
#endif
  if ((count & 2) != 0) {
    _mm_storel_pi(reinterpret_cast<__m64*>(to), four);
    four = _mm_movehl_ps(four, four);
    to += 2;
  }
  if ((count & 1) != 0) _mm_store_ss(to, four);
#else
  for (std::size_t lane = 0; lane < count; ++lane) to[lane] = value[lane];
#endif
}

inline lanes load_up_to(const float* from, std::size_t count) noexcept {
  return count >= width ? load(from) : load_first(from, count);
}

inline void store_up_to(float* to, lanes value, std::size_t count) noexcept {
  if (count >= width) {
    store(to, value);
  } else {
    store_first(to, value, count);
  }
}

/// The greater of two; `right` where either is NaN.
inline lanes maximum(lanes left, lanes right) noexcept {
#if defined(__AVX512F__)
  return _mm512_max_ps(left, right);
#elif defined(__AVX2__)
  return _mm256_max_ps(left, right);
#elif defined(__SSE2__)
  return _mm_max_ps(left, right);
#else
  return left > right ? left : right;
#endif
}

/// The smaller of two; `right` where either is NaN.
inline lanes minimum(lanes left, lanes right) noexcept {
#if defined(__AVX512F__)
  return _mm512_min_ps(left, right);
#elif defined(__AVX2__)
  return _mm256_min_ps(left, right);
#elif defined(__SSE2__)
  return _mm_min_ps(left, right);
#else
  return left < right ? left : right;
#endif
}

inline lanes square_root(lanes value) noexcept {
#if defined(__AVX512F__)
  return _mm512_sqrt_ps(value);
#elif defined(__AVX2__)
  return _mm256_sqrt_ps(value);
#elif defined(__SSE2__)
  return _mm_sqrt_ps(value);
#else
  for (int lane = 0; lane < width; ++lane) value[lane] = __builtin_sqrtf(value[lane]);
  return value;
#endif
}

inline lanes choose(integer_lanes condition, lanes yes, lanes no) noexcept {
  return condition ? yes : no;
}

/// The greater of two; NaN where either is.
inline lanes maximum_or_nan(lanes left, lanes right) noexcept {
  return choose(left != left, left, maximum(left, right));
}

/// Of two vectors beside each other, the lanes at even places, and those at odd ones.
template <int... Lane>
inline lanes every_other(lanes left, lanes right, std::integer_sequence<int, Lane...>) noexcept {
  return __builtin_shufflevector(left, right, (2 * Lane)...);
}
template <int... Lane>
inline lanes every_other_after(lanes left, lanes right, std::integer_sequence<int, Lane...>) noexcept {
  return __builtin_shufflevector(left, right, (2 * Lane + 1)...);
}
inline lanes even_places(lanes left, lanes right) noexcept {
  return every_other(left, right, std::make_integer_sequence<int, width>{});
}
inline lanes odd_places(lanes left, lanes right) noexcept {
  return every_other_after(left, right, std::make_integer_sequence<int, width>{});
}

/// The first `count` lanes of `value`, and `fill` in the others.
inline lanes keep_first(lanes value, std::size_t count, lanes fill) noexcept {
  return choose(lane_numbers() < static_cast<std::int32_t>(count), value, fill);
}

inline float sum_of_lanes(lanes value) noexcept {
  float lane[width];
  store(lane, value);
#pragma GCC unroll 4
  for (int half = width / 2; half > 0; half /= 2) {
    for (int i = 0; i < half; ++i) lane[i] += lane[i + half];
  }
  return lane[0];
}

inline float greatest_lane(lanes value) noexcept {
  float lane[width];
  store(lane, value);
#pragma GCC unroll 4
  for (int half = width / 2; half > 0; half /= 2) {
    for (int i = 0; i < half; ++i) lane[i] = lane[i] > lane[i + half] ? lane[i] : lane[i + half];
  }
  return lane[0];
}

}  // namespace
}  // namespace airloom::host::compute
