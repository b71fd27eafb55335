// Running allocates nothing: every way to the heap is counted.

#include <doctest/doctest.h>
#include <airloom/host/engine.hpp>
#include <array>
#include <atomic>
#include <cstdlib>
#include <new>

#include "support/graphs.hpp"

namespace al = airloom;

namespace {

std::atomic<std::size_t> allocations{0};

}  // namespace

// The sanitizers have an allocator of their own, which they let nobody replace.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

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

namespace {

/// [n, 8] through a linear layer, layer norm, gelu and softmax, in three gears.
al::graph small_model() {
  test::graph_builder build;
  build.g.gears = {{"n"}, {1, 4, 16}, 3};
  const int x = build.input("x", al::f32, test::shape({al::extent::of_axis(0), 8}));
  const int weight = build.constant("weight", al::f32, test::shape({8, 8}), std::vector<float>(64, 0.5F));
  const int bias = build.constant("bias", al::f32, test::shape({8}), std::vector<float>(8, 0.25F));
  const int product = build.node("MatMul", {x, weight, bias});
  const int norm = build.node("LayerNormV4", {product, build.integers("normalized", {8}), -1, -1}, {}, 3);
  const int activated = build.node("Gelu", {norm});
  const int scores = build.node("MatMul", {activated, activated}, {{"transpose_x2", {true}}});
  const int turned =
      build.node("Transpose", {build.node("SoftmaxV2", {scores}), build.integers("perm", {1, 0})});
  const int sum = build.node("ReduceSum", {turned, build.integers("axes", {0})}, {{"keep_dims", {true}}});
  build.result({build.node("Add", {turned, sum}), norm});
  return build.g;
}

void count_allocations(al::host::kernels kind, std::size_t rounds) {
  const al::host::engine ready{small_model(), {kind}};
  al::host::context runs = ready.make_context();
  const std::vector<float> x(16 * 8, 0.5F);
  std::vector<float> y(16 * 16), norm(16 * 8);
  constexpr std::array<std::size_t, 3> rows{1, 4, 16};
  const std::size_t before = allocations;
  bool all = true;
  for (std::size_t round = 0; round != rounds; ++round) {
    const std::size_t n = rows[round % 3];
    all = all && runs.run(round % 3, {std::span{x}.first(n * 8)},
                          {std::span{y}.first(n * n), std::span{norm}.first(n * 8)})
                     .ok();
    all = all && !runs.run(3, {x}, {y}).ok();  // a refusal allocates nothing either
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
