#pragma once
// Two tensors whose first dimensions move together: the sum is right in both gears, so it compiles.

#include <airloom/dsl.hpp>

namespace geared_add {

namespace al = airloom;

inline constexpr struct rows final : al::axis<rows> {
} rows;
inline constexpr struct cols final : al::axis<cols> {
} cols;

// With al::product instead of al::zip this program does not compile: rows = 2 would meet cols = 4.
inline constexpr auto gears = al::zip(rows.in<2, 4>, cols.in<2, 4>);

struct net {
  constexpr auto operator()(auto a, auto b) const { return a + b; }
};

inline constexpr auto a = al::input<gears, al::f32, rows, 2>("a");
inline constexpr auto b = al::input<gears, al::f32, cols, 2>("b");

}  // namespace geared_add
