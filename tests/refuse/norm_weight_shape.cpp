// expect: (shape_error|shapes_fit)<airloom::op::layer_norm_v4,
// airloom::is<airloom::op::layer_norm_v4::part::.*>, airloom::must_equal<airloom::op::layer_norm_v4::part::
#include <airloom/dsl.hpp>

namespace al = airloom;

inline constexpr struct batch final : al::axis<batch> {
} batch;
inline constexpr struct seq final : al::axis<seq> {
} seq;

// The weight has 4 elements, the rows have 3.
struct net {
  al::nn::layer_norm<4> norm;
  constexpr auto operator()(auto x) const { return norm(x); }
};
BOOST_HANA_ADAPT_STRUCT(net, norm);

int main() {
  al::record_model(net{}, al::input<al::static_model, al::f32, 2, 3>("x"));
}
