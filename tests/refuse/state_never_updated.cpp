// expect: (state_error|state_fits)<airloom::a_state_is_never_updated, airloom::input_number<2>
#include <airloom/dsl.hpp>

namespace al = airloom;

// A state that the model only reads is an input.
struct net {
  constexpr auto operator()(auto x, auto sum) const { return sum + x; }
};

int main() {
  al::record_model(net{}, al::input<al::static_model, al::f32, 4>("x"),
                   al::state<al::static_model, al::f32, 4>("sum"));
}
