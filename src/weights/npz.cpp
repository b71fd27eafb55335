#include <fmt/format.h>

#include <airloom/error.hpp>
#include <airloom/weights/map_file.hpp>
#include <airloom/weights/npy.hpp>
#include <airloom/weights/npz.hpp>
#include <algorithm>
#include <set>

#include "weights/format.hpp"
#include "weights/npy_header.hpp"
#include "weights/zip_format.hpp"
#include "weights/zip_reader.hpp"
#include "weights/zip_writer.hpp"

namespace airloom::weights {

namespace {

constexpr std::string_view ending = ".npy";

void check_total(const std::vector<zip_member>& members, std::size_t archive_size,
                 const std::string& origin) {
  constexpr std::uint64_t always_fine = std::uint64_t{1} << 30U;
  constexpr std::uint64_t largest_ratio = 100;
  std::uint64_t total = 0;
  for (const zip_member& member : members)
    if (member.method == zip::deflated) total += member.size;
  if (total > std::max(always_fine, largest_ratio * archive_size))
    throw error{
        error_code::file_malformed,
        fmt::format("{} has {} bytes and would inflate to {}.", in_quotes(origin), archive_size, total),
        "If that is meant, store the arrays without compression (numpy.savez)."};
}

void check_name(const named_array& item, std::set<std::string_view>& taken) {
  constexpr std::size_t longest = 0xFFFF - ending.size();
  const std::string& name = item.name;
  const bool possible =
      !name.empty() && name.size() <= longest && is_utf8(name) && name.find('\0') == name.npos;
  if (possible && taken.insert(name).second) return;
  throw error{error_code::file_unwritable,
              fmt::format("An .npz file cannot hold an array named {}{}.", in_quotes(name),
                          possible ? " a second time" : ""),
              "Give every array a name of its own, in UTF-8."};
}

}  // namespace

std::vector<named_array> parse_npz(const blob& archive, const std::string& origin) {
  const std::vector<zip_member> members = read_zip(archive, origin);
  check_total(members, archive.size, origin);
  std::vector<named_array> arrays;
  for (const zip_member& member : members) {
    if (!member.name.ends_with(ending))
      refuse(origin, fmt::format("{} is no .npy file", in_quotes(member.name)));
    arrays.push_back({member.name.substr(0, member.name.size() - ending.size()),
                      parse_npy(content_of(member, origin), fmt::format("{}:{}", origin, member.name))});
  }
  return arrays;
}

std::vector<named_array> read_npz(const std::string& path) {
  return parse_npz(map_file(path), path);
}

void write_npz(const std::string& path, std::span<const named_array> arrays) {
  atomic_file file{path};
  zip_writer archive{file};
  std::set<std::string_view> taken;
  for (const named_array& item : arrays) {
    check_name(item, taken);
    archive.add(fmt::format("{}{}", item.name, ending), npy_header_for(item.value), item.value.bytes.span());
  }
  archive.finish();
  file.commit();
}

}  // namespace airloom::weights
