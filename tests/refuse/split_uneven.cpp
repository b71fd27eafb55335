// expect: (shape_error|shapes_fit)<airloom::op::split_d, airloom::is<airloom::op::split_d::part::.*, 3>,
// airloom::must_be_divisible_by<airloom::op::split_d::part::.*, 2>
#include <airloom/dsl.hpp>

namespace al = airloom;

inline constexpr struct batch final : al::axis<batch> {
} batch;
inline constexpr struct seq final : al::axis<seq> {
} seq;

// Three columns do not split into two equal halves.
struct net {
  constexpr auto operator()(auto x) const { return al::split<1, 2>(x).template get<0>(); }
};

int main() {
  al::record_model(net{}, al::input<al::static_model, al::f32, 2, 3>("x"));
}
