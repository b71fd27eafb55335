#include "host/compute/instruction_set.hpp"

#include <initializer_list>

#include "host/compute/kernels/kernels.hpp"

namespace airloom::host::compute {
namespace {

#define AIRLOOM_KERNEL_TABLES(level)                                                                    \
  kernel_tables {                                                                                       \
    level::product, level::convolution, level::transpose, level::elementwise, level::rows, level::pool, \
        level::winograd                                                                                 \
  }
#if defined(AIRLOOM_X86_KERNELS)
const kernel_tables tables[] = {AIRLOOM_KERNEL_TABLES(baseline), AIRLOOM_KERNEL_TABLES(avx2),
                                AIRLOOM_KERNEL_TABLES(avx512)};
#else
const kernel_tables tables[] = {AIRLOOM_KERNEL_TABLES(baseline)};
#endif
#undef AIRLOOM_KERNEL_TABLES

}  // namespace

bool supported(instruction_set set) noexcept {
#if defined(AIRLOOM_X86_KERNELS)
  switch (set) {
    case instruction_set::baseline:
      return true;
    case instruction_set::avx2:
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case instruction_set::avx512:
      return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
             __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
  }
  return false;
#else
  return set == instruction_set::baseline;
#endif
}

instruction_set best_instruction_set() noexcept {
  for (const auto set : {instruction_set::avx512, instruction_set::avx2}) {
    if (supported(set)) return set;
  }
  return instruction_set::baseline;
}

const kernel_tables& kernels(instruction_set set) noexcept {
  return tables[static_cast<std::size_t>(set)];
}

}  // namespace airloom::host::compute
