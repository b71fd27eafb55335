// expect: (state_error|state_fits)<airloom::inputs_come_before_states, airloom::input_number<2>
#include <airloom/dsl.hpp>

namespace al = airloom;

// The state is declared before an input.
struct net {
  constexpr auto operator()(auto sum, auto x) const { return al::updated(sum, sum + x); }
};

int main() {
  al::record_model(net{}, al::state<al::static_model, al::f32, 4>("sum"),
                   al::input<al::static_model, al::f32, 4>("x"));
}
