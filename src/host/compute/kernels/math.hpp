#pragma once
// Transcendental functions of a vector of f32. The polynomials are minimax fits made for these functions,
// with coefficients rounded to f32 one after the other; elementwise.hpp states the errors that result.

#include "host/compute/kernels/vector.hpp"

namespace airloom::host::compute {
namespace {

using double_lanes = double __attribute__((vector_size(width * sizeof(double))));

/// c[0] + c[1] x + c[2] x^2 + ..., in pairs (c[0] + c[1] x) + x^2 (c[2] + c[3] x) + ..., which rounds less
/// often one after the other than term by term.
template <int Count>
inline lanes polynomial(lanes x, const float (&c)[Count]) noexcept {
  const lanes square = x * x;
  lanes value = Count % 2 == 0 ? x * c[Count - 1] + c[Count - 2] : broadcast(c[Count - 1]);
#pragma GCC unroll 16
  for (int power = (Count - 1) / 2 * 2 - 2; power >= 0; power -= 2) {
    value = value * square + (x * c[power + 1] + c[power]);
  }
  return value;
}

inline lanes absolute(lanes x) noexcept {
  return (lanes)((integer_lanes)x & 0x7fffffff);
}

/// The magnitude of a positive `magnitude`, with the sign of `sign`.
inline lanes with_sign_of(lanes magnitude, lanes sign) noexcept {
  return (lanes)((integer_lanes)magnitude | ((integer_lanes)sign & static_cast<std::int32_t>(0x80000000u)));
}

/// x between the two bounds; NaN stays NaN.
inline lanes clamp(lanes x, float low, float high) noexcept {
  return maximum(broadcast(low), minimum(broadcast(high), x));
}

/// The nearest integer of a value below 2^22 in magnitude, as f32 and as an integer.
struct rounded {
  lanes value;
  integer_lanes integer;
};

inline rounded round_to_nearest(lanes x) noexcept {
  constexpr float shift = 12582912.0f;  // 1.5 * 2^23: its last binary place is 1
  const lanes shifted = x + shift;
  return {shifted - shift, (integer_lanes)shifted - (integer_lanes)broadcast(shift)};
}

constexpr float logarithm_base_2_of_e = 1.44269504f;

// log(2) is the sum of these; the first has 9 bits, so that small integers times it are exact.
constexpr float log_2_high = 0x1.63p-1f;
constexpr float log_2_low = -0x1.bd0106p-13f;

/// (exp(r) - 1 - r) / r^2 for |r| <= log(2) / 2.
inline lanes exponential_tail(lanes r) noexcept {
  constexpr float c[] = {0x1.fffffep-2f, 0x1.5554b4p-3f, 0x1.5556f2p-5f, 0x1.12255ep-7f, 0x1.6b9cdep-10f};
  return polynomial(r, c);
}

/// 2^n for -126 <= n <= 127.
inline lanes power_of_two(integer_lanes n) noexcept {
  return (lanes)((n + 127) << 23);
}

/// value * 2^n where the result may be subnormal or infinite.
inline lanes scale(lanes value, integer_lanes n) noexcept {
  const integer_lanes half = n >> 1;
  return value * power_of_two(half) * power_of_two(n - half);
}

/// An exp() as (1 + excess) * 2^exponent, so that a factor can be put in before places are lost to rounding
/// or to a small power.
struct scaled {
  lanes excess;
  integer_lanes exponent;
};

/// exp(r + exponent log(2)) for |r| <= log(2) / 2.
inline scaled exponential_of_reduced(lanes r, integer_lanes exponent) noexcept {
  return {r * r * exponential_tail(r) + r, exponent};
}

/// exp(x + correction) for x from -110 to 90 and a correction of less than 1 in magnitude.
inline scaled exponential_of_sum(lanes x, lanes correction) noexcept {
  const rounded n = round_to_nearest((x + correction) * logarithm_base_2_of_e);
  return exponential_of_reduced(x - n.value * log_2_high + (correction - n.value * log_2_low), n.integer);
}

inline lanes exponential(lanes x) noexcept {
  // Beyond these bounds the result is 0 or infinity.
  const scaled e = exponential_of_sum(clamp(x, -105.0f, 90.0f), lanes{});
  return scale(1.0f + e.excess, e.exponent);
}

/// exp(x) - 1 for x >= 0, at most 2^24.
inline lanes exponential_minus_one(lanes x) noexcept {
  const rounded n = round_to_nearest(x * logarithm_base_2_of_e);
  const lanes r = x - n.value * log_2_high - n.value * log_2_low;
  const lanes power = power_of_two(n.integer);
  return power * (r * r * exponential_tail(r) + r) + (power - 1.0f);
}

/// 1 / (1 + exp(-x)) where x >= 0, else exp(x) / (1 + exp(x)), which stays exact where exp(-x) would be
/// infinite.
inline lanes sigmoid(lanes x) noexcept {
  const lanes e = exponential(-absolute(x));
  return choose(x < 0.0f, e, broadcast(1.0f)) / (1.0f + e);
}

/// x sigmoid(x). The small factor of a negative x comes last, so that it costs no places.
inline lanes times_sigmoid(lanes x) noexcept {
  const lanes bounded = maximum(broadcast(-110.0f), x);  // below, the result is 0
  const scaled e = exponential_of_sum(-minimum(broadcast(110.0f), absolute(bounded)), lanes{});
  const lanes quotient = 1.0f / (1.0f + scale(1.0f + e.excess, e.exponent));
  return choose(x < 0.0f, scale((bounded * e.excess + bounded) * quotient, e.exponent), x * quotient);
}

/// With e = exp(2 |x|) - 1, tanh |x| = e / (e + 2).
inline lanes hyperbolic_tangent(lanes x) noexcept {
  // From 9.1 on the result rounds to 1.
  const lanes e = exponential_minus_one(2.0f * minimum(broadcast(10.0f), absolute(x)));
  return with_sign_of(e / (e + 2.0f), x);
}

/// A polynomial up to 1, 1 - exp(a polynomial) beyond.
inline lanes error_function(lanes x) noexcept {
  constexpr float near[] = {0x1.06eba8p-3f, -0x1.81273ep-2f,  0x1.ce2ce6p-4f, -0x1.b7f71cp-6f,
                            0x1.53f246p-8f, -0x1.a352d0p-11f, 0x1.477712p-14f};
  constexpr float far[] = {-0x1.0725e8p-3f, -0x1.45875ep-1f, -0x1.aeba0cp-4f,
                           0x1.75f36ap-6f,  -0x1.a2ba3ep-9f, 0x1.bba142p-13f};
  // From 3.92 on the result rounds to 1.
  const lanes t = minimum(broadcast(4.0f), absolute(x));
  const lanes beyond = 1.0f - exponential(polynomial(t, far) * t - t);
  return choose(t < 1.0f, polynomial(x * x, near) * x + x, with_sign_of(beyond, x));
}

/// With v = 2 sqrt(2/pi) |x + 0.044715 x^3| and e = exp(-v), gelu_tanh(x) is x / (1 + e) where x >= 0, else x
/// e / (1 + e). An f32 would hold a large v with too few places behind the point for exp, so v is computed in
/// f64.
inline lanes gelu_with_tanh(lanes x) noexcept {
  constexpr double linear = -1.5957691216057308;  // -2 sqrt(2/pi)
  constexpr double cubic = linear * 0.044715;
  constexpr double log_2 = 0.6931471805599453;
  const lanes bounded = clamp(x, -11.0f, 11.0f);  // beyond these the result is 0 or x
  const double_lanes t = __builtin_convertvector(absolute(bounded), double_lanes);
  const double_lanes minus_v = t * (cubic * (t * t) + linear);
  const rounded n = round_to_nearest(__builtin_convertvector(minus_v, lanes) * logarithm_base_2_of_e);
  const double_lanes r = minus_v - log_2 * __builtin_convertvector(n.value, double_lanes);
  const scaled e = exponential_of_reduced(__builtin_convertvector(r, lanes), n.integer);
  const lanes quotient = 1.0f / (1.0f + scale(1.0f + e.excess, e.exponent));
  return choose(x < 0.0f, scale((bounded * e.excess + bounded) * quotient, e.exponent), x * quotient);
}

/// gelu_erf(x) is x times the normal distribution function, which for -t is exp(-t^2 / 2) divided by a
/// function that is nearly a line; its distance from sqrt(2 pi) t + 2 is a quotient of polynomials. A t^2 of
/// one f32 is too inexact for exp, so t^2 is high^2 + (t - high)(t + high) with a high of 12 bits.
inline lanes gelu_with_error_function(lanes x) noexcept {
  constexpr float above[] = {-0x1.d25bf0p-1f, -0x1.1df6b0p-1f, -0x1.41cc28p-3f, -0x1.3bab90p-6f};
  constexpr float below[] = {1.0f, 0x1.d38776p-1f, 0x1.935172p-2f, 0x1.730780p-4f, 0x1.3bb5e2p-7f};
  const lanes bounded = clamp(x, -14.5f, 14.5f);  // beyond these the result is 0 or x
  const lanes t = absolute(bounded);
  const lanes high = (lanes)((integer_lanes)t & ~0xfff);
  const scaled e = exponential_of_sum(-0.5f * (high * high), -0.5f * ((t - high) * (t + high)));
  const lanes distance = t * polynomial(t, above) / polynomial(t, below);
  const lanes divisor = 0x1.40d932p+1f * t + (2.0f + distance);
  const lanes tail = scale((bounded * e.excess + bounded) / divisor, e.exponent);
  return choose(x < 0.0f, tail, x - tail);
}

}  // namespace
}  // namespace airloom::host::compute
