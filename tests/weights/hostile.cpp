// Good files, broken in 100,000 ways: each is read or refused, and takes no more memory than the headers
// promise.

#include <doctest/doctest.h>
#include <airloom/weights/npy.hpp>
#include <airloom/weights/npz.hpp>
#include <airloom/weights/safetensors.hpp>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <random>

#include "support/data.hpp"
#include "weights/bytes.hpp"
#include "weights/held_memory.hpp"
#include "weights/zip_samples.hpp"

namespace {

using airloom::blob;
using airloom::weights::array;

struct format {
  std::function<void(const blob&)> read;
  std::size_t largest_multiple;  ///< of the file's size, that reading may take
};

// Looking at both ends of the contents makes a sanitizer or the system object to bytes that are not there.
void touch(const array& a) {
  if (a.bytes.size == 0) return;
  const volatile std::byte first = a.bytes.data[0];
  const volatile std::byte last = a.bytes.data[a.bytes.size - 1];
  static_cast<void>(first);
  static_cast<void>(last);
}

const format safetensors{[](const blob& file) {
                           for (const auto& item : airloom::weights::parse_safetensors(file, "f").tensors)
                             touch(item.value);
                         },
                         16};
// One buffer to swap bytes, one to transpose.
const format npy{[](const blob& file) { touch(airloom::weights::parse_npy(file, "f")); }, 2};
// Deflated members: 1032, each of them swapped and transposed.
const format npz{[](const blob& file) {
                   for (const auto& item : airloom::weights::parse_npz(file, "f")) touch(item.value);
                 },
                 3 * 1032};

class mutator {
 public:
  explicit mutator(unsigned seed) : random_{seed} {}

  std::string mutate(std::string bytes, const std::string& other) {
    for (std::size_t changes = 1 + below(3); changes != 0; --changes) change(bytes, other);
    return bytes;
  }

 private:
  std::size_t below(std::size_t limit) { return limit == 0 ? 0 : random_() % limit; }

  // Half of all changes go to the ends, where formats keep their lengths.
  std::size_t place_in(const std::string& bytes) {
    constexpr std::size_t end = 400;
    const std::size_t near = below(std::min(bytes.size(), end));
    switch (below(4)) {
      case 0:
        return near;
      case 1:
        return bytes.size() - std::min(bytes.size(), near + 1);
      default:
        return below(bytes.size());
    }
  }

  void change(std::string& bytes, const std::string& other) {
    if (bytes.empty()) return;
    const std::size_t at = place_in(bytes);
    switch (below(6)) {
      case 0:
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8)));
        break;
      case 1:
        bytes[at] = static_cast<char>(random_());
        break;
      case 2:
        bytes.resize(at);
        break;
      case 3:
        overwrite(bytes, at, interesting_number());
        break;
      case 4:
        splice(bytes, at, other);
        break;
      default:
        replace_digit(bytes, at);
        break;
    }
  }

  std::string interesting_number() {
    static constexpr std::uint64_t numbers[] = {0,
                                                1,
                                                0x7F,
                                                0xFFFF,
                                                0x7FFF'FFFF,
                                                0xFFFF'FFFF,
                                                0x1'0000'0000,
                                                0x7FFF'FFFF'FFFF'FFFF,
                                                0xFFFF'FFFF'FFFF'FFFF};
    return test::little_endian(numbers[below(std::size(numbers))]).substr(0, std::size_t{1} << below(4));
  }

  static void overwrite(std::string& bytes, std::size_t at, const std::string& with) {
    const std::size_t length = std::min(with.size(), bytes.size() - at);
    bytes.replace(at, length, with, 0, length);
  }

  void splice(std::string& bytes, std::size_t at, const std::string& other) {
    const std::size_t from = place_in(other);
    const std::size_t length = below(std::min<std::size_t>(200, other.size() - from) + 1);
    bytes.replace(at, below(std::min<std::size_t>(200, bytes.size() - at) + 1), other, from, length);
  }

  /// Numbers in text: the next digit becomes another, or many.
  void replace_digit(std::string& bytes, std::size_t at) {
    const std::size_t digit = bytes.find_first_of("0123456789", at);
    if (digit == std::string::npos) return;
    bytes.replace(digit, 1, below(8) == 0 ? "9223372036854775807" : std::to_string(below(1000)));
  }

  std::mt19937 random_;
};

