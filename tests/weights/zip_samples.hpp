#pragma once
// Small .npz archives: one that NumPy wrote, and ones built field by field so that any field can lie.

#include <zlib.h>

#include <cstdint>
#include <string>
#include <vector>

#include "weights/bytes.hpp"

namespace test {

/// NumPy 2.4: savez_compressed(a=arange(6, dtype='<f4').reshape(2, 3), zeros=zeros(300, int64),
/// empty=zeros((0, 3), uint8)).
inline std::string compressed_npz() {
  return from_hex(
      "504b03042d0000000800000021004fe9002affffffffffffffff05001400612e6e707901001000980000000000000055"
      "000000000000009bec17ea1b10c9c850c650ad9e925a9c5ca46ea5a06e9366a2aea3a09e965f54529498179f5f94920a"
      "12774bcc294e058a17672416a402f91a463a0ac69a3a0ab50a64032e063068b007120e4004c40d40bcc00100504b0304"
      "2d000000080000002100c4895dc8ffffffffffffffff090014007a65726f732e6e707901001000e00900000000000058"
      "000000000000009bec17ea1b10c9c850c650ad9e925a9c5ca46ea5a06e9369a1aea3a09e965f54529498179f5f94920a"
      "12774bcc294e058a17672416a402f91ac606063a9a3a0ab50a64032e8651300a46c1281805a360148c82514055000050"
      "4b03042d0000000800000021006ef1ce15ffffffffffffffff09001400656d7074792e6e707901001000800000000000"
      "000046000000000000009bec17ea1b10c9c850c650ad9e925a9c5ca46ea5a05e536aa8aea3a09e965f54529498179f5f"
      "94920a12774bcc294e058a17672416a402f91a063a0ac69a3a0ab50a64032e00504b01022d032d000000080000002100"
      "4fe9002a5500000098000000050000000000000000000000800100000000612e6e7079504b01022d032d000000080000"
      "002100c4895dc858000000e009000009000000000000000000000080018c0000007a65726f732e6e7079504b01022d03"
      "2d0000000800000021006ef1ce15460000008000000009000000000000000000000080011f010000656d7074792e6e70"
      "79504b05060000000003000300a1000000a00100000000");
}

/// numpy.save(uint8([1, 2, 3])), without the padding that readers do not need.
inline std::string small_npy() {
  const std::string literal = "{'descr': '|u1', 'fortran_order': False, 'shape': (3,), }\n";
  return std::string{"\x93NUMPY\x01\0", 8} + little_endian(static_cast<std::uint16_t>(literal.size())) +
         literal + "\x01\x02\x03";
}

struct zip_sample_member {
  std::string name;
  std::string local_name;
  std::string content;
  std::uint16_t flags = 0;
  std::uint16_t method = 0;
  std::uint32_t crc = 0;
  std::uint64_t packed_size = 0;
  std::uint64_t size = 0;
  std::uint64_t offset = 0;
  bool lacks_wide_sizes = false;
};

/// An archive whose directory says what `members` say, be it true or not.
struct zip_sample {
  std::vector<zip_sample_member> members;
  std::uint16_t count = 0;
  bool wide = false;  ///< all sizes as 64-bit numbers

  void add(const std::string& name, const std::string& content) {
    const std::uint64_t offset =
        members.empty() ? 0
                        : members.back().offset + local_header(members.back()).size() + members.back().size;
    const auto crc = static_cast<std::uint32_t>(
        ::crc32_z(0, reinterpret_cast<const Bytef*>(content.data()), content.size()));
    members.push_back({name, "", content, 0, 0, crc, content.size(), content.size(), offset, false});
    ++count;
  }

  std::string bytes() const {
    std::string archive;
    for (const zip_sample_member& member : members) archive += local_header(member) + member.content;
    const std::uint64_t start = archive.size();
    for (const zip_sample_member& member : members) archive += central_header(member);
    return archive + end(start, archive.size() - start);
  }

 private:
  static std::string narrow(std::uint64_t number, bool as_wide) {
    return little_endian(as_wide ? 0xFFFFFFFFU : static_cast<std::uint32_t>(number));
  }
  static std::string half(std::uint64_t number) { return little_endian(static_cast<std::uint16_t>(number)); }

  static std::string local_header(const zip_sample_member& member) {
    const std::string& name = member.local_name.empty() ? member.name : member.local_name;
    return "PK\x03\x04" + half(45) + half(member.flags) + half(member.method) + std::string(4, '\0') +
           little_endian(member.crc) + narrow(member.packed_size, false) + narrow(member.size, false) +
           half(name.size()) + half(0) + name;
  }

  std::string central_header(const zip_sample_member& member) const {
    std::string extra;
    if (wide && !member.lacks_wide_sizes)
      extra = half(1) + half(24) + little_endian(member.size) + little_endian(member.packed_size) +
              little_endian(member.offset);
    return "PK\x01\x02" + half(45) + half(45) + half(member.flags) + half(member.method) +
           std::string(4, '\0') + little_endian(member.crc) + narrow(member.packed_size, wide) +
           narrow(member.size, wide) + half(member.name.size()) + half(extra.size()) + std::string(10, '\0') +
           narrow(member.offset, wide) + member.name + extra;
  }

  std::string end(std::uint64_t start, std::uint64_t size) const {
    std::string result;
    if (wide) {
      const std::uint64_t members_in_all = count;
      result = "PK\x06\x06" + little_endian(std::uint64_t{44}) + half(45) + half(45) + std::string(8, '\0') +
               little_endian(members_in_all) + little_endian(members_in_all) + little_endian(size) +
               little_endian(start) + "PK\x06\x07" + std::string(4, '\0') + little_endian(start + size) +
               little_endian(std::uint32_t{1});
    }
    return result + "PK\x05\x06" + std::string(4, '\0') + half(count) + half(count) + narrow(size, wide) +
           narrow(start, wide) + half(0);
  }
};

inline std::string stored_npz() {
  zip_sample sample;
  sample.add("a.npy", small_npy());
  sample.add("b.npy", small_npy());
  return sample.bytes();
}

}  // namespace test
