// expect: (shape_error|shapes_fit)<airloom::op::add, airloom::is<airloom::op::binary::part::x1, 3>,
// airloom::must_equal_or_be_one<airloom::op::binary::part::x2, 4>, airloom::at_dimension<1>
#include <airloom/dsl.hpp>

namespace al = airloom;

inline constexpr struct batch final : al::axis<batch> {
} batch;
inline constexpr struct seq final : al::axis<seq> {
} seq;

// 3 and 4 are not equal and neither is 1.
struct net {
  constexpr auto operator()(auto a, auto b) const { return a + b; }
};

int main() {
  al::record_model(net{}, al::input<al::static_model, al::f32, 2, 3>("a"),
                   al::input<al::static_model, al::f32, 2, 4>("b"));
}
