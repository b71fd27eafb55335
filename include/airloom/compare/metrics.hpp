#pragma once
// How far two tensors are apart, in the numbers that Ascend's own comparison (msit, msprobe) reports.

#include <airloom/api.hpp>
#include <airloom/weights/array.hpp>
#include <cstdint>

namespace airloom::compare {

/// Elements of one tensor that are no finite numbers.
struct non_finite_count {
  std::uint64_t nan = 0;
  std::uint64_t infinite = 0;
  bool operator==(const non_finite_count&) const = default;
};

/// Over the elements that are finite on both sides; g is the golden value, m mine, and means divide by the
/// number of these elements.
///
/// The four errors are msit's (components/utils/cmp_algorithm.py): where |g| <= 2^-23 they count as 0. What
/// they so leave out is largest_error_at_zero, and it is part of relative_distance. msit computes the errors
/// in float32; here everything is computed in double.
struct metrics {
  double cosine = 1;                  ///< g.m / (|g| |m|); both zero: 1, one zero: 0
  double relative_distance = 0;       ///< |m - g| / |g|, Euclidean; both zero: 0, g alone zero: infinity
  double largest_absolute_error = 0;  ///< of |m - g|
  double mean_absolute_error = 0;
  double largest_relative_error = 0;  ///< of |m / g - 1|
  double mean_relative_error = 0;
  double largest_error_at_zero = 0;  ///< of |m - g| where |g| <= 2^-23
  non_finite_count golden_non_finite;
  non_finite_count mine_non_finite;
  /// Elements of which one side is not finite and the other is something else. Two NaNs are the same, two
  /// infinities where they have one sign.
  std::uint64_t non_finite_disagreements = 0;
};

/// Whether measure() takes this element type: booleans, integers of 8 to 64 bits, f16, bf16, f32, f64.
AIRLOOM_API bool is_measurable(dtype type);

/// Measures two tensors with equally many elements in one pass. Their element types may differ; integers
/// beyond 2^53 are rounded. Throws compare_failed where the numbers of elements differ or an element type is
/// not measurable.
AIRLOOM_API metrics measure(const weights::array& golden, const weights::array& mine);

}  // namespace airloom::compare
