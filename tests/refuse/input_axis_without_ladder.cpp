// expect: (input_error|input_fits)<airloom::every_axis_of_a_shape_belongs_to_the_gear_set,
// airloom::shape_is<batch\{\},
// seq\{\}|(input_error|input_fits)<airloom::every_axis_of_a_shape_belongs_to_the_gear_set, airloom::shape_is<
#include <airloom/dsl.hpp>

namespace al = airloom;

inline constexpr struct batch final : al::axis<batch> {
} batch;
inline constexpr struct seq final : al::axis<seq> {
} seq;

// seq has no ladder in this gear set.
inline constexpr auto gears = batch.in<1, 4>;
struct net {
  constexpr auto operator()(auto x) const { return al::relu(x); }
};

int main() {
  al::record_model(net{}, al::input<gears, al::f32, batch, seq>("x"));
}
