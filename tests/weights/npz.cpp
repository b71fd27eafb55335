#include <airloom/weights/npz.hpp>

#include <doctest/doctest.h>
#include <airloom/weights/map_file.hpp>

#include "support/data.hpp"
#include "support/temporary_folder.hpp"
#include "weights/bytes.hpp"
#include "weights/zip_samples.hpp"

using namespace airloom::weights;
using airloom::dtype;
using airloom::error_code;
using test::says;
using test::thrown_by;
using sizes = std::vector<std::int64_t>;

namespace {

std::vector<named_array> parse(const std::string& bytes) {
  return parse_npz(test::blob_of(bytes), "test");
}

airloom::error refusal(const std::string& bytes) {
  return thrown_by([&] { parse(bytes); });
}

std::string with(std::string bytes, std::size_t at, const std::string& replacement) {
  return bytes.replace(at, replacement.size(), replacement);
}

}  // namespace

TEST_CASE("npz: what numpy.savez wrote is written again with the same bytes") {
  const test::temporary_folder folder;
  int files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator{test::data() / "torchair"}) {
    if (entry.path().extension() != ".npz") continue;
    CAPTURE(entry.path().string());
    write_npz(folder / "again.npz", read_npz(entry.path().string()));
    CHECK(test::content_of(folder / "again.npz") == test::content_of(entry.path().string()));
    ++files;
  }
  CHECK(files > 0);
}

TEST_CASE("npz: what numpy.savez_compressed wrote is inflated") {
  const auto arrays = parse(test::compressed_npz());
  REQUIRE(arrays.size() == 3);
  CHECK(arrays[0].name == "a");
  CHECK(arrays[0].value.shape == sizes{2, 3});
  CHECK(test::values_of<float>(arrays[0].value) == std::vector<float>{0, 1, 2, 3, 4, 5});
  CHECK(arrays[1].name == "zeros");
  CHECK(test::values_of<std::int64_t>(arrays[1].value) == std::vector<std::int64_t>(300, 0));
  CHECK(arrays[2].name == "empty");
  CHECK(arrays[2].value.shape == sizes{0, 3});
}

TEST_CASE("npz: stored arrays are parts of the file") {
  const airloom::blob file = test::blob_of(test::stored_npz());
  const airloom::blob bytes = parse_npz(file, "test")[0].value.bytes;
  CHECK(bytes.owner == file.owner);
  CHECK(bytes.data > file.data);
  CHECK(bytes.data + bytes.size < file.data + file.size);
}

TEST_CASE("npz: every byte cut off the end, every wrong CRC, and every broken part is refused") {
  for (const std::string& good : {test::stored_npz(), test::compressed_npz()})
    for (std::size_t length = 0; length != good.size(); ++length)
      CHECK(refusal(good.substr(0, length)).code() == error_code::file_malformed);
}

TEST_CASE("npz: 64-bit sizes in the directory and a 64-bit end of it") {
  test::zip_sample sample;
  sample.add("a.npy", test::small_npy());
  sample.wide = true;
  CHECK(parse(sample.bytes()).size() == 1);
  sample.members[0].lacks_wide_sizes = true;
  CHECK(says(refusal(sample.bytes()), "lacks its 64-bit sizes"));
}

TEST_CASE("npz: the two ends of a directory have to agree") {
  test::zip_sample sample;
  sample.add("a.npy", test::small_npy());
  sample.wide = true;
  const std::string good = sample.bytes();
  CHECK(says(refusal(with(good, good.size() - 14, std::string{"\x02\0\x02\0", 4})), "contradict"));
  const std::size_t locator = good.size() - 22 - 20;
  CHECK(says(refusal(with(good, locator + 8, test::little_endian(std::uint64_t{1} << 63U))),
             "not where it says"));
  CHECK(says(refusal(with(good, locator + 8, test::little_endian(std::uint64_t{0}))), "not where it says"));
}

