#pragma once
// Reading zip archives that nobody vouches for.

#include <airloom/blob.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace airloom::weights {

struct zip_member {
  std::string name;
  std::uint16_t method = 0;  ///< zip::stored or zip::deflated
  std::uint32_t crc = 0;
  std::uint64_t size = 0;  ///< of the content, which `packed` may hold deflated
  blob packed;
};

/// The members in the order of the central directory. They lie within the archive, apart from each other,
/// under distinct names in UTF-8; the size of a deflated one is at most what deflate can make of it. Throws
/// file_malformed for whatever else.
std::vector<zip_member> read_zip(const blob& archive, const std::string& origin);

/// The content: a part of the archive where it is stored. Throws file_malformed where size or CRC are wrong.
blob content_of(const zip_member& member, const std::string& origin);

}  // namespace airloom::weights
