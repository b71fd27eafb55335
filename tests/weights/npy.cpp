#include <airloom/weights/npy.hpp>

#include <doctest/doctest.h>
#include <airloom/weights/map_file.hpp>

#include <complex>

#include "support/data.hpp"
#include "support/temporary_folder.hpp"
#include "weights/bytes.hpp"

using namespace airloom::weights;
using airloom::dtype;
using airloom::error_code;
using test::says;
using test::thrown_by;
using sizes = std::vector<std::int64_t>;

namespace {

std::string file_of(std::string literal, const std::string& elements, int version = 1) {
  literal += '\n';
  std::string bytes = std::string{"\x93NUMPY"} + static_cast<char>(version) + '\0';
  bytes += version == 1 ? test::little_endian(static_cast<std::uint16_t>(literal.size()))
                        : test::little_endian(static_cast<std::uint32_t>(literal.size()));
  return bytes + literal + elements;
}

array parse(const std::string& bytes) {
  return parse_npy(test::blob_of(bytes), "test");
}

airloom::error refusal(const std::string& bytes) {
  return thrown_by([&] { parse(bytes); });
}

}  // namespace

// The element bytes below were written by numpy.save (NumPy 2.4) of the array in the test's comment.

TEST_CASE("npy: Fortran order becomes C order") {
  // np.arange(6, dtype='<f4').reshape(2, 3).T
  const array a = parse(file_of("{'descr': '<f4', 'fortran_order': True, 'shape': (3, 2), }",
                                test::from_hex("000000000000803f0000004000004040000080400000a040")));
  CHECK(a.shape == sizes{3, 2});
  CHECK(test::values_of<float>(a) == std::vector<float>{0, 3, 1, 4, 2, 5});
}

TEST_CASE("npy: Fortran order of three axes is the law a[i, j, k] at i + 2 j + 6 k") {
  std::string elements;
  for (int i = 0; i != 24; ++i) elements += static_cast<char>(i);
  const array a = parse(file_of("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3, 4), }", elements));
  const auto values = test::values_of<std::uint8_t>(a);
  for (std::size_t i = 0; i != 2; ++i)
    for (std::size_t j = 0; j != 3; ++j)
      for (std::size_t k = 0; k != 4; ++k) CHECK(values[(i * 3 + j) * 4 + k] == i + 2 * j + 6 * k);
}

TEST_CASE("npy: big-endian elements are swapped, the two halves of a complex number each") {
  // np.arange(6, dtype='>i2').reshape(2, 3)
  const array a = parse(file_of("{'descr': '>i2', 'fortran_order': False, 'shape': (2, 3), }",
                                test::from_hex("000000010002000300040005")));
  CHECK(test::values_of<std::int16_t>(a) == std::vector<std::int16_t>{0, 1, 2, 3, 4, 5});
  // np.array([1 + 2j, 3 - 4j], dtype='>c8')
  const array c = parse(file_of("{'descr': '>c8', 'fortran_order': False, 'shape': (2,), }",
                                test::from_hex("3f8000004000000040400000c0800000")));
  CHECK(c.type == dtype::c64);
  CHECK(test::values_of<std::complex<float>>(c) == std::vector<std::complex<float>>{{1, 2}, {3, -4}});
}

TEST_CASE("npy: every version, spelling of byte order, and layout of the dictionary") {
  const std::string one = test::from_hex("0000803f");
  for (const char* literal : {"{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }",
                              "{'descr': '=f4', 'fortran_order': False, 'shape': (1,)}",
                              "{'descr':'|f4','fortran_order':True,'shape':(1,)}   ",
                              "{\"shape\": ( 1 , ), \"fortran_order\": False, \"descr\": \"<f4\", }"}) {
    for (const int version : {1, 2, 3}) {
      CAPTURE(literal);
      const array a = parse(file_of(literal, one, version));
      CHECK(a.type == dtype::f32);
      CHECK(a.shape == sizes{1});
      CHECK(test::values_of<float>(a) == std::vector<float>{1});
    }
  }
}

TEST_CASE("npy: scalars and arrays without elements") {
  const array scalar = parse(
      file_of("{'descr': '<f8', 'fortran_order': False, 'shape': (), }", test::from_hex("0000000000001e40")));
  CHECK(scalar.shape.empty());
  CHECK(test::values_of<double>(scalar) == std::vector<double>{7.5});
  CHECK(parse(file_of("{'descr': '<f8', 'fortran_order': True, 'shape': (0, 3), }", "")).bytes.size == 0);
}

TEST_CASE("npy: element types that are no numbers are refused by name") {
  for (const char* descr :
       {"'|O'", "'<U5'", "'|S3'", "'<M8[ns]'", "'|V2'", "[('x', '<f4')]", "'f4'", "'<f3'", "''", "'<'"}) {
    CAPTURE(descr);
    const std::string literal =
        std::string{"{'descr': "} + descr + ", 'fortran_order': False, 'shape': (0,), }";
    CHECK(refusal(file_of(literal, "")).code() == error_code::dtype_mismatch);
  }
}

