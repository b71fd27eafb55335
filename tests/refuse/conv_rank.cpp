// expect: (shape_error|shapes_fit)<airloom::op::conv2d, airloom::has_rank<airloom::op::conv2d::part::x, 3>,
// airloom::needs_rank<4>
#include <airloom/dsl.hpp>

namespace al = airloom;

inline constexpr struct batch final : al::axis<batch> {
} batch;
inline constexpr struct seq final : al::axis<seq> {
} seq;

// An image without its batch.
struct net {
  al::nn::conv2d<1, 8, 3> conv;
  constexpr auto operator()(auto x) const { return conv(x); }
};
BOOST_HANA_ADAPT_STRUCT(net, conv);

int main() {
  al::record_model(net{}, al::input<al::static_model, al::f32, 1, 8, 8>("x"));
}
