#include "weights/held_memory.hpp"

#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<std::size_t> held{0};
std::atomic<std::size_t> peak{0};

}  // namespace

namespace test {

std::size_t held_memory() {
  return held;
}
std::size_t peak_memory() {
  return peak;
}
void start_peak() {
  peak = held.load();
}

}  // namespace test

void* operator new(std::size_t size) {
  void* const memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) throw std::bad_alloc{};
  held += ::malloc_usable_size(memory);
  peak = std::max(peak.load(), held.load());
  return memory;
}

void operator delete(void* memory) noexcept {
  held -= ::malloc_usable_size(memory);
  std::free(memory);
}

void operator delete(void* memory, std::size_t /*size*/) noexcept {
  operator delete(memory);
}
