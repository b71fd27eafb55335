#include <airloom/weights/safetensors.hpp>

#include <doctest/doctest.h>

#include "weights/bytes.hpp"

using namespace airloom::weights;
using airloom::dtype;
using airloom::error_code;
using test::says;
using test::thrown_by;

namespace {

std::string file_of(const std::string& header, std::size_t data_size) {
  std::string bytes = test::little_endian(std::uint64_t{header.size()}) + header;
  for (std::size_t i = 0; i != data_size; ++i) bytes += static_cast<char>(i);
  return bytes;
}

safetensors_file parse(const std::string& header, std::size_t data_size) {
  return parse_safetensors(test::blob_of(file_of(header, data_size)), "test");
}

airloom::error refusal(const std::string& header, std::size_t data_size) {
  return thrown_by([&] { parse(header, data_size); });
}

std::string tensor(const std::string& type, const std::string& shape, const std::string& offsets) {
  return R"({"dtype":")" + type + R"(","shape":[)" + shape + R"(],"data_offsets":[)" + offsets + "]}";
}

}  // namespace

TEST_CASE("safetensors: names in the header's order, contents by their offsets, metadata as text") {
  const auto file =
      parse(R"({"__metadata__":{"format":"pt","":"x"},"b":)" + tensor("U8", "2", "4,6") + R"(,"a":)" +
                tensor("F32", "", "0,4") + R"(,"none":)" + tensor("I64", "3,0", "4,4") + "}   ",
            6);
  REQUIRE(file.tensors.size() == 3);
  CHECK(file.tensors[0].name == "b");
  CHECK(test::values_of<std::uint8_t>(file.tensors[0].value) == std::vector<std::uint8_t>{4, 5});
  CHECK(file.tensors[1].name == "a");
  CHECK(file.tensors[1].value.type == dtype::f32);
  CHECK(file.tensors[1].value.shape.empty());
  CHECK(test::values_of<std::uint32_t>(file.tensors[1].value) == std::vector<std::uint32_t>{0x03020100});
  CHECK(file.tensors[2].value.shape == std::vector<std::int64_t>{3, 0});
  CHECK(file.tensors[2].value.bytes.size == 0);
  CHECK(file.metadata == std::map<std::string, std::string>{{"", "x"}, {"format", "pt"}});
  CHECK(find(file.tensors, "a") == &file.tensors[1].value);
  CHECK(find(file.tensors, "c") == nullptr);
}

TEST_CASE("safetensors: contents are parts of the file, kept alive by it") {
  const airloom::blob file = test::blob_of(file_of(R"({"a":)" + tensor("U8", "3", "0,3") + "}", 3));
  const airloom::blob bytes = parse_safetensors(file, "test").tensors[0].value.bytes;
  CHECK(bytes.data == file.data + file.size - 3);
  CHECK(bytes.owner == file.owner);
}

TEST_CASE("safetensors: the width of every element type") {
  const std::pair<const char*, int> types[] = {
      {"F64", 8},  {"F32", 4}, {"F16", 2},     {"BF16", 2},    {"I64", 8},    {"I32", 4},
      {"I16", 2},  {"I8", 1},  {"U64", 8},     {"U32", 4},     {"U16", 2},    {"U8", 1},
      {"BOOL", 1}, {"C64", 8}, {"F8_E5M2", 1}, {"F8_E4M3", 1}, {"F8_E8M0", 1}};
  for (const auto& [name, width] : types) {
    CAPTURE(name);
    const std::size_t size = static_cast<std::size_t>(width) * 3;
    CHECK(parse(R"({"a":)" + tensor(name, "3", "0," + std::to_string(size)) + "}", size).tensors.size() == 1);
  }
  CHECK(refusal(R"({"a":)" + tensor("F4", "2", "0,1") + "}", 1).code() == error_code::dtype_mismatch);
}

TEST_CASE("safetensors: an empty file of tensors is a file") {
  CHECK(parse("{}", 0).tensors.empty());
}

