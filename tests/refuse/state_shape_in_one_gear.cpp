// expect: (shape_error|shapes_fit)<airloom::op::update, airloom::is<.*new_value_size, 1>,
// expect: airloom::must_equal<.*state_size, 4>.*in_gear<1, airloom::of<2>
#include <airloom/dsl.hpp>

namespace al = airloom;

inline constexpr struct batch final : al::axis<batch> {
} batch;
inline constexpr auto traffic = batch.in<1, 4>;

// The state has four rows always, the new value only in the second gear.
struct net {
  constexpr auto operator()(auto x, auto last) const {
    return al::outputs(al::sum<0>(last), al::updated(last, x));
  }
};

int main() {
  al::record_model(net{}, al::input<traffic, al::f32, batch, 2>("x"),
                   al::state<traffic, al::f32, 4, 2>("last"));
}
