#include "host/compute/product.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <thread>

#include "host/compute_support.hpp"

namespace {

using namespace airloom::host::compute;

struct problem {
  product_size size;
  test::guarded_floats a;
  test::guarded_floats b;             // [inner, columns]
  test::guarded_floats b_transposed;  // [columns, inner]
  test::guarded_floats bias;
  std::vector<double> product;

  explicit problem(product_size sizes)
      : size{sizes},
        a{test::small_integers(sizes.rows * sizes.inner, 1)},
        b{test::small_integers(sizes.inner * sizes.columns, 2)},
        b_transposed{b.size()},
        bias{test::small_integers(sizes.columns, 3)},
        product(sizes.rows * sizes.columns) {
    for (std::size_t k = 0; k < size.inner; ++k) {
      for (std::size_t j = 0; j < size.columns; ++j)
        b_transposed[j * size.inner + k] = b[k * size.columns + j];
    }
    for (std::size_t i = 0; i < size.rows; ++i) {
      for (std::size_t k = 0; k < size.inner; ++k) {
        const auto left = static_cast<double>(a[i * size.inner + k]);
        for (std::size_t j = 0; j < size.columns; ++j) {
          product[i * size.columns + j] += left * static_cast<double>(b[k * size.columns + j]);
        }
      }
    }
  }
};

/// Counts the elements of c (with gaps of `gap` floats between rows, which must be 7) that are not as they
/// should be.
std::size_t mistakes(const problem& given, const test::guarded_floats& c, std::size_t gap, bool bias,
                     bool relu) {
  std::size_t wrong = c.untouched() ? 0 : 1;
  const std::size_t stride = given.size.columns + gap;
  for (std::size_t i = 0; i < given.size.rows; ++i) {
    for (std::size_t j = 0; j < given.size.columns; ++j) {
      double want =
          given.product[i * given.size.columns + j] + (bias ? static_cast<double>(given.bias[j]) : 0.0);
      if (relu) want = std::max(want, 0.0);
      if (static_cast<double>(c[i * stride + j]) != want) ++wrong;
    }
    for (std::size_t j = given.size.columns; j < stride && i + 1 < given.size.rows; ++j) {
      if (c[i * stride + j] != 7.0f) ++wrong;
    }
  }
  return wrong;
}

std::size_t mistakes_of_packed(const problem& given, instruction_set set, layout order, std::size_t gap) {
  const auto [rows, inner, columns] = given.size;
  const test::guarded_floats& b = order == layout::plain ? given.b : given.b_transposed;
  const packed_matrix packed = pack(b.data(), inner, columns, order, set);
  const bool with_bias = (rows + columns) % 2 == 0;
  const bool with_relu = columns % 3 == 0;
  const std::size_t stride = columns + gap;
  test::guarded_floats c{(rows - 1) * stride + columns, 7.0f};
  multiply({given.a.data(), inner}, rows, packed,
           {with_bias ? given.bias.data() : nullptr, with_relu ? activation::relu : activation::none},
           {c.data(), stride});
  return mistakes(given, c, gap, with_bias, with_relu);
}

std::size_t mistakes_at_run_time(const problem& given, instruction_set set, layout order, std::size_t gap) {
  const auto [rows, inner, columns] = given.size;
  const test::guarded_floats& b = order == layout::plain ? given.b : given.b_transposed;
  const matrix_product product{given.size, order, set};
  test::guarded_floats scratch{product.scratch_floats(), 3.0f};
  const std::size_t stride = columns + gap;
  test::guarded_floats c{(rows - 1) * stride + columns, 7.0f};
  product.run({given.a.data(), inner}, {b.data(), order == layout::plain ? columns : inner},
              {c.data(), stride}, scratch.data());
  return mistakes(given, c, gap, false, false) + (scratch.untouched() ? 0 : 1);
}

TEST_CASE("products of every small size are exact on whole numbers, and touch nothing else") {
  for (std::size_t rows = 1; rows <= 9; ++rows) {
    for (std::size_t columns = 1; columns <= 40; ++columns) {
      for (std::size_t inner = 0; inner <= 40; ++inner) {
        const problem given{{rows, inner, columns}};
        const auto order = (rows + inner) % 2 == 0 ? layout::plain : layout::transposed;
        const std::size_t gap = inner % 3;
        for (const auto set : test::instruction_sets()) {
          const std::size_t wrong =
              mistakes_of_packed(given, set, order, gap) + mistakes_at_run_time(given, set, order, gap);
          if (wrong != 0) {
            FAIL_CHECK("set " << static_cast<int>(set) << ": " << rows << " x " << inner << " x " << columns);
          }
        }
      }
    }
  }
}

TEST_CASE("products of more rows and columns than one tile, in both layouts") {
  for (const std::size_t rows : {1U, 2U, 3U, 5U, 10U, 13U, 14U, 15U, 16U, 29U, 50U, 64U, 129U}) {
    for (const std::size_t columns : {10U, 64U, 100U, 129U, 300U}) {
      for (const std::size_t inner : {63U, 128U, 1100U}) {
        const problem given{{rows, inner, columns}};
        CAPTURE(rows);
        CAPTURE(columns);
        CAPTURE(inner);
        for (const auto set : test::instruction_sets()) {
          CAPTURE(static_cast<int>(set));
          for (const auto order : {layout::plain, layout::transposed}) {
            CHECK(mistakes_of_packed(given, set, order, 5) == 0);
            CHECK(mistakes_at_run_time(given, set, order, 5) == 0);
          }
        }
      }
    }
  }
}

TEST_CASE("a product reads a left-hand side whose rows lie apart") {
  for (const auto set : test::instruction_sets()) {
    const problem given{{6, 20, 33}};
    std::vector<float> wide(6 * 27, 100.0f);
    for (std::size_t i = 0; i < 6; ++i) {
      for (std::size_t k = 0; k < 20; ++k) wide[i * 27 + k] = given.a[i * 20 + k];
    }
    const packed_matrix packed = pack(given.b.data(), 20, 33, layout::plain, set);
    test::guarded_floats c{6 * 33};
    multiply({wide.data(), 27}, 6, packed, {}, {c.data(), 33});
    CHECK(mistakes(given, c, 0, false, false) == 0);
  }
}

TEST_CASE("rounding stays within the bound of a sum of products") {
  const product_size size{37, 511, 70};
  const auto a = test::normal_values(size.rows * size.inner, 4);
  const auto b = test::normal_values(size.inner * size.columns, 5);
  for (const auto set : test::instruction_sets()) {
    const packed_matrix packed = pack(b.data(), size.inner, size.columns, layout::plain, set);
    std::vector<float> c(size.rows * size.columns);
    multiply({a.data(), size.inner}, size.rows, packed, {}, {c.data(), size.columns});
    double worst = 0;
    for (std::size_t i = 0; i < size.rows; ++i) {
      for (std::size_t j = 0; j < size.columns; ++j) {
        double sum = 0;
        double magnitude = 0;
        for (std::size_t k = 0; k < size.inner; ++k) {
          const double term =
              static_cast<double>(a[i * size.inner + k]) * static_cast<double>(b[k * size.columns + j]);
          sum += term;
          magnitude += std::abs(term);
        }
        worst = std::max(worst, std::abs(static_cast<double>(c[i * size.columns + j]) - sum) / magnitude);
      }
    }
    CHECK(worst < static_cast<double>(size.inner) * 0x1p-24);
    CHECK(worst > 0);
  }
}

TEST_CASE("NaN and infinity pass through products, and through the relu behind them") {
  const float infinity = INFINITY;
  for (const auto set : test::instruction_sets()) {
    const std::vector<float> b{1, 0, 0, 1};
    const packed_matrix packed = pack(b.data(), 2, 2, layout::plain, set);
    const std::vector<float> a{NAN, 1, infinity, 1, -infinity, 1};
    std::vector<float> c(6);
    multiply({a.data(), 2}, 3, packed, {nullptr, activation::relu}, {c.data(), 2});
    CHECK(std::isnan(c[0]));
    CHECK(c[2] == infinity);
    CHECK(c[4] == 0.0f);
  }
}

TEST_CASE("threads share one packed matrix") {
  const problem given{{12, 64, 48}};
  const packed_matrix packed = pack(given.b.data(), 64, 48, layout::plain);
  std::size_t wrong[2]{};
  const auto work = [&](std::size_t& count) {
    for (int repeat = 0; repeat < 50; ++repeat) {
      test::guarded_floats c{12 * 48};
      multiply({given.a.data(), 64}, 12, packed, {}, {c.data(), 48});
      count += mistakes(given, c, 0, false, false);
    }
  };
  std::thread other{work, std::ref(wrong[0])};
  work(wrong[1]);
  other.join();
  CHECK(wrong[0] + wrong[1] == 0);
}

}  // namespace
