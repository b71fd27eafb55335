#pragma once
// The protobuf wire format, as far as we take messages apart and put them together ourselves.

#include <airloom/blob.hpp>
#include <cstdint>
#include <span>
#include <string>

namespace airloom::air {

enum class wire_type : std::uint8_t { varint = 0, fixed64 = 1, length_delimited = 2, fixed32 = 5 };

/// One field of a message: its number, its value, and the bytes of both.
struct wire_field {
  std::uint32_t number = 0;
  wire_type type = wire_type::varint;
  std::span<const std::byte> whole;  ///< with tag and length
  std::span<const std::byte> value;  ///< without
};

/// Walks the fields of one message. Throws air_malformed where a field does not fit into the message or is a
/// group, which these files never have.
class wire_reader {
 public:
  explicit wire_reader(std::span<const std::byte> message) : rest_{message} {}
  bool at_end() const { return rest_.empty(); }
  wire_field next();

 private:
  std::uint64_t read_varint();
  std::span<const std::byte> take(std::uint64_t count);

  std::span<const std::byte> rest_;
};

void append_varint(std::string& out, std::uint64_t value);
void append_tag(std::string& out, std::uint32_t number, wire_type type);
void append_bytes(std::string& out, std::span<const std::byte> bytes);

}  // namespace airloom::air
