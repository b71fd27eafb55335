// expect: (module_error|is_module)<net, airloom::this_struct_needs_BOOST_HANA_ADAPT_STRUCT
#include <airloom/dsl.hpp>

namespace al = airloom;

inline constexpr struct batch final : al::axis<batch> {
} batch;
inline constexpr struct seq final : al::axis<seq> {
} seq;

// The members are not named, so the weights have no paths.
struct net {
  al::nn::linear<3, 3> layer;
  constexpr auto operator()(auto x) const { return layer(x); }
};

int main() {
  al::record_model(net{}, al::input<al::static_model, al::f32, 2, 3>("x"));
}
