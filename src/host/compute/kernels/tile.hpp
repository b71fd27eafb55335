#pragma once
// The innermost loop of products and convolutions: a tile of c, some rows high and some vectors wide, kept in
// registers while the inner dimension passes by.

#include <utility>

#include "host/compute/kernels/kernels.hpp"
#include "host/compute/kernels/vector.hpp"

namespace airloom::host::compute {
namespace {

constexpr int panel_vectors = 2;
constexpr std::size_t panel = panel_vectors * width;

/// Where a tile finds its operands. a(row, k) is a[row * a_stride + k], or windows[row][taps[k]].
struct tile_operands {
  const float* a = nullptr;
  std::size_t a_stride = 0;
  const float* const* windows = nullptr;
  const std::uint32_t* taps = nullptr;
  const float* b;  // in panels
  std::size_t inner;
};

/// Where a tile goes: columns counts those that exist, of the tile's vectors * width; only the last vector
/// may lack some.
struct tile_result {
  float* c;
  std::size_t c_stride;
  std::size_t columns;
  const float* bias;
  bool relu;
};

/// Adding up in one chain would wait for the previous addition each time; short tiles use several.
constexpr int chains(int rows, int vectors) {
  int count = 1;
  while (rows * vectors * count < 8) count *= 2;
  return count;
}

enum class addressing { strided, windows };

template <int Rows, int Vectors, addressing Mode>
struct tile {
  static constexpr int chain_count = chains(Rows, Vectors);
  static constexpr int panel_count = (Vectors + panel_vectors - 1) / panel_vectors;
  lanes sums[chain_count][Rows][Vectors];

  // By hand: g++ 12 fills a larger array with zeros in memory, which takes as long as a short product.
  void clear() noexcept {
#pragma GCC unroll 16
    for (int chain = 0; chain < chain_count; ++chain) {
#pragma GCC unroll 16
      for (int row = 0; row < Rows; ++row) {
#pragma GCC unroll 16
        for (int vector = 0; vector < Vectors; ++vector) sums[chain][row][vector] = lanes{};
      }
    }
  }

  using panels = const float* [panel_count];

  /// The rows of a: what is added to them names the column.
  struct rows_of_a {
    const float* first;
    std::size_t stride;
    const std::uint32_t* taps;
    const float* windows[Rows];

    explicit rows_of_a(const tile_operands& from) noexcept
        : first{from.a}, stride{from.a_stride}, taps{from.taps} {
      if constexpr (Mode == addressing::windows) {
#pragma GCC unroll 16
        for (int row = 0; row < Rows; ++row) windows[row] = from.windows[row];
      }
    }
    std::size_t column(std::size_t k) const noexcept {
      if constexpr (Mode == addressing::windows) {
        return taps[k];
      } else {
        return k;
      }
    }
    float at(int row, std::size_t column) const noexcept {
      if constexpr (Mode == addressing::windows) {
        return windows[row][column];
      } else {
        return (first + column)[static_cast<std::size_t>(row) * stride];
      }
    }
  };

  /// Adds one column of a times one row of b.
  void step(const rows_of_a& a, std::size_t k, const panels& b, int offset, int chain) noexcept {
    const std::size_t column = a.column(k);
    lanes row_of_b[Vectors];
#pragma GCC unroll 16
    for (int vector = 0; vector < Vectors; ++vector) {
      row_of_b[vector] = load(b[vector / panel_vectors] + offset + (vector % panel_vectors) * width);
    }
#pragma GCC unroll 16
    for (int row = 0; row < Rows; ++row) {
      const lanes value = broadcast(a.at(row, column));
#pragma GCC unroll 16
      for (int vector = 0; vector < Vectors; ++vector) sums[chain][row][vector] += value * row_of_b[vector];
    }
  }

