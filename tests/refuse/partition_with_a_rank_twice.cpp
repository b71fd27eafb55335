// expect-gcc: struct airloom::partition<low, high>
// expect-clang: no rank is in two groups of a partition
#include <airloom/world/group.hpp>

inline constexpr airloom::group<0, 1> low{"low"};
inline constexpr airloom::group<1, 2> high{"high"};

int main() {
  return static_cast<int>(sizeof(airloom::partition<low, high>));
}