TEST_CASE("npz: archives that play with names, methods and places are refused") {
  using sample = test::zip_sample;
  const auto refused = [](const auto& change) {
    sample archive;
    archive.add("a.npy", test::small_npy());
    archive.add("b.npy", test::small_npy());
    change(archive);
    return refusal(archive.bytes());
  };
  CHECK(says(refused([](sample&) {}), "nothing thrown"));
  CHECK(says(refused([](sample& s) { s.members[1].name = "a.npy"; }), "'a.npy' occurs twice"));
  CHECK(says(refused([](sample& s) { s.members[1].name = "b.txt"; }), "'b.txt' is no .npy file"));
  CHECK(says(refused([](sample& s) { s.members[1].name = "\xff.npy"; }), "is not UTF-8"));
  CHECK(says(refused([](sample& s) { s.members[1].name = std::string{"b\0.npy", 6}; }), "is not UTF-8"));
  CHECK(says(refused([](sample& s) { s.members[1].local_name = "c.npy"; }), "not where the directory says"));
  CHECK(says(refused([](sample& s) { s.members[1].flags = 1; }), "'b.npy' is encrypted"));
  CHECK(says(refused([](sample& s) { s.members[1].method = 12; }), "another method"));
  CHECK(says(refused([](sample& s) { s.members[1].crc ^= 1; }), "its CRC is wrong"));
  CHECK(says(refused([](sample& s) { s.members[1].size += 1; }), "cannot have the size"));
  CHECK(says(refused([](sample& s) { s.members[1].packed_size += 1; }), "lies outside"));
  CHECK(says(refused([](sample& s) { s.members[1].packed_size = 0xFFFFFFF0; }), "lies outside"));
  CHECK(says(refused([](sample& s) { s.members[0].packed_size += 1, s.members[0].size += 1; }), "overlap"));
  CHECK(says(refused([](sample& s) { s.members[1].offset = 0xFFFFFFF0; }), "lies outside"));
  CHECK(says(refused([](sample& s) { s.members[1].offset += 1; }), "not where the directory says"));
  CHECK(says(refused([](sample& s) { s.count += 1; }), "another length"));
  CHECK(says(refused([](sample& s) { s.members[1].method = 8; }), "does not unpack"));
}

TEST_CASE("npz: members that share their bytes are refused, however often they are named") {
  test::zip_sample archive;
  archive.add("a.npy", test::small_npy());
  archive.add("a.npy", test::small_npy());
  archive.members[1].offset = archive.members[0].offset;
  CHECK(refusal(archive.bytes()).code() == error_code::file_malformed);
}

TEST_CASE("npz: what deflate cannot do is not believed, and what it can do has a limit") {
  const std::string good = test::compressed_npz();
  const auto claim = [&](std::uint64_t size) {
    // The size of the first member in the directory, 24 bytes into its entry.
    return refusal(
        with(good, good.find("PK\x01\x02") + 24, test::little_endian(static_cast<std::uint32_t>(size))));
  };
  CHECK(says(claim(151), "does not unpack to 151"));
  CHECK(says(claim(153), "does not unpack to 153"));
  CHECK(says(claim(0xFFFFFFFE), "cannot have the size"));

  test::zip_sample bomb;
  bomb.add("a.npy", std::string(2'000'000, '\0'));
  bomb.members[0].method = 8;
  bomb.members[0].size = 2'000'000ULL * 1000;
  CHECK(says(refusal(bomb.bytes()), "would inflate to 2000000000"));
}

TEST_CASE("npz: names may be any UTF-8, but each only once") {
  const test::temporary_folder folder;
  const array one = test::array_of<float>(dtype::f32, {1}, {1});
  const std::vector<named_array> named{{"größe/层.0", one}, {"b", one}};
  write_npz(folder / "a.npz", named);
  CHECK(read_npz(folder / "a.npz")[0].name == "größe/层.0");
  for (const std::string& name : {std::string{}, std::string{"b"}, std::string{"\xc3"}, std::string{"x\0", 2},
                                  std::string(65532, 'n')}) {
    CAPTURE(name);
    const std::vector<named_array> bad{{"b", one}, {name, one}};
    CHECK(thrown_by([&] { write_npz(folder / "bad.npz", bad); }).code() == error_code::file_unwritable);
    CHECK_FALSE(std::filesystem::exists(folder / "bad.npz"));
  }
}

TEST_CASE("npz: more members than 16 bits count") {
  const test::temporary_folder folder;
  std::vector<named_array> arrays;
  const array one = test::array_of<std::uint8_t>(dtype::u8, {}, {7});
  for (int i = 0; i != 65'537; ++i) arrays.push_back({std::to_string(i), one});
  write_npz(folder / "many.npz", arrays);
  const auto again = read_npz(folder / "many.npz");
  REQUIRE(again.size() == arrays.size());
  CHECK(again.back().name == "65536");
  CHECK(test::values_of<std::uint8_t>(again.back().value) == std::vector<std::uint8_t>{7});
}
