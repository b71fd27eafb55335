#pragma once
// What the readers of weight files share: numbers of their bytes, and how they refuse a file.

#include <fmt/format.h>

#include <airloom/error.hpp>
#include <bit>
#include <cstddef>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "text.hpp"

namespace airloom::weights {

static_assert(std::endian::native == std::endian::little, "weight files are read and written in place");

/// As many as NumPy can have. More would be a mistake in any file, and this bounds what reading takes.
inline constexpr std::size_t largest_rank = 64;

template <class Number>
Number load(std::span<const std::byte> bytes, std::size_t offset) {
  Number number;
  std::memcpy(&number, bytes.subspan(offset, sizeof(Number)).data(), sizeof(Number));
  return number;
}

template <class Number>
void store(std::string& bytes, Number number) {
  char raw[sizeof(Number)];
  std::memcpy(raw, &number, sizeof(Number));
  bytes.append(raw, sizeof(Number));
}

inline std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

[[noreturn]] inline void refuse(const std::string& origin, const std::string& why) {
  throw error{error_code::file_malformed, fmt::format("{} cannot be understood: {}.", in_quotes(origin), why),
              "Check that it was copied whole, or write it again."};
}

[[noreturn]] inline void refuse_rank(const std::string& origin) {
  throw error{error_code::rank_unsupported,
              fmt::format("{} holds a tensor of more than {} dimensions.", in_quotes(origin), largest_rank),
              "Reshape the tensor before writing it."};
}

}  // namespace airloom::weights
