#pragma once
// The trained models: traced with their weights, run in one gear, held against PyTorch.

#include <airloom/airloom.hpp>
#include <airloom/host/memory_plan.hpp>
#include <airloom/weights/npy.hpp>
#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>

#include "support/data.hpp"

namespace test {

/// A golden array of a model, as elements of T (the file's own type).
template <class T>
std::vector<T> golden(const std::string& model, const std::string& name) {
  const airloom::weights::array read =
      airloom::weights::read_npy(data() / "models" / model / "golden" / (name + ".npy"));
  std::vector<T> values(read.bytes.size / sizeof(T));
  std::memcpy(values.data(), read.bytes.data, read.bytes.size);
  return values;
}

struct difference {
  double largest = 0;    ///< |mine - exact|
  double magnitude = 0;  ///< of the exact values
};

inline difference compare(const std::vector<float>& mine, const std::vector<double>& exact) {
  difference d;
  for (std::size_t i = 0; i != exact.size(); ++i) {
    d.largest = std::max(d.largest, std::isnan(mine[i]) ? INFINITY : std::abs(mine[i] - exact[i]));
    d.magnitude = std::max(d.magnitude, std::abs(exact[i]));
  }
  return d;
}

/// The largest difference that a right f32 implementation may have: ten times PyTorch's own f32 error, and at
/// least 1e-6 of the largest magnitude (the rule of the data's README).
inline double allowed(const std::vector<float>& torch_f32, const std::vector<double>& exact) {
  const difference torch = compare(torch_f32, exact);
  return std::max(10 * torch.largest, 1e-6 * torch.magnitude);
}

}  // namespace test
