// expect: (gear_error|gears_hold)<airloom::zip_and_product_take_ladders_and_gear_sets
#include <airloom/shape/gears.hpp>

namespace al = airloom;

inline constexpr struct batch final : al::axis<batch> {
} batch;
inline constexpr struct seq final : al::axis<seq> {
} seq;

// Meant: batch.in<1, 4>
constexpr auto traffic = al::product(batch, seq.in<64, 128>);

int main() {}
