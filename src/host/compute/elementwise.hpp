#pragma once
// Element-wise functions of f32. Preparing picks the function; calling it allocates nothing.
// Inputs and output may be the same memory, but may not overlap otherwise.

#include <cstddef>

#include "host/compute/instruction_set.hpp"

namespace airloom::host::compute {

/// gelu_tanh is x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))), gelu_erf is x/2 (1 + erf(x / sqrt 2)).
enum class unary_operation { relu, tanh, sigmoid, exp, erf, gelu_tanh, gelu_erf, sqrt, rsqrt };

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
