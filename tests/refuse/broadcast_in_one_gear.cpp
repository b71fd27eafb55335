// expect: (shape_error|shapes_fit)<airloom::op::add, airloom::is<airloom::op::binary::part::x1, 2>,
// airloom::must_equal_or_be_one<airloom::op::binary::part::x2, 4>, airloom::at_dimension<0>,
// airloom::in_gear<2, airloom::of<4>, airloom::where<batch, 2>, airloom::where<seq, 4> ?>
#include <airloom/dsl.hpp>

namespace al = airloom;

inline constexpr struct batch final : al::axis<batch> {
} batch;
inline constexpr struct seq final : al::axis<seq> {
} seq;

// Under zip these agree in both gears; under product they meet as 2 and 4.
inline constexpr auto gears = al::product(batch.in<2, 4>, seq.in<2, 4>);
struct net {
  constexpr auto operator()(auto a, auto b) const { return a + b; }
};

int main() {
  al::record_model(net{}, al::input<gears, al::f32, batch, 2>("a"), al::input<gears, al::f32, seq, 2>("b"));
}
