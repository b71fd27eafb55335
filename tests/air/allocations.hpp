#pragma once
// Counts what the program takes from the heap. The test program replaces the global allocation functions
// (allocations.cpp).

#include <cstddef>

namespace test {

/// The most memory that was in use at once since this was made, beyond what was in use then.
class peak_memory {
 public:
  peak_memory();
  std::size_t bytes() const;

 private:
  std::size_t before_;
};

}  // namespace test
