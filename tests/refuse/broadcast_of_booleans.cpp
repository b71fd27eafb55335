// expect: (shape_error|shapes_fit)<airloom::op::hcom_broadcast,
// expect: airloom::is<airloom::op::hcom_broadcast::part::x, airloom::dtype::boolean>
// expect: airloom::which_the_operator_does_not_take
#include <airloom/dsl.hpp>

namespace al = airloom;

// HCCL moves no booleans; what broadcast returns has as many pieces as it was given.
struct net {
  constexpr auto operator()(auto mask, auto x) const {
    auto [root_mask, root_x] = al::broadcast<al::world<2>, 0>(mask, x);
    return al::select(root_mask, root_x, x);
  }
};

int main() {
  al::record_model(net{}, al::input<al::static_model, al::boolean, 2, 6>("mask"),
                   al::input<al::static_model, al::f32, 2, 6>("x"));
}
