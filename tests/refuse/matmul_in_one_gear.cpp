// expect: (shape_error|shapes_fit)<airloom::op::mat_mul, airloom::is<airloom::op::.*x1_columns, 512>,
// airloom::must_equal<airloom::op::.*x2_rows, 128>, airloom::in_gear<2, airloom::of<2>, airloom::where<batch,
// 4>, airloom::where<seq, 512>
#include <airloom/dsl.hpp>

namespace al = airloom;

inline constexpr struct batch final : al::axis<batch> {
} batch;
inline constexpr struct seq final : al::axis<seq> {
} seq;

// Right in the first gear, wrong in the second.
inline constexpr auto gears = al::zip(batch.in<1, 4>, seq.in<128, 512>);
struct net {
  constexpr auto operator()(auto a, auto b) const { return al::relu(al::matmul(a, b)); }
};

int main() {
  al::record_model(net{}, al::input<gears, al::f32, seq, seq>("a"), al::input<gears, al::f32, 128, 64>("b"));
}
