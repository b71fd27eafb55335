// expect: (gear_error|gears_hold)<airloom::the_axis_never_agrees_with_itself, airloom::axis_list<batch, seq>
#include <airloom/shape/gears.hpp>

namespace al = airloom;

inline constexpr struct batch final : al::axis<batch> {
} batch;
inline constexpr struct seq final : al::axis<seq> {
} seq;

// Zipped with itself in another order, batch is never equal to itself.
constexpr auto traffic = al::zip(batch.in<1, 2>, seq.in<64, 128>, batch.in<2, 1>);

int main() {}
