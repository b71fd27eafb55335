#pragma once
// What one instruction set offers to the routines around it. The sources beside this header are compiled once
// a level (cmake/instruction_sets.cmake) and each compilation defines the tables of its own level. Those
// sources may share with the rest of the library nothing but plain types and declarations: an inline function
// compiled for AVX-512 could otherwise be the copy that the linker keeps for everybody.

#include <cstddef>
#include <cstdint>

#include "host/compute/elementwise.hpp"
#include "host/compute/instruction_set.hpp"
#include "host/compute/rows.hpp"

namespace airloom::host::compute {

/// c = epilogue(a * b), with b in panels: column j at inner index k is b[((j / panel) * inner + k) * panel +
/// j % panel], where panel is product_kernels::panel. The last panel is complete.
struct product_arguments {
  const float* a;
  std::size_t a_stride;
  const float* b;
  float* c;
  std::size_t c_stride;
  std::size_t rows;
  std::size_t inner;
  std::size_t columns;
  const float* bias;  // one a column, or null
  bool relu;
};

struct product_kernels {
  std::size_t panel;  // columns of a packed panel
  void (*multiply)(const product_arguments& arguments) noexcept;
};

/// One group of some images: y = epilogue(filter * image).
struct convolution_arguments {
  const float* image;  // the first, padded
  std::size_t images;
  std::size_t image_step;     // floats from one to the next
  const std::uint32_t* taps;  // [inner], counted from the corner of a window
  std::size_t inner;
  std::size_t row_step;     // floats between windows below each other
  std::size_t column_step;  // floats between windows beside each other
  const float* filter;      // packed [inner, channels]
  std::size_t channels;
  std::size_t height;  // of y
  std::size_t width;
  const float* bias;  // one a channel, or null
  bool relu;
  float* y;  // [channels, height, width] of the first
  std::size_t y_step;
};

/// Planes of an image, copied into larger ones.
struct padding_arguments {
  const float* x;  // [planes, height, width]
  std::size_t planes;
  std::size_t height;
  std::size_t width;
  float* y;  // where the first row goes
  std::size_t y_row;
  std::size_t y_plane;
};

struct convolution_kernels {
  void (*convolve)(const convolution_arguments& arguments) noexcept;
  void (*pad)(const padding_arguments& arguments) noexcept;
};

inline constexpr std::size_t winograd_side = 4;  // places of a tile, down and across

/// Tiles of four by four places, two apart, transformed place by place.
struct winograd_input_arguments {
  const float* x;  // [2 * tile_rows + 2, columns, pitch]: channels last
  std::size_t columns;
  std::size_t pitch;  // whole vectors of channels
  std::size_t tile_rows;
  std::size_t tile_columns;
  float* y;  // [16, tile_rows * tile_columns, pitch]
};

/// y = epilogue(the products of transformed tiles and filters, transformed back).
struct winograd_product_arguments {
  const float* x;  // as transform_input writes it
  std::size_t pitch;
  std::size_t tile_rows;
  std::size_t tile_columns;
  std::size_t inner;           // channels of x
  const float* const* filter;  // 16 packed [inner, channels]
  std::size_t channels;
  const float* bias;  // one a channel, or null
  bool relu;
  std::size_t height;  // of the part of y that these tiles make
  std::size_t width;
  float* scratch;       // winograd_kernels::product_floats and [height, width, panel]
  float* y;             // [channels, height, width]
  std::size_t y_plane;  // floats from one channel to the next
};

struct winograd_kernels {
  std::size_t vector;  // what the pitch is a multiple of
  std::size_t panel;   // channels of a packed panel
  std::size_t product_floats;
  void (*transform_input)(const winograd_input_arguments& arguments) noexcept;
  void (*multiply)(const winograd_product_arguments& arguments) noexcept;
};

/// Transposed, y[column * y_stride + row] = x[row * x_stride + column]; copied, y[row * y_stride + column].
struct transpose_arguments {
  const float* x;
  std::size_t x_stride;
  float* y;
  std::size_t y_stride;
  std::size_t rows;
  std::size_t columns;
};

struct transpose_kernels {
  void (*transpose)(const transpose_arguments& arguments) noexcept;
  void (*copy)(const transpose_arguments& arguments) noexcept;
};

/// One row of windows of a pool, over the rows of the input that lie inside.
struct pool_row_arguments {
  const float* x;  // the first of those rows
  std::size_t x_stride;
  std::size_t rows;
  std::size_t width;   // of the input
  std::size_t before;  // places of padding before each row
  std::size_t kernel;
  std::size_t stride;
  std::size_t windows;
  float* y;
};

/// Up to here padded rows are held beside each other in a buffer of the kernel.
constexpr std::size_t longest_pool_row = 512;

/// Windows of two by two beside each other, in planes that have no padding.
struct pool_pairs_arguments {
  const float* x;
  std::size_t x_plane;  // floats from one plane to the next
  std::size_t x_row;
  std::size_t planes;
  std::size_t height;  // of y
  std::size_t width;
  float* y;
};

struct pool_kernels {
  /// (windows - 1) * stride + kernel and before + width are at most longest_pool_row.
  void (*max_row)(const pool_row_arguments& arguments) noexcept;
  void (*max_pairs)(const pool_pairs_arguments& arguments) noexcept;
};

struct elementwise_kernels {
  unary_function unary[10];    // by unary_operation
  binary_functions binary[5];  // by binary_operation
};

struct row_kernels {
  softmax_function softmax;
  masked_softmax_function masked_softmax;
  layer_norm_function layer_norm;
  rms_norm_function rms_norm;
};

// The tables of each level, in a namespace of its name; each table is defined by one source of this folder.
#define AIRLOOM_DECLARE_KERNELS(level)          \
  namespace level {                             \
  extern const product_kernels product;         \
  extern const convolution_kernels convolution; \
  extern const transpose_kernels transpose;     \
  extern const elementwise_kernels elementwise; \
  extern const row_kernels rows;                \
  extern const pool_kernels pool;               \
  extern const winograd_kernels winograd;       \
  }
AIRLOOM_DECLARE_KERNELS(baseline)
AIRLOOM_DECLARE_KERNELS(avx2)
AIRLOOM_DECLARE_KERNELS(avx512)
#undef AIRLOOM_DECLARE_KERNELS

/// All tables of a level.
struct kernel_tables {
  const product_kernels& product;
  const convolution_kernels& convolution;
  const transpose_kernels& transpose;
  const elementwise_kernels& elementwise;
  const row_kernels& rows;
  const pool_kernels& pool;
  const winograd_kernels& winograd;
};

/// `set` must be supported.
const kernel_tables& kernels(instruction_set set) noexcept;

}  // namespace airloom::host::compute
