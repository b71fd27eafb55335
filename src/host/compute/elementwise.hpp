#pragma once
// Element-wise functions of f32. Preparing picks the function; calling it allocates nothing.
// Inputs and output may be the same memory, but may not overlap otherwise.

#include <cstddef>

#include "host/compute/instruction_set.hpp"

namespace airloom::host::compute {

/// gelu_tanh is x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))), gelu_erf is x/2 (1 + erf(x / sqrt 2)), silu is
/// x / (1 + exp(-x)); all three are 0 at minus infinity.
///
/// The largest errors, in units of the last place of the exact result, measured over every x between 2^-25
/// and 2^8 in magnitude: exp 1.1, erf 1.3, rsqrt 1.5, sigmoid 2.5, tanh 2.7, gelu_tanh 3.4, gelu_erf 3.7,
/// silu 2.8; sqrt is rounded correctly. Below the normal numbers the unit is that of the smallest normal
/// number. NaN gives NaN.
enum class unary_operation { relu, tanh, sigmoid, exp, erf, gelu_tanh, gelu_erf, sqrt, rsqrt, silu };

using unary_function = void (*)(const float* x, float* y, std::size_t count) noexcept;

unary_function prepare(unary_operation operation, instruction_set set = best_instruction_set()) noexcept;

/// maximum is NaN where either side is.
enum class binary_operation { add, subtract, multiply, divide, maximum };

/// One operation in all its forms. The row forms take y = [rows, columns] op [columns], or the other way
/// round.
struct binary_functions {
  void (*equal)(const float* left, const float* right, float* y, std::size_t count) noexcept;
  void (*right_scalar)(const float* left, float right, float* y, std::size_t count) noexcept;
  void (*left_scalar)(float left, const float* right, float* y, std::size_t count) noexcept;
  void (*right_row)(const float* left, const float* right, float* y, std::size_t rows,
                    std::size_t columns) noexcept;
  void (*left_row)(const float* left, const float* right, float* y, std::size_t rows,
                   std::size_t columns) noexcept;
};

const binary_functions& prepare(binary_operation operation,
                                instruction_set set = best_instruction_set()) noexcept;

}  // namespace airloom::host::compute
