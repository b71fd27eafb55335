// expect: (shape_error|shapes_fit)<airloom::op::add, airloom::operands_have_different_gear_sets
#include <airloom/dsl.hpp>

namespace al = airloom;

inline constexpr struct batch final : al::axis<batch> {
} batch;
inline constexpr struct seq final : al::axis<seq> {
} seq;

// The two inputs come from two gear sets.
inline constexpr auto one = batch.in<1, 4>;
inline constexpr auto other = batch.in<1, 8>;
struct net {
  constexpr auto operator()(auto a, auto b) const { return a + b; }
};

int main() {
  al::record_model(net{}, al::input<one, al::f32, batch, 2>("a"), al::input<other, al::f32, batch, 2>("b"));
}
