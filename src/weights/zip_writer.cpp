#include "weights/zip_writer.hpp"

#include <zlib.h>

#include <algorithm>

#include "weights/format.hpp"
#include "weights/zip_format.hpp"

namespace airloom::weights {

namespace {

constexpr std::uint16_t version = 45;  // the first of the format that has 64-bit sizes
constexpr std::uint16_t made_on_unix = 3U << 8U;
constexpr std::uint32_t first_of_january_1980 = 0x0021'0000;  // time in the lower half, date in the upper
constexpr std::uint32_t permissions = 0600U << 16U;
// Where Python's zipfile turns to 64 bits, for fear of readers that take sizes as signed.
constexpr std::uint64_t largest_narrow = 0x7FFF'FFFF;

std::uint32_t narrow(std::uint64_t number) {
  return number > largest_narrow ? zip::in_extra_64 : static_cast<std::uint32_t>(number);
}

std::uint16_t flags_of(std::string_view name) {
  const bool ascii =
      std::ranges::all_of(name, [](char byte) { return static_cast<unsigned char>(byte) < 0x80; });
  return ascii ? 0 : zip::flag_utf8;
}

/// What the local header and the directory say alike: from the version to the CRC.
void store_common(std::string& bytes, std::string_view name, std::uint32_t crc) {
  store(bytes, version);
  store(bytes, flags_of(name));
  store(bytes, zip::stored);
  store(bytes, first_of_january_1980);
  store(bytes, crc);
}

std::string local_header(const std::string& name, std::uint32_t crc, std::uint64_t size) {
  std::string bytes;
  store(bytes, zip::local_signature);
  store_common(bytes, name, crc);
  store(bytes, zip::in_extra_64);
  store(bytes, zip::in_extra_64);
  store(bytes, static_cast<std::uint16_t>(name.size()));
  store(bytes, std::uint16_t{20});
  bytes += name;
  store(bytes, zip::extra_64);
  store(bytes, std::uint16_t{16});
  store(bytes, size);
  store(bytes, size);
  return bytes;
}

std::string central_extra(std::uint64_t size, std::uint64_t offset) {
  std::string numbers;
  if (size > largest_narrow) {
    store(numbers, size);
    store(numbers, size);
  }
  if (offset > largest_narrow) store(numbers, offset);
  if (numbers.empty()) return {};
  std::string extra;
  store(extra, zip::extra_64);
  store(extra, static_cast<std::uint16_t>(numbers.size()));
  return extra + numbers;
}

std::string central_header(const std::string& name, std::uint32_t crc, std::uint64_t size,
                           std::uint64_t offset) {
  const std::string extra = central_extra(size, offset);
  std::string bytes;
  store(bytes, zip::central_signature);
  store(bytes, static_cast<std::uint16_t>(made_on_unix | version));
  store_common(bytes, name, crc);
  store(bytes, narrow(size));
  store(bytes, narrow(size));
  store(bytes, static_cast<std::uint16_t>(name.size()));
  store(bytes, static_cast<std::uint16_t>(extra.size()));
  store(bytes, std::uint16_t{0});  // comment
  store(bytes, std::uint16_t{0});  // disk
  store(bytes, std::uint16_t{0});  // internal attributes
  store(bytes, permissions);
  store(bytes, narrow(offset));
  return bytes + name + extra;
}

std::string end_of_directory_64(std::uint64_t members, std::uint64_t size, std::uint64_t offset) {
  std::string bytes;
  store(bytes, zip::end_signature_64);
  store(bytes, std::uint64_t{zip::end_size_64 - 12});  // what follows this number
  store(bytes, version);
  store(bytes, version);
  store(bytes, std::uint64_t{0});  // disks
  store(bytes, members);
  store(bytes, members);
  store(bytes, size);
  store(bytes, offset);
  store(bytes, zip::locator_signature_64);
  store(bytes, std::uint32_t{0});  // disk
  store(bytes, offset + size);
  store(bytes, std::uint32_t{1});  // disks
  return bytes;
}

std::string end_of_directory(std::uint64_t members, std::uint64_t size, std::uint64_t offset) {
  const auto narrow_members =
      static_cast<std::uint16_t>(std::min<std::uint64_t>(members, zip::members_in_end_64));
  std::string bytes;
  if (members > zip::members_in_end_64 || size > largest_narrow || offset > largest_narrow)
    bytes = end_of_directory_64(members, size, offset);
  store(bytes, zip::end_signature);
  store(bytes, std::uint32_t{0});  // disks
  store(bytes, narrow_members);
  store(bytes, narrow_members);
  store(bytes, static_cast<std::uint32_t>(std::min<std::uint64_t>(size, zip::in_extra_64)));
  store(bytes, static_cast<std::uint32_t>(std::min<std::uint64_t>(offset, zip::in_extra_64)));
  store(bytes, std::uint16_t{0});  // comment
  return bytes;
}

std::uint32_t crc_of(std::string_view head, std::span<const std::byte> body) {
  const uLong crc = ::crc32_z(0, reinterpret_cast<const Bytef*>(head.data()), head.size());
  // zlib takes a null pointer for the wish to begin anew.
  if (body.empty()) return static_cast<std::uint32_t>(crc);
  return static_cast<std::uint32_t>(::crc32_z(crc, reinterpret_cast<const Bytef*>(body.data()), body.size()));
}

}  // namespace

void zip_writer::add(const std::string& name, std::string_view head, std::span<const std::byte> body) {
  const std::uint64_t offset = file_.position();
  const std::uint64_t size = head.size() + body.size();
  const std::uint32_t crc = crc_of(head, body);
  file_.write(local_header(name, crc, size));
  file_.write(head);
  file_.write(body);
  directory_ += central_header(name, crc, size, offset);
  ++members_;
}

void zip_writer::finish() {
  const std::uint64_t offset = file_.position();
  file_.write(directory_);
  file_.write(end_of_directory(members_, directory_.size(), offset));
}

}  // namespace airloom::weights
