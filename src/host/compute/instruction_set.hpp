#pragma once
// Which vector instructions the compute routines use. Asked once, while preparing.

#include <cstdint>

namespace airloom::host::compute {

/// The levels the routines are compiled for: `baseline` is what every processor of the architecture has (SSE2
/// on x86-64), `avx2` is AVX2 with FMA, `avx512` is AVX-512 F, DQ, BW and VL.
enum class instruction_set : std::uint8_t { baseline, avx2, avx512 };

/// True when the library holds this level and both the processor and the operating system support it.
bool supported(instruction_set set) noexcept;

/// The highest supported level.
instruction_set best_instruction_set() noexcept;

}  // namespace airloom::host::compute
