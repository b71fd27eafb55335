#include "weights/zip_reader.hpp"

#include <fmt/format.h>
#define ZLIB_CONST  // input is const
#include <zlib.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <set>

#include "weights/format.hpp"
#include "weights/zip_format.hpp"

namespace airloom::weights {

namespace {

/// Where the central directory lies, and of how many members it tells.
struct directory {
  std::uint64_t members;
  std::uint64_t size;
  std::uint64_t offset;
};

struct central_entry {
  std::string name;
  std::uint16_t flags;
  std::uint16_t method;
  std::uint32_t crc;
  std::uint64_t packed_size;
  std::uint64_t size;
  std::uint64_t offset;  ///< of the local header
};

/// What one member takes of the archive, from its local header to the end of its content.
struct range {
  std::uint64_t begin;
  std::uint64_t end;
};

class zip_reader {
 public:
  zip_reader(const blob& archive, const std::string& origin)
      : archive_{archive}, bytes_{archive.span()}, origin_{origin} {}

  std::vector<zip_member> read() {
    const directory where = find_directory();
    std::vector<zip_member> members;
    std::span<const std::byte> rest =
        bytes_.subspan(static_cast<std::size_t>(where.offset), static_cast<std::size_t>(where.size));
    while (!rest.empty()) members.push_back(member_of(take_entry(rest), where));
    if (members.size() != where.members) refuse(origin_, "its directory has another length than it says");
    check_names(members);
    check_apart();
    return members;
  }

 private:
  std::size_t find_end() const {
    if (bytes_.size() < zip::end_size) refuse(origin_, "it is too short for a zip archive");
    constexpr std::size_t longest_comment = std::numeric_limits<std::uint16_t>::max();
    const std::size_t last = bytes_.size() - zip::end_size;
    for (std::size_t comment = 0; comment <= std::min(last, longest_comment); ++comment) {
      const std::size_t at = last - comment;
      if (load<std::uint32_t>(bytes_, at) == zip::end_signature &&
          load<std::uint16_t>(bytes_, at + 20) == comment)
        return at;
    }
    refuse(origin_, "it has no directory at its end, as a zip archive has");
  }

  directory find_directory() const {
    const std::size_t end = find_end();
    const bool one_disk = load<std::uint32_t>(bytes_, end + 4) == 0 &&
                          load<std::uint16_t>(bytes_, end + 8) == load<std::uint16_t>(bytes_, end + 10);
    if (!one_disk) refuse(origin_, "it is one part of several");
    const directory found{load<std::uint16_t>(bytes_, end + 10), load<std::uint32_t>(bytes_, end + 12),
                          load<std::uint32_t>(bytes_, end + 16)};
    const bool has_locator =
        end >= zip::locator_size_64 &&
        load<std::uint32_t>(bytes_, end - zip::locator_size_64) == zip::locator_signature_64;
    if (has_locator) return find_directory_64(found, end - zip::locator_size_64);
    return checked(found, end);
  }

  directory find_directory_64(const directory& narrow, std::size_t locator) const {
    const auto end = load<std::uint64_t>(bytes_, locator + 8);
    if (locator < zip::end_size_64 || end != locator - zip::end_size_64 ||
        load<std::uint32_t>(bytes_, static_cast<std::size_t>(end)) != zip::end_signature_64)
      refuse(origin_, "its 64-bit directory is not where it says");
    const auto at = static_cast<std::size_t>(end);
    const directory wide{load<std::uint64_t>(bytes_, at + 32), load<std::uint64_t>(bytes_, at + 40),
                         load<std::uint64_t>(bytes_, at + 48)};
    if ((narrow.members != wide.members && narrow.members != zip::members_in_end_64) ||
        (narrow.size != wide.size && narrow.size != zip::in_extra_64) ||
        (narrow.offset != wide.offset && narrow.offset != zip::in_extra_64))
      refuse(origin_, "its two directories contradict each other");
    return checked(wide, at);
  }

  directory checked(const directory& found, std::size_t end) const {
    if (found.offset > end || found.size != end - found.offset)
      refuse(origin_, "its directory is not where it says");
    return found;
  }

