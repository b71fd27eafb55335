#include "host/compute/elementwise.hpp"

#include "host/compute/kernels/kernels.hpp"

namespace airloom::host::compute {

unary_function prepare(unary_operation operation, instruction_set set) noexcept {
  return kernels(set).elementwise.unary[static_cast<std::size_t>(operation)];
}

const binary_functions& prepare(binary_operation operation, instruction_set set) noexcept {
  return kernels(set).elementwise.binary[static_cast<std::size_t>(operation)];
}

}  // namespace airloom::host::compute
