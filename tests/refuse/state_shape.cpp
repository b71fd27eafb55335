// expect: (shape_error|shapes_fit)<airloom::op::update, airloom::is<.*new_value_size, 5>,
// expect: airloom::must_equal<.*state_size, 4>, airloom::at_dimension<0>
#include <airloom/dsl.hpp>

namespace al = airloom;

// The new value has a row more than the state.
struct net {
  constexpr auto operator()(auto x, auto cache) const { return al::updated(cache, al::concat<0>(cache, x)); }
};

int main() {
  al::record_model(net{}, al::input<al::static_model, al::f32, 1, 2>("x"),
                   al::state<al::static_model, al::f32, 4, 2>("cache"));
}
