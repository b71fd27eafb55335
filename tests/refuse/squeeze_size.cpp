// expect: (shape_error|shapes_fit)<airloom::op::squeeze, airloom::is<airloom::op::squeeze::part::.*, 3>
#include <airloom/dsl.hpp>

namespace al = airloom;

inline constexpr struct batch final : al::axis<batch> {
} batch;
inline constexpr struct seq final : al::axis<seq> {
} seq;

// Only dimensions of size 1 can be dropped.
struct net {
  constexpr auto operator()(auto x) const { return al::squeeze<1>(x); }
};

int main() {
  al::record_model(net{}, al::input<al::static_model, al::f32, 2, 3>("x"));
}