  central_entry take_entry(std::span<const std::byte>& rest) const {
    if (rest.size() < zip::central_size || load<std::uint32_t>(rest, 0) != zip::central_signature)
      refuse(origin_, "an entry of its directory is broken");
    const std::size_t name_length = load<std::uint16_t>(rest, 28);
    const std::size_t extra_length = load<std::uint16_t>(rest, 30);
    const std::size_t length = zip::central_size + name_length + extra_length + load<std::uint16_t>(rest, 32);
    if (length > rest.size()) refuse(origin_, "an entry of its directory is broken");
    central_entry entry{.name = std::string{as_text(rest.subspan(zip::central_size, name_length))},
                        .flags = load<std::uint16_t>(rest, 8),
                        .method = load<std::uint16_t>(rest, 10),
                        .crc = load<std::uint32_t>(rest, 16),
                        .packed_size = load<std::uint32_t>(rest, 20),
                        .size = load<std::uint32_t>(rest, 24),
                        .offset = load<std::uint32_t>(rest, 42)};
    widen(entry, rest.subspan(zip::central_size + name_length, extra_length));
    rest = rest.subspan(length);
    return entry;
  }

  /// Takes from the extra field the numbers that did not fit into 32 bits, in the order that the format gives
  /// them.
  void widen(central_entry& entry, std::span<const std::byte> extra) const {
    std::span<const std::byte> numbers = find_extra_64(extra);
    for (std::uint64_t* const number : {&entry.size, &entry.packed_size, &entry.offset}) {
      if (*number != zip::in_extra_64) continue;
      if (numbers.size() < sizeof(std::uint64_t))
        refuse(origin_, fmt::format("member {} lacks its 64-bit sizes", in_quotes(entry.name)));
      *number = load<std::uint64_t>(numbers, 0);
      numbers = numbers.subspan(sizeof(std::uint64_t));
    }
  }

  std::span<const std::byte> find_extra_64(std::span<const std::byte> extra) const {
    constexpr std::size_t head = 4;
    while (extra.size() >= head) {
      const std::size_t length = load<std::uint16_t>(extra, 2);
      if (length > extra.size() - head) refuse(origin_, "an extra field of its directory is broken");
      if (load<std::uint16_t>(extra, 0) == zip::extra_64) return extra.subspan(head, length);
      extra = extra.subspan(head + length);
    }
    return {};
  }

  zip_member member_of(central_entry entry, const directory& where) {
    const std::string name = in_quotes(entry.name);
    if ((entry.flags & zip::flag_encrypted) != 0)
      refuse(origin_, fmt::format("member {} is encrypted", name));
    if (entry.method != zip::stored && entry.method != zip::deflated)
      refuse(origin_, fmt::format("member {} is packed by another method than deflate", name));
    if (entry.offset > where.offset || where.offset - entry.offset < zip::local_size)
      refuse(origin_, fmt::format("member {} lies outside of it", name));
    const std::uint64_t start = entry.offset + local_length(entry, where);
    if (start > where.offset || entry.packed_size > where.offset - start)
      refuse(origin_, fmt::format("member {} lies outside of it", name));
    check_size(entry);
    ranges_.push_back({entry.offset, start + entry.packed_size});
    return {std::move(entry.name), entry.method, entry.crc, entry.size,
            archive_.part(static_cast<std::size_t>(start), static_cast<std::size_t>(entry.packed_size))};
  }

  /// Of the local header, which has to tell of the same member. Its sizes may be missing, so the directory's
  /// count.
  std::size_t local_length(const central_entry& entry, const directory& where) const {
    const auto local = bytes_.subspan(static_cast<std::size_t>(entry.offset),
                                      static_cast<std::size_t>(where.offset - entry.offset));
    const std::size_t name_length = load<std::uint16_t>(local, 26);
    const bool same = load<std::uint32_t>(local, 0) == zip::local_signature &&
                      load<std::uint16_t>(local, 8) == entry.method && name_length == entry.name.size() &&
                      name_length <= local.size() - zip::local_size &&
                      as_text(local.subspan(zip::local_size, name_length)) == entry.name;
    if (!same)
      refuse(origin_, fmt::format("member {} is not where the directory says", in_quotes(entry.name)));
    return zip::local_size + name_length + load<std::uint16_t>(local, 28);
  }

