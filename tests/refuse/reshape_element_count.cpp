// expect: (shape_error|shapes_fit)<airloom::op::reshape, airloom::is<airloom::op::reshape::part::.*, 6>,
// airloom::must_equal<airloom::op::reshape::part::.*, 8>
#include <airloom/dsl.hpp>

namespace al = airloom;

inline constexpr struct batch final : al::axis<batch> {
} batch;
inline constexpr struct seq final : al::axis<seq> {
} seq;

// Six elements do not make [4, 2].
struct net {
  constexpr auto operator()(auto x) const { return al::reshape<4, 2>(x); }
};

int main() {
  al::record_model(net{}, al::input<al::static_model, al::f32, 2, 3>("x"));
}
