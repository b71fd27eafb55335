#include <airloom/compare/statistics.hpp>
#include <algorithm>
#include <cmath>
#include <limits>

#include "compare/elements.hpp"

namespace airloom::compare {

statistics statistics_of(const weights::array& tensor) {
  const element_reader elements{tensor};
  constexpr double nan = std::numeric_limits<double>::quiet_NaN(),
                   infinity = std::numeric_limits<double>::infinity();
  double minimum = infinity, maximum = -infinity, sum = 0;
  bool has_nan = elements.count() == 0;
  element_block block;
  for (std::size_t first = 0; first < elements.count(); first += block.size()) {
    const std::size_t length = elements.read(first, block);
    for (std::size_t i = 0; i != length; ++i) {
      minimum = std::min(minimum, block[i]);
      maximum = std::max(maximum, block[i]);
      sum += block[i];
      has_nan = has_nan || std::isnan(block[i]);
    }
  }
  if (has_nan) return {nan, nan, nan};
  return {minimum, maximum, sum / static_cast<double>(elements.count())};
}

}  // namespace airloom::compare
