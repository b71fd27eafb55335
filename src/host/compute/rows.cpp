#include "host/compute/rows.hpp"

#include "host/compute/kernels/kernels.hpp"

namespace airloom::host::compute {

softmax_function prepare_softmax(instruction_set set) noexcept {
  return kernels(set).rows.softmax;
}

masked_softmax_function prepare_masked_softmax(instruction_set set) noexcept {
  return kernels(set).rows.masked_softmax;
}

layer_norm_function prepare_layer_norm(instruction_set set) noexcept {
  return kernels(set).rows.layer_norm;
}

rms_norm_function prepare_rms_norm(instruction_set set) noexcept {
  return kernels(set).rows.rms_norm;
}

}  // namespace airloom::host::compute