  void check_size(const central_entry& entry) const {
    constexpr std::uint64_t most_that_deflate_packs = 1032;  // 258 bytes take at least two bits
    const bool possible = entry.method == zip::stored
                              ? entry.size == entry.packed_size
                              : entry.size / most_that_deflate_packs <= entry.packed_size;
    if (!possible)
      refuse(origin_, fmt::format("member {} cannot have the size that it says", in_quotes(entry.name)));
  }

  void check_names(const std::vector<zip_member>& members) const {
    std::set<std::string_view> names;
    for (const zip_member& member : members) {
      if (!is_utf8(member.name) || member.name.find('\0') != std::string::npos)
        refuse(origin_, fmt::format("the name {} is not UTF-8", in_quotes(member.name)));
      if (!names.insert(member.name).second)
        refuse(origin_, fmt::format("the name {} occurs twice", in_quotes(member.name)));
    }
  }

  /// Members that share bytes are how a small archive unpacks to a huge one.
  void check_apart() {
    std::ranges::sort(ranges_, {}, &range::begin);
    const auto overlap = std::ranges::adjacent_find(
        ranges_, [](const range& first, const range& second) { return second.begin < first.end; });
    if (overlap != ranges_.end()) refuse(origin_, "two of its members overlap");
  }

  const blob& archive_;
  std::span<const std::byte> bytes_;
  const std::string& origin_;
  std::vector<range> ranges_;
};

class inflater {
 public:
  inflater() : ready_{::inflateInit2(&stream_, -MAX_WBITS) == Z_OK} {}  // negative: no zlib header
  ~inflater() {
    if (ready_) ::inflateEnd(&stream_);
  }
  inflater(const inflater&) = delete;
  inflater& operator=(const inflater&) = delete;

  /// Whether `packed` is one whole deflate stream of exactly as many bytes as `target` has room for.
  bool run(std::span<const std::byte> packed, std::span<std::byte> target) {
    if (!ready_) throw std::bad_alloc{};
    // zlib counts in 32 bits.
    constexpr std::size_t most = 1U << 30U;
    std::byte nowhere{};
    stream_.next_out = reinterpret_cast<Bytef*>(&nowhere);
    int state = Z_OK;
    while (state == Z_OK) {
      const std::size_t in = std::min(packed.size(), most);
      const std::size_t out = std::min(target.size(), most);
      stream_.next_in = reinterpret_cast<const Bytef*>(packed.data());
      stream_.avail_in = static_cast<uInt>(in);
      if (out != 0) stream_.next_out = reinterpret_cast<Bytef*>(target.data());
      stream_.avail_out = static_cast<uInt>(out);
      state = ::inflate(&stream_, Z_NO_FLUSH);
      packed = packed.subspan(in - stream_.avail_in);
      target = target.subspan(out - stream_.avail_out);
    }
    return state == Z_STREAM_END && packed.empty() && target.empty();
  }

 private:
  z_stream stream_{};
  bool ready_;
};

blob inflated(const zip_member& member, const std::string& origin) {
  const auto size = static_cast<std::size_t>(member.size);
  const std::shared_ptr<std::byte[]> buffer{new std::byte[size]};
  if (!inflater{}.run(member.packed.span(), {buffer.get(), size}))
    refuse(origin, fmt::format("member {} does not unpack to {} bytes", in_quotes(member.name), size));
  return {buffer, buffer.get(), size};
}

}  // namespace

std::vector<zip_member> read_zip(const blob& archive, const std::string& origin) {
  return zip_reader{archive, origin}.read();
}

blob content_of(const zip_member& member, const std::string& origin) {
  blob content = member.method == zip::stored ? member.packed : inflated(member, origin);
  const auto* const bytes = reinterpret_cast<const Bytef*>(content.data);
  if (::crc32_z(0, bytes, content.size) != member.crc)
    refuse(origin, fmt::format("member {} is damaged: its CRC is wrong", in_quotes(member.name)));
  return content;
}

}  // namespace airloom::weights
