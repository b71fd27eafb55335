// expect: (input_error|input_fits)<airloom::a_dimension_is_at_least_one, airloom::shape_is<2, 0>
#include <airloom/dsl.hpp>

namespace al = airloom;

inline constexpr struct batch final : al::axis<batch> {
} batch;
inline constexpr struct seq final : al::axis<seq> {
} seq;

// A dimension of size 0.
struct net {
  constexpr auto operator()(auto x) const { return al::relu(x); }
};

int main() {
  al::record_model(net{}, al::input<al::static_model, al::f32, 2, 0>("x"));
}
