#include "air/wire.hpp"

#include <airloom/error.hpp>

namespace airloom::air {

namespace {

[[noreturn]] void refuse(const char* happened) {
  throw error{error_code::air_malformed, happened, "Copy or export the file again: it is damaged."};
}

}  // namespace

std::uint64_t wire_reader::read_varint() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    if (rest_.empty()) refuse("The file ends within a number.");
    const auto byte = std::to_integer<std::uint64_t>(rest_.front());
    rest_ = rest_.subspan(1);
    value |= (byte & 0x7F) << shift;
    if (byte < 0x80) return value;
  }
  refuse("A number is longer than ten bytes.");
}

std::span<const std::byte> wire_reader::take(std::uint64_t count) {
  if (count > rest_.size()) refuse("A field is longer than the message that it is in.");
  const auto taken = rest_.first(static_cast<std::size_t>(count));
  rest_ = rest_.subspan(taken.size());
  return taken;
}

wire_field wire_reader::next() {
  const auto before = rest_;
  const std::uint64_t tag = read_varint();
  if (tag >> 3 == 0 || tag >> 32 != 0) refuse("A field has an impossible number.");
  wire_field field;
  field.number = static_cast<std::uint32_t>(tag >> 3);
  field.type = static_cast<wire_type>(tag & 7);
  switch (field.type) {
    case wire_type::varint: {
      const auto at = rest_;
      read_varint();
      field.value = at.first(at.size() - rest_.size());
      break;
    }
    case wire_type::fixed64:
      field.value = take(8);
      break;
    case wire_type::length_delimited:
      field.value = take(read_varint());
      break;
    case wire_type::fixed32:
      field.value = take(4);
      break;
    default:
      refuse("A field has a kind that these files do not use.");
  }
  field.whole = before.first(before.size() - rest_.size());
  return field;
}

void append_varint(std::string& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

void append_tag(std::string& out, std::uint32_t number, wire_type type) {
  append_varint(out, std::uint64_t{number} << 3 | static_cast<std::uint64_t>(type));
}

void append_bytes(std::string& out, std::span<const std::byte> bytes) {
  out.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

}  // namespace airloom::air
