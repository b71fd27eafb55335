// expect: (shape_error|shapes_fit)<airloom::op::mat_mul_v2, airloom::is<airloom::op::.*x1_columns, 120>,
// airloom::must_equal<airloom::op::.*x2_rows, 128>
#include <airloom/dsl.hpp>

namespace al = airloom;

inline constexpr struct batch final : al::axis<batch> {
} batch;
inline constexpr struct seq final : al::axis<seq> {
} seq;

// The second layer takes 128 numbers where the first gives 120.
struct net {
  al::nn::linear<64, 120> fc1;
  al::nn::linear<128, 10> fc2;
  constexpr auto operator()(auto x) const { return al::softmax<-1>(fc2(al::relu(fc1(x)))); }
};
BOOST_HANA_ADAPT_STRUCT(net, fc1, fc2);

int main() {
  al::record_model(net{}, al::input<al::static_model, al::f32, 1, 64>("x"));
}
