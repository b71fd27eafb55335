// expect: (state_error|state_fits)<airloom::a_state_is_updated_twice, airloom::input_number<2>
#include <airloom/dsl.hpp>

namespace al = airloom;

// Two new values for one state.
struct net {
  constexpr auto operator()(auto x, auto sum) const {
    return al::outputs(al::updated(sum, sum + x), al::updated(sum, sum * x));
  }
};

int main() {
  al::record_model(net{}, al::input<al::static_model, al::f32, 4>("x"),
                   al::state<al::static_model, al::f32, 4>("sum"));
}
