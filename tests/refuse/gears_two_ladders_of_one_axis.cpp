// expect: (gear_error|gears_hold)<airloom::an_axis_has_one_ladder, airloom::axis_list<batch>
#include <airloom/shape/gears.hpp>

namespace al = airloom;

inline constexpr struct batch final : al::axis<batch> {
} batch;
inline constexpr struct seq final : al::axis<seq> {
} seq;

constexpr auto traffic = al::product(batch.in<1, 2>, al::zip(seq.in<64, 128>, batch.in<1, 3>));

int main() {}
