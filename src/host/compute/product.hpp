#pragma once
// Matrix products in f32, row-major. Prepare packs or measures and may allocate; run does neither, and takes
// no lock.

#include <cstddef>
#include <vector>

#include "host/compute/instruction_set.hpp"

namespace airloom::host::compute {

/// A row-major matrix in the caller's memory; `stride` counts the floats from one row to the next.
struct matrix {
  float* values;
  std::size_t stride;
};
struct const_matrix {
  const float* values;
  std::size_t stride;
};

/// How a right-hand side [rows, columns] lies in memory: as it is, or as [columns, rows].
enum class layout { plain, transposed };

enum class activation { none, relu };

/// What happens to a product before it is stored: add `bias` (one float a column, or none at all), then
/// activate.
struct epilogue {
  const float* bias = nullptr;
  activation function = activation::none;
};

/// Sixteen floats that start on a cache line.
struct alignas(64) cache_line {
  float values[16];
};

/// A constant right-hand side [rows, columns], in panels of a few vectors of columns each, filled up with
/// zeros. Immutable, so that threads and batch sizes share one.
class packed_matrix {
 public:
  std::size_t rows() const noexcept { return rows_; }
  std::size_t columns() const noexcept { return columns_; }
  instruction_set set() const noexcept { return set_; }
  const float* panels() const noexcept { return lines_.empty() ? nullptr : lines_.front().values; }

 private:
  friend packed_matrix pack(const float*, std::size_t, std::size_t, layout, instruction_set);
  packed_matrix(std::size_t rows, std::size_t columns, instruction_set set);

  std::size_t rows_;
  std::size_t columns_;
  instruction_set set_;
  std::vector<cache_line> lines_;
};

/// Packs a dense right-hand side: `values` is [rows, columns], or [columns, rows] when transposed.
packed_matrix pack(const float* values, std::size_t rows, std::size_t columns, layout order,
                   instruction_set set = best_instruction_set());

/// c = epilogue(a * b) with a [rows, b.rows()] and c [rows, b.columns()]. c may not overlap a.
void multiply(const_matrix a, std::size_t rows, const packed_matrix& b, epilogue end, matrix c) noexcept;

/// The sizes of a product [rows, inner] * [inner, columns].
struct product_size {
  std::size_t rows;
  std::size_t inner;
  std::size_t columns;
};

/// A product whose two operands come at run time, as in attention.
class matrix_product {
 public:
  /// `right` says how b will lie: [inner, columns], or [columns, inner] when transposed.
  matrix_product(product_size size, layout right, instruction_set set = best_instruction_set()) noexcept;

  const product_size& size() const noexcept { return size_; }

  /// How many floats of scratch `run` and `pack` need.
  std::size_t scratch_floats() const noexcept;

  /// c = a * b. Neither c nor the scratch may overlap anything else.
  void run(const_matrix a, const_matrix b, matrix c, float* scratch) const noexcept;

  /// The two halves of it, for those who multiply a few rows at a time: `packed` is scratch.
  void pack(const_matrix b, float* packed) const noexcept;
  void multiply(const_matrix a, std::size_t rows, const float* packed, matrix c) const noexcept;

 private:
  product_size size_;
  layout right_;
  instruction_set set_;
};

}  // namespace airloom::host::compute
