#pragma once
// Numbers of the zip format: PKWARE's APPNOTE.TXT, section 4.3.

#include <cstddef>
#include <cstdint>

namespace airloom::weights::zip {

inline constexpr std::uint32_t local_signature = 0x04034b50;
inline constexpr std::uint32_t central_signature = 0x02014b50;
inline constexpr std::uint32_t end_signature = 0x06054b50;
inline constexpr std::uint32_t end_signature_64 = 0x06064b50;
inline constexpr std::uint32_t locator_signature_64 = 0x07064b50;

inline constexpr std::size_t local_size = 30;
inline constexpr std::size_t central_size = 46;
inline constexpr std::size_t end_size = 22;
inline constexpr std::size_t end_size_64 = 56;
inline constexpr std::size_t locator_size_64 = 20;

inline constexpr std::uint16_t stored = 0;
inline constexpr std::uint16_t deflated = 8;

inline constexpr std::uint16_t extra_64 = 1;  ///< id of the extra field with 64-bit sizes
inline constexpr std::uint32_t in_extra_64 =
    0xFFFFFFFF;  ///< "see the extra field", in place of a size or offset
inline constexpr std::uint16_t members_in_end_64 =
    0xFFFF;  ///< "see the 64-bit end record", in place of a count

inline constexpr std::uint16_t flag_encrypted = 1U << 0U;
inline constexpr std::uint16_t flag_utf8 = 1U << 11U;

}  // namespace airloom::weights::zip
