#include "host/compute/product.hpp"

#include <algorithm>

#include "host/compute/kernels/kernels.hpp"

namespace airloom::host::compute {
namespace {

std::size_t round_up(std::size_t value, std::size_t step) {
  return (value + step - 1) / step * step;
}

/// Copies b [inner, columns] into panels, [panel number][inner][column in the panel], the last filled up with
/// zeros.
void pack_plain(const_matrix b, std::size_t inner, std::size_t columns, std::size_t panel,
                float* packed) noexcept {
  for (std::size_t first = 0; first < columns; first += panel) {
    const std::size_t count = std::min(panel, columns - first);
    for (std::size_t k = 0; k < inner; ++k, packed += panel) {
      std::copy_n(b.values + k * b.stride + first, count, packed);
      std::fill(packed + count, packed + panel, 0.0f);
    }
  }
}

/// The same of b [columns, inner].
void pack_transposed(const_matrix b, std::size_t inner, std::size_t columns, const kernel_tables& kernels,
                     float* packed) noexcept {
  const std::size_t panel = kernels.product.panel;
  for (std::size_t first = 0; first < columns; first += panel, packed += inner * panel) {
    const std::size_t count = std::min(panel, columns - first);
    kernels.transpose.transpose({.x = b.values + first * b.stride,
                                 .x_stride = b.stride,
                                 .y = packed,
                                 .y_stride = panel,
                                 .rows = count,
                                 .columns = inner});
    if (count == panel) continue;
    for (std::size_t k = 0; k < inner; ++k)
      std::fill(packed + k * panel + count, packed + (k + 1) * panel, 0.0f);
  }
}

void pack_into(const_matrix b, std::size_t inner, std::size_t columns, layout order,
               const kernel_tables& kernels, float* packed) noexcept {
  if (order == layout::plain) {
    pack_plain(b, inner, columns, kernels.product.panel, packed);
  } else {
    pack_transposed(b, inner, columns, kernels, packed);
  }
}

}  // namespace

packed_matrix::packed_matrix(std::size_t rows, std::size_t columns, instruction_set set)
    : rows_{rows},
      columns_{columns},
      set_{set},
      lines_(round_up(columns, kernels(set).product.panel) * rows * sizeof(float) / sizeof(cache_line) + 1) {}

packed_matrix pack(const float* values, std::size_t rows, std::size_t columns, layout order,
                   instruction_set set) {
  packed_matrix packed{rows, columns, set};
  const std::size_t stride = order == layout::plain ? columns : rows;
  pack_into({values, stride}, rows, columns, order, kernels(set), packed.lines_.front().values);
  return packed;
}

void multiply(const_matrix a, std::size_t rows, const packed_matrix& b, epilogue end, matrix c) noexcept {
  const product_kernels& product = kernels(b.set()).product;
  product.multiply({.a = a.values,
                    .a_stride = a.stride,
                    .b = b.panels(),
                    .c = c.values,
                    .c_stride = c.stride,
                    .rows = rows,
                    .inner = b.rows(),
                    .columns = b.columns(),
                    .bias = end.bias,
                    .relu = end.function == activation::relu});
}

matrix_product::matrix_product(product_size size, layout right, instruction_set set) noexcept
    : size_{size}, right_{right}, set_{set} {}

std::size_t matrix_product::scratch_floats() const noexcept {
  return round_up(size_.columns, kernels(set_).product.panel) * size_.inner;
}

void matrix_product::run(const_matrix a, const_matrix b, matrix c, float* scratch) const noexcept {
  pack(b, scratch);
  multiply(a, size_.rows, scratch, c);
}

void matrix_product::pack(const_matrix b, float* packed) const noexcept {
  pack_into(b, size_.inner, size_.columns, right_, kernels(set_), packed);
}

void matrix_product::multiply(const_matrix a, std::size_t rows, const float* packed,
                              matrix c) const noexcept {
  kernels(set_).product.multiply({.a = a.values,
                                  .a_stride = a.stride,
                                  .b = packed,
                                  .c = c.values,
                                  .c_stride = c.stride,
                                  .rows = rows,
                                  .inner = size_.inner,
                                  .columns = size_.columns,
                                  .bias = nullptr,
                                  .relu = false});
}

}  // namespace airloom::host::compute
