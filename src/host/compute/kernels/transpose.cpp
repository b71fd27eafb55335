#include "host/compute/kernels/transpose.hpp"

namespace airloom::host::compute {
namespace {

void copy(const transpose_arguments& all) noexcept {
  const float* x = all.x;
  float* y = all.y;
  for (std::size_t row = 0; row < all.rows; ++row, x += all.x_stride, y += all.y_stride) {
    for (std::size_t at = 0; at < all.columns; at += width) {
      store_up_to(y + at, load_up_to(x + at, all.columns - at), all.columns - at);
    }
  }
}

}  // namespace

namespace AIRLOOM_INSTRUCTION_SET {
const transpose_kernels transpose{.transpose = transpose_matrix, .copy = copy};
}  // namespace AIRLOOM_INSTRUCTION_SET

}  // namespace airloom::host::compute
