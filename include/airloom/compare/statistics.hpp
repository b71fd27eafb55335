#pragma once
// One tensor in three numbers.

#include <airloom/api.hpp>
#include <airloom/weights/array.hpp>

namespace airloom::compare {

/// As numpy has them: a NaN among the elements makes all three NaN. NaN too where there are no elements.
struct statistics {
  double minimum = 0;
  double maximum = 0;
  double mean = 0;
};

/// Needs an element type that measure() takes; throws compare_failed for another.
AIRLOOM_API statistics statistics_of(const weights::array& tensor);

}  // namespace airloom::compare
