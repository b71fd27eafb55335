#pragma once
// How much memory this program holds from operator new, which held_memory.cpp replaces.

#include <cstddef>

namespace test {

std::size_t held_memory();
/// The most that was ever held since start_peak().
std::size_t peak_memory();
void start_peak();

}  // namespace test
