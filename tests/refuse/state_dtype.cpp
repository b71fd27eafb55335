// expect: (shape_error|shapes_fit)<airloom::op::update, airloom::is<.*part::state, .*f16>,
// expect: airloom::must_equal<.*part::new_value, .*f32>
#include <airloom/dsl.hpp>

namespace al = airloom;

// The new value is of another element type.
struct net {
  constexpr auto operator()(auto sum) const { return al::updated(sum, al::cast<al::f32>(sum) + 1.0); }
};

int main() {
  al::record_model(net{}, al::state<al::static_model, al::f16, 4>("sum"));
}