struct counts {
  int read = 0;
  int refused = 0;
};

void try_one(const format& kind, const std::string& bytes, counts& tally) {
  const blob file =
      test::blob_of(bytes);  // as long as the file, so that a sanitizer sees a read behind its end
  const std::size_t before = test::held_memory();
  test::start_peak();
  try {
    kind.read(file);
    ++tally.read;
  } catch (const airloom::error&) {
    ++tally.refused;
  }
  const std::size_t taken = test::peak_memory() - before;
  constexpr std::size_t always_fine = 64 * 1024;
  if (taken > always_fine + kind.largest_multiple * bytes.size())
    FAIL("reading " << bytes.size() << " bytes took " << taken);
}

void break_files(const format& kind, const std::vector<std::string>& files, int mutations) {
  mutator random{2024};
  counts tally;
  for (int i = 0; i != mutations; ++i) {
    const std::string& base = files[static_cast<std::size_t>(i) % files.size()];
    const std::string& other = files[static_cast<std::size_t>(i / 7) % files.size()];
    try_one(kind, random.mutate(base, other), tally);
  }
  // Both happen often: neither do all changes go unnoticed, nor does every one break the first check.
  CHECK(tally.read > mutations / 50);
  CHECK(tally.refused > mutations / 5);
}

std::vector<std::string> files_below(const std::filesystem::path& folder, const std::string& name) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator{folder})
    if (entry.path().filename().string().ends_with(name))
      files.push_back(test::content_of(entry.path().string()));
  REQUIRE_FALSE(files.empty());
  return files;
}

std::string small_safetensors() {
  const std::string header =
      R"({"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},)"
      R"("b.c":{"dtype":"BF16","shape":[4],"data_offsets":[24,32]},"d":{"dtype":"BOOL","shape":[],"data_offsets":[32,33]}})";
  return test::little_endian(std::uint64_t{header.size()}) + header + std::string(33, '\x01');
}

std::string npy_with(const std::string& literal, std::size_t data_size) {
  return std::string{"\x93NUMPY\x01\0", 8} +
         test::little_endian(static_cast<std::uint16_t>(literal.size() + 1)) + literal + "\n" +
         std::string(data_size, '\x01');
}

}  // namespace

TEST_CASE("30,000 broken safetensors files of a small one, and 3,000 of a real one") {
  break_files(safetensors, {small_safetensors()}, 30'000);
  break_files(safetensors,
              {test::content_of((test::data() / "models/digits_mlp/weights.safetensors").string())}, 3'000);
}

TEST_CASE("30,000 broken npy files of small ones, and 3,000 of real ones") {
  break_files(npy,
              {test::small_npy(), npy_with("{'descr': '>f4', 'fortran_order': True, 'shape': (3, 5), }", 60),
               npy_with("{'descr': '<c16', 'fortran_order': True, 'shape': (2, 1, 3), }", 96)},
              30'000);
  break_files(npy, files_below(test::data() / "models/digits_mlp/golden", ".npy"), 3'000);
}

TEST_CASE("30,000 broken npz files of small ones, and 4,000 of real ones") {
  test::zip_sample wide;
  wide.add("a.npy", test::small_npy());
  wide.wide = true;
  break_files(npz, {test::stored_npz(), test::compressed_npz(), wide.bytes()}, 30'000);
  break_files(npz, files_below(test::data() / "torchair", "weights.npz"), 4'000);
}
