#pragma once
// Elements of tensors as doubles.

#include <airloom/dtype.hpp>
#include <cstddef>
#include <span>

namespace airloom {

/// Turns as many elements as there are doubles; 64-bit integers are rounded.
using element_converter = void (*)(const std::byte*, std::span<double>);

/// How elements of a type become doubles; null for a type that is no number of 8 to 64 bits.
element_converter converter_to_double(dtype type);

}  // namespace airloom
