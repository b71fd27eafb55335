// expect: (shape_error|shapes_fit)<airloom::op::reshape, airloom::is<airloom::op::reshape::part::.*>,
// airloom::must_equal<airloom::op::reshape::part::.*, airloom::in_gear<2, airloom::of<2>,
// airloom::where<batch, 4>
#include <airloom/dsl.hpp>

namespace al = airloom;

inline constexpr struct batch final : al::axis<batch> {
} batch;
inline constexpr struct seq final : al::axis<seq> {
} seq;

// [batch, 6] is [1, 6] in the first gear, but [4, 6] in the second.
inline constexpr auto gears = batch.in<1, 4>;
struct net {
  constexpr auto operator()(auto x) const { return al::reshape<2, 3>(x); }
};

int main() {
  al::record_model(net{}, al::input<gears, al::f32, batch, 6>("x"));
}