  void add_up(const tile_operands& from) noexcept {
    constexpr int row_of_panel = static_cast<int>(panel);
    const rows_of_a a{from};
    panels b;
    for (int i = 0; i < panel_count; ++i) b[i] = from.b + static_cast<std::size_t>(i) * from.inner * panel;
    std::size_t k = 0;
    for (; k + chain_count <= from.inner; k += chain_count) {
#pragma GCC unroll 16
      for (int chain = 0; chain < chain_count; ++chain) {
        step(a, k + static_cast<std::size_t>(chain), b, chain * row_of_panel, chain);
      }
#pragma GCC unroll 16
      for (int i = 0; i < panel_count; ++i) b[i] += chain_count * row_of_panel;
    }
    for (; k < from.inner; ++k) {
      step(a, k, b, 0, 0);
#pragma GCC unroll 16
      for (int i = 0; i < panel_count; ++i) b[i] += row_of_panel;
    }
#pragma GCC unroll 16
    for (int half = chain_count / 2; half > 0; half /= 2) {
#pragma GCC unroll 16
      for (int chain = 0; chain < half; ++chain) {
#pragma GCC unroll 16
        for (int row = 0; row < Rows; ++row) {
#pragma GCC unroll 16
          for (int vector = 0; vector < Vectors; ++vector)
            sums[chain][row][vector] += sums[chain + half][row][vector];
        }
      }
    }
  }

  void finish(const tile_result& result) const noexcept {
    const tile_result to = result;  // a copy, which the stores below cannot change
#pragma GCC unroll 16
    for (int vector = 0; vector < Vectors; ++vector) {
      const std::size_t column = static_cast<std::size_t>(vector) * width;
      const std::size_t count = vector + 1 < Vectors ? width : to.columns - column;
      const lanes bias = to.bias == nullptr ? lanes{} : load_up_to(to.bias + column, count);
      const lanes floor = broadcast(to.relu ? 0.0f : -__builtin_inff());
#pragma GCC unroll 16
      for (int row = 0; row < Rows; ++row) {
        float* c = to.c + static_cast<std::size_t>(row) * to.c_stride + column;
        store_up_to(c, maximum(floor, sums[0][row][vector] + bias), count);
      }
    }
  }

  static void run(const tile_operands& from, const tile_result& to) noexcept {
    tile sum;
    sum.clear();
    sum.add_up(from);
    sum.finish(to);
  }
};

using tile_function = void (*)(const tile_operands& from, const tile_result& to) noexcept;

/// The tiles of one height, by the binary logarithm of their width in vectors.
struct tile_family {
  int widest;  // as such a logarithm
  tile_function by_width[4];
};

/// The widest tile whose sums, row of b and one value of a stay in registers; a single row takes b from
/// memory.
constexpr int widest_tile(int rows) {
  int logarithm = 3;
  while (logarithm > 0 && ((rows == 1 ? 1 : rows + 1) << logarithm) + 1 > registers) --logarithm;
  return logarithm;
}

template <int Rows, int Logarithm, addressing Mode>
constexpr tile_function tile_or_null() {
  if constexpr (Logarithm <= widest_tile(Rows)) {
    return tile<Rows, 1 << Logarithm, Mode>::run;
  } else {
    return nullptr;
  }
}

template <int Rows, addressing Mode>
constexpr tile_family family_of_tiles() {
  return {widest_tile(Rows),
          {tile_or_null<Rows, 0, Mode>(), tile_or_null<Rows, 1, Mode>(), tile_or_null<Rows, 2, Mode>(),
           tile_or_null<Rows, 3, Mode>()}};
}

/// Tiles are at most so high that two vectors beside each other fit, and those of windows only so high that
/// the addresses of all windows stay in registers.
constexpr int highest_tile = (registers - 1) / 2 - 1;
constexpr int most_windows = 6;
constexpr int highest(addressing mode) {
  return mode == addressing::windows ? most_windows : highest_tile;
}

template <addressing Mode>
struct tile_table {
  tile_family families[highest(Mode)];
  const tile_family& rows(std::size_t count) const noexcept { return families[count - 1]; }
};

template <addressing Mode, int... Row>
constexpr tile_table<Mode> make_tile_table(std::integer_sequence<int, Row...>) {
  return {{family_of_tiles<Row + 1, Mode>()...}};
}

template <addressing Mode>
constexpr tile_table<Mode> tiles = make_tile_table<Mode>(std::make_integer_sequence<int, highest(Mode)>{});

/// Cuts `count` into as few parts of at most `most` as possible, as even as possible.
struct partition {
  std::size_t parts;
  std::size_t size;        // of the later parts
  std::size_t larger = 0;  // how many parts at the front have one more

  explicit partition(std::size_t count, std::size_t most = highest_tile) noexcept
      : parts{(count + most - 1) / most}, size{count} {
    if (parts > 1) {
      size = count / parts;
      larger = count % parts;
    }
  }

  std::size_t size_of(std::size_t part) const noexcept { return part < larger ? size + 1 : size; }
};

}  // namespace
}  // namespace airloom::host::compute
