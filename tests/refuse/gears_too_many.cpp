// expect: (gear_error|gears_hold)<airloom::too_many_gears, airloom::gears_in_all<110>, airloom::at_most<100>
#include <airloom/shape/gears.hpp>

namespace al = airloom;

inline constexpr struct batch final : al::axis<batch> {
} batch;
inline constexpr struct seq final : al::axis<seq> {
} seq;

// 11 x 10 gears: CANN takes 100 on most chips.
constexpr auto traffic =
    al::product(batch.in<1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11>, seq.in<1, 2, 3, 4, 5, 6, 7, 8, 9, 10>);

int main() {}
