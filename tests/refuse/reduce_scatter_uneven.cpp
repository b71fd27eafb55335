// expect: (shape_error|shapes_fit)<airloom::op::hcom_reduce_scatter,
// expect: airloom::is<airloom::op::hcom_reduce_scatter::part::x_rows, 7>
// expect: airloom::must_be_divisible_by<airloom::op::hcom_reduce_scatter::part::rank_size, 2>
#include <airloom/dsl.hpp>

namespace al = airloom;

inline constexpr al::group<0, 1> pair{"tp"};

// Seven rows are no two equal shares.
struct net {
  constexpr auto operator()(auto x) const { return al::relu(al::reduce_scatter<pair>(x)); }
};

int main() {
  al::record_model(net{}, al::input<al::static_model, al::f32, 7, 3>("x"));
}
