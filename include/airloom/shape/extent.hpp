#pragma once
// An extent: the size of one dimension as a small polynomial over the axes of a gear set.
//
// Axes appear here as numbers (their place in the gear set); shape/gears.hpp knows their names and sizes.
// Everything is constexpr and of fixed size, so the compiler, the loader and the planner run the same code.

#include <cstddef>
#include <cstdint>
#include <limits>

namespace airloom {

inline constexpr std::size_t max_axes =
    8;  ///< axes of one gear set: a power of each fits eight bits of a word
inline constexpr std::size_t max_terms = 4;  ///< terms of one extent; `a + b + c + 1` is as long as it gets
inline constexpr std::size_t max_rank =
    8;  ///< dimensions of one shape: Ascend's broadcasting stops there too

/// The sizes of all axes in all gears, row by row: one row a gear, one column an axis.
struct gear_view {
  const std::int64_t* sizes = nullptr;
  std::size_t gears = 1;
  std::size_t axes = 0;

  constexpr std::int64_t size(std::size_t gear, std::size_t axis) const { return sizes[gear * axes + axis]; }
};

inline constexpr std::size_t no_gear = static_cast<std::size_t>(-1);

// Sizes come from files too, so a product that does not fit 64 bits stays at the end of their range.
constexpr std::int64_t bounded_product(std::int64_t a, std::int64_t b) {
  std::int64_t product = 0;
  if (!__builtin_mul_overflow(a, b, &product)) return product;
  return (a < 0) == (b < 0) ? std::numeric_limits<std::int64_t>::max()
                            : std::numeric_limits<std::int64_t>::min();
}
constexpr std::int64_t bounded_sum(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return a < 0 ? std::numeric_limits<std::int64_t>::min() : std::numeric_limits<std::int64_t>::max();
}

/// coefficient * axis0^p0 * axis1^p1 * …; eight bits of `powers` hold the power of each axis.
struct monomial {
  std::int64_t coefficient = 0;
  std::uint64_t powers = 0;

  constexpr unsigned power(std::size_t axis) const {
    return static_cast<unsigned>(powers >> (8 * axis) & 0xFF);
  }
  constexpr bool operator==(const monomial&) const = default;
};

/// How far an extent can be told.
enum class extent_state : std::uint8_t {
  known,         ///< a polynomial
  unknown,       ///< a file says -1: some size, decided later
  inexpressible  ///< a size that exists in every gear but that no polynomial with integer coefficients gives
};

/// A polynomial with integer coefficients, its terms sorted by powers, none with coefficient 0.
struct extent {
  monomial terms[max_terms]{};
  std::uint8_t count = 0;
  extent_state state = extent_state::known;

  constexpr extent() = default;
  constexpr extent(std::int64_t constant)  // NOLINT(google-explicit-constructor): a number is an extent
      : count{static_cast<std::uint8_t>(constant != 0)} {
    terms[0].coefficient = constant;
  }

  static constexpr extent of_axis(std::size_t axis) {
    extent result;
    result.terms[0] = {1, std::uint64_t{1} << (8 * axis)};
    result.count = 1;
    return result;
  }
  static constexpr extent unknown() { return in_state(extent_state::unknown); }
  static constexpr extent inexpressible() { return in_state(extent_state::inexpressible); }

  constexpr bool is_known() const { return state == extent_state::known; }
  constexpr bool is_constant() const {
    return is_known() && (count == 0 || (count == 1 && terms[0].powers == 0));
  }
  constexpr bool is(std::int64_t constant) const { return is_constant() && this->constant() == constant; }
  /// The value of a constant extent.
  constexpr std::int64_t constant() const { return count == 0 ? 0 : terms[0].coefficient; }

  constexpr bool operator==(const extent& other) const {
    if (state != other.state || count != other.count) return false;
    for (std::size_t i = 0; i != count; ++i)
      if (terms[i] != other.terms[i]) return false;
    return true;
  }

  /// The size in one gear. The extent is known.
  constexpr std::int64_t size_in(const gear_view& gears, std::size_t gear) const {
    std::int64_t sum = 0;
    for (std::size_t i = 0; i != count; ++i) {
      std::int64_t product = terms[i].coefficient;
      for (std::size_t axis = 0; axis != gears.axes; ++axis)
        for (unsigned power = terms[i].power(axis); power != 0; --power)
          product = bounded_product(product, gears.size(gear, axis));
      sum = bounded_sum(sum, product);
    }
    return sum;
  }

  friend constexpr extent operator+(const extent& left, const extent& right) { return left.plus(right, 1); }
  friend constexpr extent operator-(const extent& left, const extent& right) { return left.plus(right, -1); }
  friend constexpr extent operator*(const extent& left, const extent& right) {
    if (!left.is_known() || !right.is_known()) return in_state(worse(left.state, right.state));
    extent result;
    for (std::size_t i = 0; i != left.count; ++i)
      for (std::size_t j = 0; j != right.count; ++j) {
        const monomial &a = left.terms[i], &b = right.terms[j];
        if (((a.powers | b.powers) & high_powers) != 0) return inexpressible();
        if (!result.add({bounded_product(a.coefficient, b.coefficient), a.powers + b.powers}))
          return inexpressible();
      }
    return result;
  }

