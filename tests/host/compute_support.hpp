#pragma once
// What the tests of the compute routines share.

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <new>
#include <random>
#include <span>
#include <vector>

#include "host/compute/instruction_set.hpp"

namespace test {

/// Every level that this machine can run.
inline std::vector<airloom::host::compute::instruction_set> instruction_sets() {
  using airloom::host::compute::instruction_set;
  std::vector<instruction_set> sets;
  for (const auto set : {instruction_set::baseline, instruction_set::avx2, instruction_set::avx512}) {
    if (airloom::host::compute::supported(set)) sets.push_back(set);
  }
  return sets;
}

/// Floats that end where a page begins which can be neither read nor written, so that the first access behind
/// them ends the test. In front of them lies a known pattern; untouched() says whether it is still there.
class guarded_floats {
 public:
  explicit guarded_floats(std::size_t count, float value = 0.0f) : count_{count} {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    const std::size_t pages = (front_bytes + count * sizeof(float) + page - 1) / page;
    mapped_bytes_ = (pages + 1) * page;
    void* mapped = mmap(nullptr, mapped_bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) throw std::bad_alloc{};
    mapped_ = static_cast<std::byte*>(mapped);
    mprotect(mapped_ + pages * page, page, PROT_NONE);
    values_ = reinterpret_cast<float*>(mapped_ + pages * page) - count;
    std::memset(front(), pattern, front_bytes);
    for (std::size_t i = 0; i < count; ++i) values_[i] = value;
  }

  explicit guarded_floats(const std::vector<float>& values) : guarded_floats(values.size()) {
    for (std::size_t i = 0; i < count_; ++i) values_[i] = values[i];
  }

  ~guarded_floats() { munmap(mapped_, mapped_bytes_); }
  guarded_floats(const guarded_floats&) = delete;
  guarded_floats& operator=(const guarded_floats&) = delete;

  float* data() { return values_; }
  const float* data() const { return values_; }
  std::size_t size() const { return count_; }
  float& operator[](std::size_t i) { return values_[i]; }
  float operator[](std::size_t i) const { return values_[i]; }

  bool untouched() const {
    for (std::size_t i = 0; i < front_bytes; ++i) {
      if (front()[i] != std::byte{pattern}) return false;
    }
    return true;
  }

 private:
  static constexpr std::size_t front_bytes = 256;
  static constexpr unsigned char pattern = 0xa5;

  std::byte* front() const { return reinterpret_cast<std::byte*>(values_) - front_bytes; }

  std::size_t count_;
  std::size_t mapped_bytes_;
  std::byte* mapped_;
  float* values_;
};

/// Whole numbers from -4 to 4: sums of products of them are exact in f32 in any order, so results can be
/// compared for equality.
inline std::vector<float> small_integers(std::size_t count, unsigned seed) {
  std::mt19937 generator{seed};
  std::uniform_int_distribution<int> distribution{-4, 4};
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(distribution(generator));
  return values;
}

inline std::vector<float> normal_values(std::size_t count, unsigned seed) {
  std::mt19937 generator{seed};
  std::normal_distribution<float> distribution;
  std::vector<float> values(count);
  for (float& value : values) value = distribution(generator);
  return values;
}

}  // namespace test