TEST_CASE("npy: headers that break the format are refused") {
  for (const char* literal : {"",
                              "{}",
                              "{'descr': '<f4', 'fortran_order': False}",
                              "{'descr': '<f4', 'shape': (0,)}",
                              "{'descr': '<f4', 'fortran_order': False, 'shape': (0,), 'x': 1}",
                              "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (0,)}",
                              "{'descr': '<f4', 'fortran_order': False, 'shape': (0)}",
                              "{'descr': '<f4', 'fortran_order': False, 'shape': 0}",
                              "{'descr': '<f4', 'fortran_order': False, 'shape': (,)}",
                              "{'descr': '<f4', 'fortran_order': False, 'shape': (0,,)}",
                              "{'descr': '<f4', 'fortran_order': False, 'shape': (-1, 0)}",
                              "{'descr': '<f4', 'fortran_order': False, 'shape': (0L,)}",
                              "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999, 0)}",
                              "{'descr': '<f4', 'fortran_order': false, 'shape': (0,)}",
                              "{'descr': '<f4', 'fortran_order': 0, 'shape': (0,)}",
                              "{'descr': '<f4' 'fortran_order': False, 'shape': (0,)}",
                              "{'descr': '<f4', 'fortran_order': False, 'shape': (0,)",
                              "{'descr': '<f4', 'fortran_order': False, 'shape': (0,)} x",
                              "{'descr: '<f4', 'fortran_order': False, 'shape': (0,)}",
                              "{'descr': '<f4",
                              "{'descr': '<f4', 'fortran_order': False, 'shape': (0"}) {
    CAPTURE(literal);
    CHECK(says(refusal(file_of(literal, "")), "not a dictionary"));
  }
}

TEST_CASE("npy: sizes that lie") {
  const std::string literal = "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }";
  const std::string good = file_of(literal, "1234");
  for (std::size_t length = 0; length != good.size(); ++length) {
    CAPTURE(length);
    CHECK(refusal(good.substr(0, length)).code() == error_code::file_malformed);
  }
  CHECK(says(refusal(good + "5"), "5 bytes follow"));
  CHECK(says(
      refusal(file_of("{'descr': '<f4', 'fortran_order': True, 'shape': (4611686018427387904, 4), }", "")),
      "0 bytes follow"));
  CHECK(says(refusal(std::string{"\x93NUMPY\x04\0", 8} + good.substr(8)), "version"));
  CHECK(says(refusal(std::string{"\x93NUMPY\x01\x01", 8} + good.substr(8)), "version"));
  CHECK(says(refusal("\x93NUMPX" + good.substr(6)), "does not begin as an .npy"));
  CHECK(says(refusal(std::string{"\x93NUMPY\x02\0\xff\xff\xff\xff", 12}), "ends within its header"));
  std::string many = "1,";
  for (int i = 0; i != 64; ++i) many += "1,";
  CHECK(refusal(file_of("{'descr': '|u1', 'fortran_order': False, 'shape': (" + many + ")}", "1")).code() ==
        error_code::rank_unsupported);
}

TEST_CASE("npy: what NumPy wrote is written again with the same bytes") {
  const test::temporary_folder folder;
  int files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator{test::data() / "models"}) {
    if (entry.path().extension() != ".npy") continue;
    CAPTURE(entry.path().string());
    write_npy(folder / "again.npy", read_npy(entry.path().string()));
    CHECK(test::content_of(folder / "again.npy") == test::content_of(entry.path().string()));
    ++files;
  }
  CHECK(files > 0);
}

TEST_CASE("npy: bf16 and float8 are written as the integers of their bits, whatever NumPy lacks is refused") {
  const test::temporary_folder folder;
  write_npy(folder / "a.npy", test::array_of<std::uint16_t>(dtype::bf16, {2}, {0x3F80, 0xC000}));
  CHECK(read_npy(folder / "a.npy").type == dtype::u16);
  CHECK(test::values_of<std::uint16_t>(read_npy(folder / "a.npy")) ==
        std::vector<std::uint16_t>{0x3F80, 0xC000});
  write_npy(folder / "a.npy", test::array_of<std::uint8_t>(dtype::f8_e4m3fn, {1}, {0x38}));
  CHECK(read_npy(folder / "a.npy").type == dtype::u8);
  CHECK(thrown_by([&] {
          write_npy(folder / "b.npy", test::array_of<std::uint8_t>(dtype::i4, {2}, {0x38}));
        }).code() == error_code::dtype_mismatch);
  CHECK(thrown_by([&] {
          write_npy(folder / "b.npy", test::array_of<std::uint8_t>(dtype::f32, {2}, {1, 2}));
        }).code() == error_code::shape_mismatch);
  CHECK_FALSE(std::filesystem::exists(folder / "b.npy"));
}
