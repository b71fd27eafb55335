// expect-gcc: class airloom::group<0, 1, 0>
// expect-clang: none below 0 and none twice
#include <airloom/world/group.hpp>

int main() {
  return static_cast<int>(sizeof(airloom::group<0, 1, 0>));
}
