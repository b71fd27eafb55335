// expect: (gear_error|gears_hold)<airloom::zip_needs_members_of_one_length, airloom::length<2>,
// airloom::length<3>
#include <airloom/shape/gears.hpp>

namespace al = airloom;

inline constexpr struct batch final : al::axis<batch> {
} batch;
inline constexpr struct seq final : al::axis<seq> {
} seq;

constexpr auto traffic = al::zip(batch.in<1, 4>, seq.in<64, 128, 256>);

int main() {}
