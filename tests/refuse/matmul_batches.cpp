// expect: (shape_error|shapes_fit)<airloom::op::batch_mat_mul, airloom::is<airloom::op::.*, 2>,
// airloom::must_equal_or_be_one<airloom::op::.*, 3>
#include <airloom/dsl.hpp>

namespace al = airloom;

inline constexpr struct batch final : al::axis<batch> {
} batch;
inline constexpr struct seq final : al::axis<seq> {
} seq;

// Two batches of 2 and of 3.
struct net {
  constexpr auto operator()(auto a, auto b) const { return al::matmul(a, b); }
};

int main() {
  al::record_model(net{}, al::input<al::static_model, al::f32, 2, 4, 5>("a"),
                   al::input<al::static_model, al::f32, 3, 5, 6>("b"));
}
