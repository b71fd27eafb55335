// expect: (gear_error|gears_hold)<airloom::every_size_is_at_least_one, airloom::axis_named<seq>,
// airloom::sizes<-64, 64>
#include <airloom/shape/gears.hpp>

namespace al = airloom;

inline constexpr struct batch final : al::axis<batch> {
} batch;
inline constexpr struct seq final : al::axis<seq> {
} seq;

constexpr auto traffic = al::product(batch.in<1>, seq.in<-64, 64>);

int main() {}
