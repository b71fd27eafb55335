// expect: (shape_error|shapes_fit)<airloom::op::gather_v2, airloom::is<airloom::op::gather_v2::part::indices,
// airloom::dtype::f32>, airloom::which_the_operator_does_not_take
#include <airloom/dsl.hpp>

namespace al = airloom;

inline constexpr struct batch final : al::axis<batch> {
} batch;
inline constexpr struct seq final : al::axis<seq> {
} seq;

// Indices are whole numbers.
struct net {
  al::nn::embedding<100, 8> table;
  constexpr auto operator()(auto ids) const { return table(ids); }
};
BOOST_HANA_ADAPT_STRUCT(net, table);

int main() {
  al::record_model(net{}, al::input<al::static_model, al::f32, 2, 3>("x"));
}