TEST_CASE("safetensors: files that break the format are refused") {
  const std::string four_bytes = tensor("U8", "4", "0,4");
  const std::tuple<std::string, std::size_t, const char*> cases[] = {
      {R"({"a":)" + four_bytes + "}", 5, "take 4 bytes, and 5 follow"},
      {R"({"a":)" + four_bytes + "}", 3, "take 4 bytes, and 3 follow"},
      {R"({"a":)" + four_bytes + R"(,"a":)" + four_bytes + "}", 4, "'a' occurs twice"},
      {R"({"__metadata__":{},"__metadata__":{}})", 0, "occurs twice"},
      {R"({"__metadata__":{"k":"1","k":"2"}})", 0, "'k' of its metadata occurs twice"},
      {R"({"__metadata__":{"k":1}})", 0, "the number 1"},
      {R"({"__metadata__":{"k":{}}})", 0, "an object"},
      {R"({"__metadata__":[]})", 0, "a list"},
      {R"({"a":)" + four_bytes + R"(,"b":)" + tensor("U8", "4", "2,6") + "}", 6, "begins at 2, where 4"},
      {R"({"a":)" + four_bytes + R"(,"b":)" + tensor("U8", "1", "5,6") + "}", 6, "begins at 5, where 4"},
      {R"({"a":)" + tensor("U8", "3", "1,4") + "}", 4, "begins at 1, where 0"},
      {R"({"a":)" + tensor("U8", "4", "4,0") + "}", 4, "other offsets"},
      {R"({"a":)" + tensor("F32", "4", "0,4") + "}", 4, "other offsets"},
      {R"({"a":)" + tensor("F32", "4611686018427387904,4", "0,0") + "}", 0, "other offsets"},
      {R"({"a":)" + tensor("F32", "9223372036854775808", "0,0") + "}", 0, "the number 9223372036854775808"},
      {R"({"a":)" + tensor("U8", "-4", "0,4") + "}", 4, "a negative number"},
      {R"({"a":)" + tensor("U8", "4.0", "0,4") + "}", 4, "not whole"},
      {R"({"a":)" + tensor("U8", "[4]", "0,4") + "}", 4, "a list"},
      {R"({"a":)" + tensor("U8", "4", "0,4,4") + "}", 4, "the number 4"},
      {R"({"a":)" + tensor("U8", "4", "0") + "}", 4, "lacks"},
      {R"({"a":{"dtype":"U8","shape":[4]}})", 4, "lacks"},
      {R"({"a":{"dtype":"U8","data_offsets":[0,4]}})", 4, "lacks"},
      {R"({"a":{"shape":[4],"data_offsets":[0,4]}})", 4, "lacks"},
      {R"({"a":{"dtype":"U8","dtype":"U8","shape":[4],"data_offsets":[0,4]}})", 4, "the key 'dtype'"},
      {R"({"a":{"dtype":"U8","shape":[4],"shape":[],"data_offsets":[0,4]}})", 4, "the key 'shape'"},
      {R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4],"more":1}})", 4, "the key 'more'"},
      {R"({"a":{"dtype":null,"shape":[4],"data_offsets":[0,4]}})", 4, "null"},
      {R"({"a":7})", 0, "the number 7"},
      {R"([])", 0, "begin with '{'"},
      {R"( {})", 0, "begin with '{'"},
      {R"()", 0, "begin with '{'"},
      {R"({} {})", 0, "not JSON"},
      {R"({"a":)", 0, "not JSON"},
      {"{\"\xff\":" + four_bytes + "}", 4, "not JSON"},
  };
  for (const auto& [header, data_size, words] : cases) {
    CAPTURE(header);
    const airloom::error e = refusal(header, data_size);
    CHECK_MESSAGE(says(e, words), e.what());
    CHECK(e.code() == error_code::file_malformed);
  }
}

TEST_CASE("safetensors: lengths of headers that lie") {
  const auto refusal_of = [](const std::string& bytes) {
    return thrown_by([&] { parse_safetensors(test::blob_of(bytes), "test"); });
  };
  CHECK(says(refusal_of("1234567"), "shorter than the length"));
  CHECK(says(refusal_of(test::little_endian(std::uint64_t{3}) + "{}"), "ends within its header"));
  CHECK(says(refusal_of(test::little_endian(std::uint64_t{100'000'001}) + "{}"), "over 100 MB"));
  CHECK(says(refusal_of(test::little_endian(~std::uint64_t{0}) + "{}"), "over 100 MB"));
}

TEST_CASE("safetensors: deep nesting and many dimensions end early") {
  CHECK(says(refusal(std::string(1'000'000, '{'), 0), "not JSON"));
  CHECK(says(refusal(R"({"a":)" + std::string(1'000'000, '['), 0), "a list"));
  std::string sizes = "1";
  for (int i = 0; i != 64; ++i) sizes += ",1";
  CHECK(refusal(R"({"a":)" + tensor("U8", sizes, "0,1") + "}", 1).code() == error_code::rank_unsupported);
}
