#include "host/compute/kernels/kernels.hpp"
#include "host/compute/kernels/math.hpp"

namespace airloom::host::compute {
namespace {

// Operands: elements one after the other, or one value for all.
struct elements {
  const float* values;
  lanes all(std::size_t at) const noexcept { return load(values + at); }
  lanes first(std::size_t at, std::size_t count) const noexcept { return load_first(values + at, count); }
};

struct repeated {
  float value;
  lanes all(std::size_t) const noexcept { return broadcast(value); }
  lanes first(std::size_t, std::size_t) const noexcept { return broadcast(value); }
};

template <typename Operation, typename... Operands>
void map(float* y, std::size_t count, Operands... operands) noexcept {
  std::size_t at = 0;
  for (; at + width <= count; at += width) store(y + at, Operation::of(operands.all(at)...));
  if (at < count) store_first(y + at, Operation::of(operands.first(at, count - at)...), count - at);
}

struct relu {
  static lanes of(lanes x) noexcept { return maximum(lanes{}, x); }
};
struct tanh {
  static lanes of(lanes x) noexcept { return hyperbolic_tangent(x); }
};
struct logistic {
  static lanes of(lanes x) noexcept { return sigmoid(x); }
};
struct exp {
  static lanes of(lanes x) noexcept { return exponential(x); }
};
struct erf {
  static lanes of(lanes x) noexcept { return error_function(x); }
};
struct gelu_tanh {
  static lanes of(lanes x) noexcept { return gelu_with_tanh(x); }
};
struct gelu_erf {
  static lanes of(lanes x) noexcept { return gelu_with_error_function(x); }
};
struct sqrt {
  static lanes of(lanes x) noexcept { return square_root(x); }
};
struct rsqrt {
  static lanes of(lanes x) noexcept { return 1.0f / square_root(x); }
};
struct silu {
  static lanes of(lanes x) noexcept { return times_sigmoid(x); }
};

struct add {
  static lanes of(lanes left, lanes right) noexcept { return left + right; }
};
struct subtract {
  static lanes of(lanes left, lanes right) noexcept { return left - right; }
};
struct multiply {
  static lanes of(lanes left, lanes right) noexcept { return left * right; }
};
struct divide {
  static lanes of(lanes left, lanes right) noexcept { return left / right; }
};
struct greater {
  static lanes of(lanes left, lanes right) noexcept { return maximum_or_nan(left, right); }
};

template <typename Operation>
void unary(const float* x, float* y, std::size_t count) noexcept {
  map<Operation>(y, count, elements{x});
}

template <typename Operation>
constexpr binary_functions binary{
    .equal = [](const float* left, const float* right, float* y,
                std::size_t count) noexcept { map<Operation>(y, count, elements{left}, elements{right}); },
    .right_scalar =
        [](const float* left, float right, float* y, std::size_t count) noexcept {
          map<Operation>(y, count, elements{left}, repeated{right});
        },
    .left_scalar =
        [](float left, const float* right, float* y, std::size_t count) noexcept {
          map<Operation>(y, count, repeated{left}, elements{right});
        },
    .right_row =
        [](const float* left, const float* right, float* y, std::size_t rows, std::size_t columns) noexcept {
          for (std::size_t at = 0; at < rows * columns; at += columns) {
            map<Operation>(y + at, columns, elements{left + at}, elements{right});
          }
        },
    .left_row =
        [](const float* left, const float* right, float* y, std::size_t rows, std::size_t columns) noexcept {
          for (std::size_t at = 0; at < rows * columns; at += columns) {
            map<Operation>(y + at, columns, elements{left}, elements{right + at});
          }
        },
};

}  // namespace

namespace AIRLOOM_INSTRUCTION_SET {
const elementwise_kernels elementwise{
    .unary = {unary<relu>, unary<tanh>, unary<logistic>, unary<exp>, unary<erf>, unary<gelu_tanh>,
              unary<gelu_erf>, unary<sqrt>, unary<rsqrt>, unary<silu>},
    .binary = {binary<add>, binary<subtract>, binary<multiply>, binary<divide>, binary<greater>},
};
}  // namespace AIRLOOM_INSTRUCTION_SET

}  // namespace airloom::host::compute
