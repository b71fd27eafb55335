#pragma once
// Where the tests find their data: $AIRLOOM_TEST_DATA, else the folder compiled in.

#include <cstdlib>
#include <filesystem>

namespace test {

inline std::filesystem::path data() {
  const char* chosen = std::getenv("AIRLOOM_TEST_DATA");
  return chosen != nullptr && *chosen != '\0' ? chosen : AIRLOOM_TEST_DATA_DEFAULT;
}

}  // namespace test
