// expect: (shape_error|shapes_fit)<airloom::op::conv2d, airloom::is<airloom::op::conv2d::part::.*, 4>,
// airloom::must_equal<airloom::op::conv2d::part::.*, 3>
#include <airloom/dsl.hpp>

namespace al = airloom;

inline constexpr struct batch final : al::axis<batch> {
} batch;
inline constexpr struct seq final : al::axis<seq> {
} seq;

// Four channels into a layer for three.
struct net {
  al::nn::conv2d<3, 8, 3> conv;
  constexpr auto operator()(auto x) const { return conv(x); }
};
BOOST_HANA_ADAPT_STRUCT(net, conv);

int main() {
  al::record_model(net{}, al::input<al::static_model, al::f32, 1, 4, 8, 8>("x"));
}
