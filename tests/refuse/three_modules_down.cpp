// expect: (shape_error|shapes_fit)<airloom::op::mat_mul_v2, airloom::is<airloom::op::.*x1_columns, 8>,
// airloom::must_equal<airloom::op::.*x2_rows, 9>
#include <airloom/dsl.hpp>

namespace al = airloom;

inline constexpr struct batch final : al::axis<batch> {
} batch;
inline constexpr struct seq final : al::axis<seq> {
} seq;

// The mistake lies three modules below the root; there is still one error.
struct inner {
  al::nn::linear<9, 8> wrong;
  constexpr auto operator()(auto x) const { return al::relu(wrong(x)); }
};
BOOST_HANA_ADAPT_STRUCT(inner, wrong);
struct middle {
  al::module<inner> block;
  constexpr auto operator()(auto x) const { return x + block(x); }
};
BOOST_HANA_ADAPT_STRUCT(middle, block);
struct outer {
  al::repeat<3, middle> layer;
  constexpr auto operator()(auto x) const { return al::softmax<-1>(layer(x)); }
};
BOOST_HANA_ADAPT_STRUCT(outer, layer);

int main() {
  al::record_model(outer{}, al::input<al::static_model, al::f32, 1, 8>("x"));
}
