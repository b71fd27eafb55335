// expect: (shape_error|shapes_fit)<airloom::op::split_d,
// expect: airloom::is<airloom::op::split_d::part::x_size, 6>
// expect: airloom::must_be_divisible_by<airloom::op::split_d::part::num_split, 4>
#include <airloom/dsl.hpp>

namespace al = airloom;

// Six columns are no four equal shares.
struct net {
  constexpr auto operator()(auto x) const {
    return al::all_reduce<al::world<4>>(al::shard<al::world<4>, 1>(x));
  }
};

int main() {
  al::record_model(net{}, al::input<al::static_model, al::f32, 2, 6>("x"));
}
