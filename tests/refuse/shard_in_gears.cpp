// expect: (shape_error|shapes_fit)<airloom::op::strided_slice_v2,
// expect: airloom::needs_known_contents<airloom::op::strided_slice_v2::part::begin>
// expect: airloom::at_dimension<0>
#include <airloom/dsl.hpp>

namespace al = airloom;

inline constexpr struct batch final : al::axis<batch> {
} batch;

// A share of a dimension that moves has no constant bounds.
struct net {
  constexpr auto operator()(auto x) const { return al::shard<al::world<2>, 0>(x); }
};

int main() {
  al::record_model(net{}, al::input<batch.in<2, 4>, al::f32, batch, 6>("x"));
}
