// expect: (shape_error|shapes_fit)<airloom::op::softmax_v2, airloom::is<airloom::op::softmax_v2::part::axes,
// 2>, airloom::below<2>
#include <airloom/dsl.hpp>

namespace al = airloom;

inline constexpr struct batch final : al::axis<batch> {
} batch;
inline constexpr struct seq final : al::axis<seq> {
} seq;

// A matrix has the dimensions 0 and 1.
struct net {
  constexpr auto operator()(auto x) const { return al::softmax<2>(x); }
};

int main() {
  al::record_model(net{}, al::input<al::static_model, al::f32, 2, 3>("x"));
}
