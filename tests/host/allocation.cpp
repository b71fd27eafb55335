// Running allocates nothing: every way to the heap is counted.

#include <doctest/doctest.h>
#include <airloom/host/engine.hpp>
#include <atomic>
#include <cstdlib>
#include <new>

#include "host/geared_graph.hpp"

namespace al = airloom;

namespace {

std::atomic<std::size_t> allocations{0};

}  // namespace

// The sanitizers have an allocator of their own, which they let nobody replace.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

// Visible, so that the system's libraries call these, too: clang hides them otherwise.
#pragma GCC visibility push(default)
extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);

void* malloc(std::size_t bytes) noexcept {
  ++allocations;
  return __libc_malloc(bytes);
}
void* calloc(std::size_t count, std::size_t bytes) noexcept {
  ++allocations;
  return __libc_calloc(count, bytes);
}
void* realloc(void* old, std::size_t bytes) noexcept {
  ++allocations;
  return __libc_realloc(old, bytes);
}
void* memalign(std::size_t alignment, std::size_t bytes) noexcept {
  ++allocations;
  return __libc_memalign(alignment, bytes);
}
void* aligned_alloc(std::size_t alignment, std::size_t bytes) noexcept {
  ++allocations;
  return __libc_memalign(alignment, bytes);
}
int posix_memalign(void** memory, std::size_t alignment, std::size_t bytes) noexcept {
  ++allocations;
  *memory = __libc_memalign(alignment, bytes);
  return *memory == nullptr;
}
}
#pragma GCC visibility pop

namespace {

void count_allocations(al::host::kernels kind, std::size_t rounds) {
  const al::host::engine ready{test::geared_graph(), {kind}};
  al::host::context runs = ready.make_context();
  std::vector<test::gear_buffers> buffers;
  for (std::size_t gear = 0; gear != ready.gears(); ++gear) buffers.emplace_back(ready, gear);
  const std::size_t before = allocations;
  bool all = true;
  for (std::size_t round = 0; round != rounds; ++round) {
    const std::size_t gear = round % ready.gears();
    const test::gear_buffers& used = buffers[gear];
    all = all && runs.run(gear, used.inputs, used.outputs).ok();
    all = all && !runs.run(ready.gears(), used.inputs, used.outputs).ok();  // nor does a refusal
  }
  const std::size_t after = allocations;
  CHECK(all);
  CHECK(after - before == 0);
}

}  // namespace

TEST_CASE("a hundred thousand runs over all gears allocate nothing") {
  const std::size_t before = allocations;
  { const std::vector<float> counted(100); }
  REQUIRE(allocations > before);  // the counter counts
  count_allocations(al::host::kernels::fast, 100'000);
  count_allocations(al::host::kernels::reference, 10'000);
}

#endif
