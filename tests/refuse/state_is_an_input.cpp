// expect: (state_error|state_fits)<airloom::only_a_state_of_the_model_is_updated
#include <airloom/dsl.hpp>

namespace al = airloom;

// x is declared as an input.
struct net {
  constexpr auto operator()(auto x) const { return al::updated(x, x * 2.0); }
};

int main() {
  al::record_model(net{}, al::input<al::static_model, al::f32, 4>("x"));
}
