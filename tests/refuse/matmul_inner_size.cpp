// expect: (shape_error|shapes_fit)<airloom::op::mat_mul, airloom::is<airloom::op::.*x1_columns, 3>,
// airloom::must_equal<airloom::op::.*x2_rows, 4>
#include <airloom/dsl.hpp>

namespace al = airloom;

inline constexpr struct batch final : al::axis<batch> {
} batch;
inline constexpr struct seq final : al::axis<seq> {
} seq;

// [2, 3] by [4, 5].
struct net {
  constexpr auto operator()(auto a, auto b) const { return al::matmul(a, b); }
};

int main() {
  al::record_model(net{}, al::input<al::static_model, al::f32, 2, 3>("a"),
                   al::input<al::static_model, al::f32, 4, 5>("b"));
}
