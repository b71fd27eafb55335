// expect: (shape_error|shapes_fit)<airloom::op::concat_v2,
// airloom::is<airloom::op::joining::part::member_size, 4>,
// airloom::must_equal<airloom::op::joining::part::first_size, 3>, airloom::at_dimension<1>
#include <airloom/dsl.hpp>

namespace al = airloom;

inline constexpr struct batch final : al::axis<batch> {
} batch;
inline constexpr struct seq final : al::axis<seq> {
} seq;

// Joined along dimension 0, the others have to agree.
struct net {
  constexpr auto operator()(auto a, auto b) const { return al::concat<0>(a, b); }
};

int main() {
  al::record_model(net{}, al::input<al::static_model, al::f32, 2, 3>("a"),
                   al::input<al::static_model, al::f32, 2, 4>("b"));
}
