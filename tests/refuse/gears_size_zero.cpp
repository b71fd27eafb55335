// expect: (gear_error|gears_hold)<airloom::every_size_is_at_least_one, airloom::axis_named<batch>,
// airloom::sizes<1, 0>
#include <airloom/shape/gears.hpp>

namespace al = airloom;

inline constexpr struct batch final : al::axis<batch> {
} batch;
inline constexpr struct seq final : al::axis<seq> {
} seq;

constexpr auto ladder = batch.in<1, 0>;

int main() {}
