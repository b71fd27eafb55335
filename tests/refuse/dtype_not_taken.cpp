// expect: (shape_error|shapes_fit)<airloom::op::tanh, airloom::is<airloom::op::unary::part::x,
// airloom::dtype::i32>, airloom::which_the_operator_does_not_take
#include <airloom/dsl.hpp>

namespace al = airloom;

inline constexpr struct batch final : al::axis<batch> {
} batch;
inline constexpr struct seq final : al::axis<seq> {
} seq;

// Tanh is for floating-point numbers.
struct net {
  constexpr auto operator()(auto x) const { return al::tanh(x); }
};

int main() {
  al::record_model(net{}, al::input<al::static_model, al::i32, 2, 3>("x"));
}
