#include "host/compute/transpose.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <numeric>

#include "airloom/error.hpp"
#include "host/compute_support.hpp"

namespace {

using namespace airloom::host::compute;

using sizes = std::vector<std::size_t>;

/// Element i of a tensor is the number i; returns how many elements of the transposed one are wrong.
std::size_t mistakes(const sizes& shape, const sizes& permutation, instruction_set set) {
  const std::size_t count = std::accumulate(shape.begin(), shape.end(), std::size_t{1}, std::multiplies<>{});
  test::guarded_floats x{count};
  for (std::size_t i = 0; i < count; ++i) x[i] = static_cast<float>(i);
  test::guarded_floats y{count, -1.0f};
  transposition{shape, permutation, set}.run(x.data(), y.data());

  std::size_t wrong = y.untouched() ? 0 : 1;
  sizes index(shape.size());  // into y
  for (std::size_t at = 0; at < count; ++at) {
    std::size_t left = at;
    for (std::size_t i = shape.size(); i-- > 0;) {
      index[permutation[i]] = left % shape[permutation[i]];
      left /= shape[permutation[i]];
    }
    std::size_t from = 0;
    for (std::size_t i = 0; i < shape.size(); ++i) from = from * shape[i] + index[i];
    if (y[at] != static_cast<float>(from)) ++wrong;
  }
  return wrong;
}

TEST_CASE("matrices of every small size") {
  for (const auto set : test::instruction_sets()) {
    for (std::size_t rows = 1; rows <= 40; ++rows) {
      for (std::size_t columns = 1; columns <= 40; ++columns) {
        if (mistakes({rows, columns}, {1, 0}, set) != 0) FAIL_CHECK(rows << " x " << columns);
      }
    }
  }
}

TEST_CASE("all permutations of up to five dimensions") {
  const std::vector<sizes> shapes{{}, {5}, {3, 1}, {4, 6, 9}, {2, 5, 4, 32}, {1, 17, 3, 20}, {2, 3, 4, 5, 6}};
  for (const auto set : test::instruction_sets()) {
    for (const sizes& shape : shapes) {
      sizes permutation(shape.size());
      std::iota(permutation.begin(), permutation.end(), std::size_t{0});
      do {
        CHECK(mistakes(shape, permutation, set) == 0);
      } while (std::ranges::next_permutation(permutation).found);
    }
  }
}

TEST_CASE("attention's exchange of heads and tokens, with runs of every length") {
  for (const auto set : test::instruction_sets()) {
    for (std::size_t run = 1; run <= 40; ++run) CHECK(mistakes({2, 7, 3, run}, {0, 2, 1, 3}, set) == 0);
  }
}

TEST_CASE("an empty tensor, and as many dimensions as there may be") {
  CHECK(mistakes({3, 0, 2}, {2, 0, 1}, best_instruction_set()) == 0);
  CHECK(mistakes({2, 2, 2, 2, 2, 2, 2, 2}, {7, 6, 5, 4, 3, 2, 1, 0}, best_instruction_set()) == 0);
  CHECK(mistakes({2, 2, 2, 2, 2, 2, 2, 2, 2}, {8, 0, 1, 2, 3, 4, 5, 6, 7}, best_instruction_set()) == 0);
}

TEST_CASE("the bits are moved unchanged") {
  for (const auto set : test::instruction_sets()) {
    std::vector<float> x(6, std::bit_cast<float>(0x7fa12345u));  // a signaling NaN
    std::vector<float> y(6);
    transposition{sizes{2, 3}, sizes{1, 0}, set}.run(x.data(), y.data());
    for (const float& value : y) {
      std::uint32_t bits = 0;
      std::memcpy(&bits, &value, sizeof bits);
      CHECK(bits == 0x7fa12345u);
    }
  }
}

airloom::error_code refusal(const sizes& shape, const sizes& permutation) {
  try {
    transposition{shape, permutation};
  } catch (const airloom::error& refused) {
    return refused.code();
  }
  return airloom::error_code::internal;
}

TEST_CASE("what is no permutation is refused") {
  CHECK(refusal({2, 3}, {0}) == airloom::error_code::shape_mismatch);
  CHECK(refusal({2, 3}, {0, 0}) == airloom::error_code::shape_mismatch);
  CHECK(refusal({2, 3}, {1, 2}) == airloom::error_code::shape_mismatch);
  CHECK(refusal(sizes(9, 2), {8, 7, 6, 5, 4, 3, 2, 1, 0}) == airloom::error_code::rank_unsupported);
}

}  // namespace
