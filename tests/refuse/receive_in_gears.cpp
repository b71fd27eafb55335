// expect: (shape_error|shapes_fit)<airloom::op::hcom_receive,
// expect: airloom::is<airloom::op::hcom_receive::part::size, -1>, airloom::at_least<0>
#include <airloom/dsl.hpp>

namespace al = airloom;

inline constexpr struct batch final : al::axis<batch> {
} batch;

// HcomReceive holds its shape as numbers.
struct net {
  constexpr auto operator()(auto x) const {
    return al::receive<al::world<2>, 0, al::f32, al::shape<batch, 6>>(x) + x;
  }
};

int main() {
  al::record_model(net{}, al::input<batch.in<2, 4>, al::f32, batch, 6>("x"));
}
