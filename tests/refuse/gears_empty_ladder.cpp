// expect: (gear_error|gears_hold)<airloom::a_ladder_needs_at_least_one_size, airloom::axis_named<batch>
#include <airloom/shape/gears.hpp>

namespace al = airloom;

inline constexpr struct batch final : al::axis<batch> {
} batch;
inline constexpr struct seq final : al::axis<seq> {
} seq;

constexpr auto traffic = al::zip(batch.in<>, seq.in<64>);

int main() {}
