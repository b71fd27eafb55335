#pragma once
// Giving a model's parameters their weights.

#include <airloom/api.hpp>
#include <airloom/dtype.hpp>
#include <airloom/weights/array.hpp>
#include <airloom/weights/source.hpp>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace airloom::weights {

/// A parameter of a model: its dotted path, and what its weights have to be.
struct request {
  std::string name;
  dtype type = dtype::undefined;
  std::vector<std::int64_t> shape;
};

/// The weights of the requests, in their order. Throws one weights_do_not_fit that lists, by name, every
/// parameter that the source lacks or has with another shape or element type, and every name of the source
/// that was not asked for, unless the source allows it; 20 of them, and the number of the rest.
AIRLOOM_API std::vector<array> bind(std::span<const request> requests, const weights_source& source);

}  // namespace airloom::weights
