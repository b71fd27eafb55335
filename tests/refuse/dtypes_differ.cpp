// expect: (shape_error|shapes_fit)<airloom::op::add, airloom::is<airloom::op::binary::part::x1,
// airloom::dtype::f32>, airloom::must_equal<airloom::op::binary::part::x2, airloom::dtype::f16>
#include <airloom/dsl.hpp>

namespace al = airloom;

inline constexpr struct batch final : al::axis<batch> {
} batch;
inline constexpr struct seq final : al::axis<seq> {
} seq;

// f32 and f16 are never mixed in silence.
struct net {
  constexpr auto operator()(auto a, auto b) const { return a + b; }
};

int main() {
  al::record_model(net{}, al::input<al::static_model, al::f32, 2, 3>("a"),
                   al::input<al::static_model, al::f16, 2, 3>("b"));
}
