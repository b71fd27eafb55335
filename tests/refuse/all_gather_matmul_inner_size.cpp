// expect: (shape_error|shapes_fit)<airloom::op::all_gather_matmul,
// expect: airloom::is<airloom::op::collective_matmul::part::x1_columns, 6>
// expect: airloom::must_equal<airloom::op::collective_matmul::part::x2_rows, 8>
#include <airloom/dsl.hpp>

namespace al = airloom;

// Six columns against eight rows.
struct net {
  constexpr auto operator()(auto x, auto weight) const {
    auto [y, gathered] = al::all_gather_matmul<al::world<2>>(x, weight);
    return y;
  }
};

int main() {
  al::record_model(net{}, al::input<al::static_model, al::f16, 2, 6>("x"),
                   al::input<al::static_model, al::f16, 8, 4>("weight"));
}
