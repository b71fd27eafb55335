// expect: (input_error|input_fits)<airloom::a_shape_has_at_most_eight_dimensions, airloom::but_has<9>
#include <airloom/dsl.hpp>

namespace al = airloom;

inline constexpr struct batch final : al::axis<batch> {
} batch;
inline constexpr struct seq final : al::axis<seq> {
} seq;

// Ascend stops at eight dimensions.
struct net {
  constexpr auto operator()(auto x) const { return al::relu(x); }
};

int main() {
  al::record_model(net{}, al::input<al::static_model, al::f32, 1, 1, 1, 1, 1, 1, 1, 1, 1>("x"));
}
