// expect: (shape_error|shapes_fit)<airloom::op::transpose,
#include <airloom/dsl.hpp>

namespace al = airloom;

inline constexpr struct batch final : al::axis<batch> {
} batch;
inline constexpr struct seq final : al::axis<seq> {
} seq;

// 0 stands twice.
struct net {
  constexpr auto operator()(auto x) const { return al::transpose<0, 0>(x); }
};

int main() {
  al::record_model(net{}, al::input<al::static_model, al::f32, 2, 3>("x"));
}
