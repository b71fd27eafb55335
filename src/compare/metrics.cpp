#include <fmt/format.h>
#include <airloom/compare/metrics.hpp>
#include <airloom/error.hpp>
#include <algorithm>
#include <cmath>
#include <limits>

#include "compare/elements.hpp"

namespace airloom::compare {

namespace {

void count(double value, non_finite_count& counts) {
  if (std::isnan(value)) ++counts.nan;
  if (std::isinf(value)) ++counts.infinite;
}

class measurement {
 public:
  void add(double golden, double mine) {
    if (std::isfinite(golden) && std::isfinite(mine))
      add_finite(golden, mine);
    else
      add_non_finite(golden, mine);
  }

  metrics result() const {
    metrics done = metrics_;
    done.cosine = cosine();
    done.relative_distance = relative_distance();
    if (elements_ == 0) return done;
    done.mean_absolute_error = absolute_errors_ / elements_;
    done.mean_relative_error = relative_errors_ / elements_;
    return done;
  }

 private:
  void add_finite(double golden, double mine) {
    const double difference = mine - golden;
    ++elements_;
    products_ += golden * mine;
    golden_squares_ += golden * golden;
    mine_squares_ += mine * mine;
    difference_squares_ += difference * difference;
    add_error(golden, mine, std::abs(difference));
  }

  void add_error(double golden, double mine, double absolute) {
    constexpr double as_good_as_zero = 0x1p-23;
    if (std::abs(golden) <= as_good_as_zero) {
      metrics_.largest_error_at_zero = std::max(metrics_.largest_error_at_zero, absolute);
      return;
    }
    const double relative = std::abs(mine / golden - 1);
    metrics_.largest_absolute_error = std::max(metrics_.largest_absolute_error, absolute);
    metrics_.largest_relative_error = std::max(metrics_.largest_relative_error, relative);
    absolute_errors_ += absolute;
    relative_errors_ += relative;
  }

  void add_non_finite(double golden, double mine) {
    count(golden, metrics_.golden_non_finite);
    count(mine, metrics_.mine_non_finite);
    const bool same = golden == mine || (std::isnan(golden) && std::isnan(mine));
    if (!same) ++metrics_.non_finite_disagreements;
  }

  double cosine() const {
    if (golden_squares_ == 0 && mine_squares_ == 0) return 1;
    if (golden_squares_ == 0 || mine_squares_ == 0) return 0;
    // Rounding may leave a little more than 1.
    return std::clamp(products_ / (std::sqrt(golden_squares_) * std::sqrt(mine_squares_)), -1.0, 1.0);
  }
  double relative_distance() const {
    if (difference_squares_ == 0) return 0;
    if (golden_squares_ == 0) return std::numeric_limits<double>::infinity();
    return std::sqrt(difference_squares_ / golden_squares_);
  }

  metrics metrics_;
  double elements_ = 0;
  double products_ = 0;
  double golden_squares_ = 0;
  double mine_squares_ = 0;
  double difference_squares_ = 0;
  double absolute_errors_ = 0;
  double relative_errors_ = 0;
};

}  // namespace

metrics measure(const weights::array& golden, const weights::array& mine) {
  const element_reader golden_elements{golden}, mine_elements{mine};
  const std::size_t elements = golden_elements.count();
  if (elements != mine_elements.count())
    throw error{
        error_code::compare_failed,
        fmt::format("A tensor of {} elements is compared with one of {}.", elements, mine_elements.count()),
        "Compare tensors of one shape."};
  element_block golden_block, mine_block;
  measurement measured;
  for (std::size_t first = 0; first < elements; first += golden_block.size()) {
    const std::size_t length = golden_elements.read(first, golden_block);
    mine_elements.read(first, mine_block);
    for (std::size_t i = 0; i != length; ++i) measured.add(golden_block[i], mine_block[i]);
  }
  return measured.result();
}

}  // namespace airloom::compare