  /// The exact quotient by a single term; `inexpressible` where a term does not divide.
  friend constexpr extent operator/(const extent& left, const extent& right) {
    if (!left.is_known() || !right.is_known()) return in_state(worse(left.state, right.state));
    if (left == right) return extent{1};
    if (right.count != 1) return inexpressible();
    extent result;
    for (std::size_t i = 0; i != left.count; ++i) {
      const monomial &a = left.terms[i], &b = right.terms[0];
      if (a.coefficient % b.coefficient != 0) return inexpressible();
      for (std::size_t axis = 0; axis != max_axes; ++axis)
        if (a.power(axis) < b.power(axis)) return inexpressible();
      result.add({a.coefficient / b.coefficient, a.powers - b.powers});
    }
    return result;
  }

 private:
  /// Set where a power is 128 or more, so that the sum of two such powers would not fit its eight bits.
  static constexpr std::uint64_t high_powers = 0x8080'8080'8080'8080;

  static constexpr extent in_state(extent_state state) {
    extent result;
    result.state = state;
    return result;
  }
  static constexpr extent_state worse(extent_state a, extent_state b) { return a > b ? a : b; }

  constexpr extent plus(const extent& other, std::int64_t sign) const {
    if (!is_known() || !other.is_known()) return in_state(worse(state, other.state));
    extent result = *this;
    for (std::size_t i = 0; i != other.count; ++i)
      if (!result.add({bounded_product(sign, other.terms[i].coefficient), other.terms[i].powers}))
        return inexpressible();
    return result;
  }

  /// Adds one term in its sorted place; false where there is no room for it.
  constexpr bool add(monomial term) {
    std::size_t place = 0;
    while (place != count && terms[place].powers > term.powers) ++place;
    if (place != count && terms[place].powers == term.powers) {
      terms[place].coefficient = bounded_sum(terms[place].coefficient, term.coefficient);
      if (terms[place].coefficient == 0) erase(place);
      return true;
    }
    if (term.coefficient == 0) return true;
    if (count == max_terms) return false;
    for (std::size_t i = count; i != place; --i) terms[i] = terms[i - 1];
    terms[place] = term;
    ++count;
    return true;
  }
  constexpr void erase(std::size_t place) {
    for (std::size_t i = place; i + 1 < count; ++i) terms[i] = terms[i + 1];
    terms[--count] = {};
  }
};

/// The first gear in which the two sizes differ; `no_gear` where they agree in all. An unknown size agrees.
constexpr std::size_t first_misfit(const extent& left, const extent& right, const gear_view& gears) {
  if (left == right || !left.is_known() || !right.is_known()) return no_gear;
  if (left.is_constant() && right.is_constant()) return 0;
  for (std::size_t gear = 0; gear != gears.gears; ++gear)
    if (left.size_in(gears, gear) != right.size_in(gears, gear)) return gear;
  return no_gear;
}

/// The shape of one tensor: a rank and extents, or an unknown rank (a file says -2).
struct shape_value {
  extent dims[max_rank]{};
  std::uint8_t rank = 0;
  bool rank_known = true;

  constexpr shape_value() = default;
  template <class... Extents>
  static constexpr shape_value of(const Extents&... extents) {
    shape_value result;
    (result.push(extents), ...);
    return result;
  }
  /// A shape of this rank, each size decided later; at most max_rank of them.
  static constexpr shape_value of_unknown_sizes(std::size_t rank) {
    shape_value result;
    for (std::size_t d = 0; d != rank && d != max_rank; ++d) result.push(extent::unknown());
    return result;
  }
  static constexpr shape_value of_unknown_rank() {
    shape_value result;
    result.rank_known = false;
    return result;
  }

  constexpr const extent& operator[](std::size_t dimension) const { return dims[dimension]; }
  constexpr extent& operator[](std::size_t dimension) { return dims[dimension]; }
  /// The dimension counted from the end: back(1) is the last one.
  constexpr const extent& back(std::size_t from_end) const { return dims[rank - from_end]; }
  constexpr extent& back(std::size_t from_end) { return dims[rank - from_end]; }
  /// Appends a dimension; past max_rank the shape keeps its dimensions and the caller has to check first.
  constexpr void push(const extent& dimension) {
    if (rank != max_rank) dims[rank++] = dimension;
  }

  constexpr bool operator==(const shape_value& other) const {
    if (rank != other.rank || rank_known != other.rank_known) return false;
    for (std::size_t i = 0; i != rank; ++i)
      if (!(dims[i] == other.dims[i])) return false;
    return true;
  }

  /// The product of all dimensions; 1 for a scalar.
  constexpr extent elements() const {
    if (!rank_known) return extent::unknown();
    extent product{1};
    for (std::size_t i = 0; i != rank; ++i) product = product * dims[i];
    return product;
  }
  /// Elements in one gear. Every dimension is known.
  constexpr std::int64_t elements_in(const gear_view& gears, std::size_t gear) const {
    std::int64_t product = 1;
    for (std::size_t i = 0; i != rank; ++i) product = bounded_product(product, dims[i].size_in(gears, gear));
    return product;
  }
  /// Whether every dimension is known (so that a gear makes it numbers).
  constexpr bool is_known() const {
    if (!rank_known) return false;
    for (std::size_t i = 0; i != rank; ++i)
      if (!dims[i].is_known()) return false;
    return true;
  }
};

}  // namespace airloom
