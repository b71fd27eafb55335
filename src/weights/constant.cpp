#include "weights/constant.hpp"

#include <fmt/format.h>

#include <airloom/error.hpp>
#include <cmath>
#include <cstring>

#include "element_bytes.hpp"
#include "text.hpp"

namespace airloom::weights {

namespace {

constexpr dtype_set signed_integers = set_of(dtype::i8, dtype::i16, dtype::i32, dtype::i64);
constexpr dtype_set unsigned_integers = set_of(dtype::u8, dtype::u16, dtype::u32, dtype::u64);

/// Whether elements of `type` can be `value`; floating-point types are rounded to.
bool can_hold(dtype type, double value) {
  const int bits = facts_of(type).bits;
  if (type == dtype::boolean) return value == 0 || value == 1;
  if (signed_integers.contains(type))
    return std::trunc(value) == value && value >= -std::ldexp(1.0, bits - 1) &&
           value < std::ldexp(1.0, bits - 1);
  if (unsigned_integers.contains(type))
    return std::trunc(value) == value && value >= 0 && value < std::ldexp(1.0, bits);
  return true;
}

std::vector<std::byte> element_of(const request& wanted, double value) {
  if (!can_hold(wanted.type, value))
    throw error{error_code::weights_do_not_fit,
                fmt::format("{} has elements of type {}, which cannot be {}.", in_quotes(wanted.name),
                            name_of(wanted.type), value),
                "Fill with a number that every parameter can hold, or give the weights one by one."};
  std::vector<std::byte> bytes;
  if (!append_element(bytes, wanted.type, value))
    throw error{error_code::dtype_mismatch,
                fmt::format("{} has elements of type {}, and those cannot be filled with a number.",
                            in_quotes(wanted.name), name_of(wanted.type)),
                "Give the weights one by one."};
  return bytes;
}

blob repeated(const std::vector<std::byte>& element, std::size_t size) {
  const std::shared_ptr<std::byte[]> buffer{new std::byte[size]};
  for (std::size_t at = 0; at != size; at += element.size())
    std::memcpy(buffer.get() + at, element.data(), element.size());
  return {buffer, buffer.get(), size};
}

}  // namespace

array constant::fill(const request& wanted) {
  const std::vector<std::byte> element = element_of(wanted, value_);
  const auto size = byte_count(wanted.type, wanted.shape);
  if (!size)
    throw error{error_code::shape_mismatch,
                fmt::format("The shape of {} is too large.", in_quotes(wanted.name)),
                "Ask for a shape whose bytes can be counted in 63 bits."};
  const auto needed = static_cast<std::size_t>(*size);
  const std::lock_guard lock{mutex_};
  blob& buffer = buffers_[wanted.type];
  if (buffer.size < needed) buffer = repeated(element, needed);
  return {wanted.type, wanted.shape, buffer.part(0, needed)};
}

}  // namespace airloom::weights
