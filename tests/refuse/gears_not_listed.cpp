// expect: (gear_error|gears_hold)<airloom::no_such_gear, airloom::where<batch, 3>, airloom::where<seq, 128>
#include <airloom/shape/gears.hpp>

namespace al = airloom;

inline constexpr struct batch final : al::axis<batch> {
} batch;
inline constexpr struct seq final : al::axis<seq> {
} seq;

inline constexpr auto traffic = al::product(batch.in<1, 4>, seq.in<64, 128>);
constexpr auto chosen = al::gear<traffic, batch(3), seq(128)>;

int main() {}
