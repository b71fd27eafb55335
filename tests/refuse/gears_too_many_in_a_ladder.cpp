// expect: (gear_error|gears_hold)<airloom::too_many_gears, airloom::gears_in_all<101>, airloom::at_most<100>
#include <airloom/dsl.hpp>

namespace al = airloom;

inline constexpr struct batch final : al::axis<batch> {
} batch;
// 101 sizes of one axis.
template <std::int64_t... Sizes>
constexpr auto ladder_of(std::integer_sequence<std::int64_t, Sizes...>) {
  return batch.in<(Sizes + 2)...>;
}
inline constexpr auto traffic = ladder_of(std::make_integer_sequence<std::int64_t, 101>{});
struct net {
  constexpr auto operator()(auto x) const { return al::relu(x); }
};

int main() {
  al::record_model(net{}, al::input<traffic, al::f32, batch, 64>("x"));
}
