#pragma once
// Weights that are all one number.

#include <airloom/weights/bind.hpp>
#include <map>
#include <mutex>

namespace airloom::weights {

/// Makes the arrays of filled(). Those of one element type are parts of one buffer, as long as none before
/// was shorter.
class constant {
 public:
  explicit constant(double value) : value_{value} {}

  /// Throws dtype_mismatch, weights_do_not_fit, and shape_mismatch for a shape that no array can have.
  array fill(const request& wanted);

 private:
  const double value_;
  std::mutex mutex_;
  std::map<dtype, blob> buffers_;
};

}  // namespace airloom::weights
