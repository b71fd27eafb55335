#include "text.hpp"

#include <cstddef>
#include <cstdint>

namespace airloom {

namespace {

bool continues_character(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

/// Bytes of the character that starts at the front of `bytes`; 0 where none does.
std::size_t length_of_first_character(std::string_view bytes) {
  const auto first = static_cast<unsigned char>(bytes.front());
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || bytes.size() < length) return 0;
  std::uint32_t character = first & (0x7FU >> length);
  for (std::size_t i = 1; i != length; ++i) {
    if (!continues_character(bytes[i])) return 0;
    character = character << 6U | (static_cast<unsigned char>(bytes[i]) & 0x3FU);
  }
  const bool overlong = (length == 3 && character < 0x800) || (length == 4 && character < 0x10000);
  const bool surrogate = character >= 0xD800 && character <= 0xDFFF;
  return overlong || surrogate || character > 0x10FFFF ? 0 : length;
}

}  // namespace

std::string in_quotes(std::string_view name) {
  constexpr std::size_t longest = 120;
  std::size_t length = name.size();
  if (length > longest) {
    length = longest;
    while (length > 0 && continues_character(name[length])) --length;
  }
  std::string text = "'";
  for (const char character : name.substr(0, length))
    text += static_cast<unsigned char>(character) < 0x20 || character == 0x7F ? '?' : character;
  return text + (name.size() > length ? "…'" : "'");
}

bool is_utf8(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t length = length_of_first_character(bytes);
    if (length == 0) return false;
    bytes.remove_prefix(length);
  }
  return true;
}

}  // namespace airloom
