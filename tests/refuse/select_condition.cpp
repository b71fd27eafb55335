// expect: (shape_error|shapes_fit)<airloom::op::select_v2,
// airloom::is<airloom::op::select_v2::part::condition, airloom::dtype::f32>,
// airloom::which_the_operator_does_not_take
#include <airloom/dsl.hpp>

namespace al = airloom;

inline constexpr struct batch final : al::axis<batch> {
} batch;
inline constexpr struct seq final : al::axis<seq> {
} seq;

// A condition is true or false.
struct net {
  constexpr auto operator()(auto a, auto b) const { return al::select(a, a, b); }
};

int main() {
  al::record_model(net{}, al::input<al::static_model, al::f32, 2, 3>("a"),
                   al::input<al::static_model, al::f32, 2, 3>("b"));
}
