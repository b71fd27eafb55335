#pragma once
// Two sets of named tensors, one of them trusted: what is missing, what differs, by how much, and the
// verdict.

#include <airloom/api.hpp>
#include <airloom/compare/metrics.hpp>
#include <airloom/weights/array.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace airloom::compare {

/// What two tensors have to keep to be taken for the same.
///
/// msit itself passes no verdict; its successor's guide speaks of a cosine of 0.99 and relative errors below
/// 0.01. A cosine alone does not see a wrong scale, and a relative error explodes beside zero, so by default
/// the relative distance of the whole tensors stands beside the cosine.
struct thresholds {
  double cosine = 0.9999;           ///< at least
  double relative_distance = 0.02;  ///< at most
  /// At most, in every element. Where it is not set, golden booleans and integers of more than 8 bits
  /// (indexes, sizes, tokens) have to be met exactly.
  std::optional<double> absolute = std::nullopt;
  /// At most, in every element with |golden| > 2^-23.
  std::optional<double> relative = std::nullopt;
};

/// One pair of tensors.
struct tensor_comparison {
  std::string name;
  dtype golden_type = dtype::undefined;
  dtype mine_type = dtype::undefined;
  std::vector<std::int64_t> golden_shape;
  std::vector<std::int64_t> mine_shape;
  std::optional<metrics> measured;   ///< nothing where the two cannot be measured against each other
  std::vector<std::string> reasons;  ///< sentences: why the two are not the same

  bool agrees() const { return reasons.empty(); }
};

struct report {
  std::vector<tensor_comparison> tensors;  ///< in the order of the golden side
  std::vector<std::string> missing;        ///< golden tensors without a counterpart
  std::vector<std::string> extra;          ///< tensors of mine without a counterpart

  /// The verdict: every tensor has its counterpart and agrees with it.
  AIRLOOM_API bool agrees() const;
};

/// Compares two tensors, whatever they are called. Shapes have to be equal; element types may differ. A value
/// that is not finite has to stand on both sides (msit refuses it even then).
AIRLOOM_API tensor_comparison compare(const weights::array& golden, const weights::array& mine,
                                      const thresholds& limits = {});

/// Compares two sets of tensors, paired by name.
/// Throws compare_failed where the golden side holds nothing.
AIRLOOM_API report compare(std::span<const weights::named_array> golden,
                           std::span<const weights::named_array> mine, const thresholds& limits = {});

}  // namespace airloom::compare
