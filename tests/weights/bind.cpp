#include <airloom/weights/bind.hpp>

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <airloom/weights/npy.hpp>
#include <airloom/weights/npz.hpp>

#include <algorithm>
#include <filesystem>

#include "support/data.hpp"
#include "support/temporary_folder.hpp"
#include "weights/bytes.hpp"

using namespace airloom::weights;
using airloom::dtype;
using airloom::error_code;
using airloom::weights_source;
using test::says;
using test::thrown_by;

namespace {

// As tests/data/models/digits_mlp/README.md states them.
const std::vector<request> digits_mlp{
    {"fc1.weight", dtype::f32, {128, 64}}, {"fc1.bias", dtype::f32, {128}},
    {"fc2.weight", dtype::f32, {64, 128}}, {"fc2.bias", dtype::f32, {64}},
    {"fc3.weight", dtype::f32, {10, 64}},  {"fc3.bias", dtype::f32, {10}},
};

std::string digits_mlp_path() {
  return (test::data() / "models/digits_mlp/weights.safetensors").string();
}

const array one = test::array_of<float>(dtype::f32, {1}, {1});
const array two = test::array_of<float>(dtype::f32, {1}, {2});

float only_value(const array& from) {
  return test::values_of<float>(from).at(0);
}

}  // namespace

TEST_CASE("bind: arrays come in the order of the requests") {
  const auto arrays = airloom::weights::bind(digits_mlp, airloom::safetensors(digits_mlp_path()));
  REQUIRE(arrays.size() == digits_mlp.size());
  for (std::size_t i = 0; i != arrays.size(); ++i) {
    CHECK(arrays[i].shape == digits_mlp[i].shape);
    CHECK(arrays[i].bytes.size == byte_count(dtype::f32, digits_mlp[i].shape));
  }
}

TEST_CASE("bind: all that does not fit is one error, sorted by name") {
  const std::vector<request> requests{
      {"d", dtype::f32, {1}}, {"b", dtype::bf16, {1}}, {"a", dtype::f32, {2, 1}}, {"c", dtype::f32, {1}}};
  const weights_source source = airloom::in_memory({{"z", one}, {"a", one}, {"b", one}, {"c", one}});
  const airloom::error e = thrown_by([&] { airloom::weights::bind(requests, source); });
  CHECK(e.code() == error_code::weights_do_not_fit);
  CHECK(e.happened() ==
        "The weights in 'the program's own arrays' do not fit the model (4 in all):\n"
        "  'a' is f32 [1] and has to be f32 [2, 1]\n"
        "  'b' is f32 [1] and has to be bf16 [1]\n"
        "  'd' is missing; it has to be f32 [1]\n"
        "  'z' is there, and the model does not ask for it\n");
}

TEST_CASE("bind: twenty lines, and the number of the rest") {
  std::vector<request> requests;
  for (int i = 0; i != 23; ++i) requests.push_back({fmt::format("w{}", i), dtype::f32, {}});
  const std::string text =
      thrown_by([&] { airloom::weights::bind(requests, airloom::in_memory({})); }).happened();
  CHECK(std::ranges::count(text, '\n') == 22);
  CHECK(text.ends_with("\n  and 3 more\n"));
  requests.resize(20);
  CHECK(
      thrown_by([&] { airloom::weights::bind(requests, airloom::in_memory({})); }).happened().find("more") ==
      std::string::npos);
}

TEST_CASE("bind: names that are not asked for are passed over where the source allows it") {
  const std::vector<request> some{digits_mlp[0]};
  CHECK(says(thrown_by([&] { airloom::weights::bind(some, airloom::safetensors(digits_mlp_path())); }),
             "5 in all"));
  CHECK(
      airloom::weights::bind(some, airloom::safetensors(digits_mlp_path(), {.allow_unused = true})).size() ==
      1);
  CHECK(airloom::weights::bind({}, airloom::in_memory({{"a", one}}, {.allow_unused = true})).empty());
}

TEST_CASE("renamed: the model's names on the left, the source's on the right") {
  const weights_source source = airloom::in_memory({{"theirs", one}, {"same", two}});
  const std::vector<request> requests{{"ours", dtype::f32, {1}}, {"same", dtype::f32, {1}}};
  const weights_source there = airloom::renamed(source, {{"ours", "theirs"}});
  const auto arrays = airloom::weights::bind(requests, there);
  CHECK(only_value(arrays[0]) == 1);
  CHECK(only_value(arrays[1]) == 2);
  const airloom::error e = thrown_by([&] {
    airloom::weights::bind(requests, airloom::renamed(there, {{"ours", "gone"}}));
  });
  CHECK(says(e, "'ours' (there: 'gone') is missing"));
  CHECK(says(e, "'theirs' is there"));
}

TEST_CASE("renamed: two parameters may share one array") {
  const weights_source tied = airloom::renamed(airloom::in_memory({{"a", one}}), {{"b", "a"}});
  const std::vector<request> requests{{"a", dtype::f32, {1}}, {"b", dtype::f32, {1}}};
  const auto arrays = airloom::weights::bind(requests, tied);
  CHECK(arrays[0].bytes.data == arrays[1].bytes.data);
}

TEST_CASE("in_memory: equal names are refused") {
  CHECK(says(thrown_by([] {
               airloom::in_memory({{"a", one}, {"a", two}});
             }),
             "Two arrays have the name 'a'"));
}

TEST_CASE("npz and npy_folder hold the same names and numbers as what was written") {
  const test::temporary_folder folder;
  write_npz(folder / "w.npz", std::vector<named_array>{{"x.a", one}, {"b", two}});
  CHECK(airloom::npz(folder / "w.npz").names() == std::vector<std::string>{"x.a", "b"});
  CHECK(airloom::npz(folder / "w.npz").origin() == folder / "w.npz");
  std::filesystem::create_directory(folder / "npy");
  write_npy(folder / "npy/x.a.npy", one);
  write_npy(folder / "npy/b.npy", two);
  test::write(folder / "npy/notes.txt", "no array");
  const weights_source source = airloom::npy_folder(folder / "npy");
  CHECK(source.names() == std::vector<std::string>{"b", "x.a"});
  CHECK(only_value(source.find({"x.a", dtype::f32, {1}}).value()) == 1);
  CHECK_FALSE(source.find({"a", dtype::f32, {1}}).has_value());
  CHECK(thrown_by([&] { airloom::npy_folder(folder / "missing"); }).code() == error_code::file_unreadable);
  test::write(folder / "npy/c.npy", "no array either");
  CHECK(thrown_by([&] { airloom::npy_folder(folder / "npy"); }).code() == error_code::file_malformed);
}

TEST_CASE("filled: every element of every type, bit for bit") {
  const weights_source source = airloom::filled(1.5);
  const auto element = [](const weights_source& from, dtype type) {
    const array a = from.find({"w", type, {2}}).value();
    CHECK(a.bytes.size == byte_count(type, a.shape));
    return std::string{reinterpret_cast<const char*>(a.bytes.data), a.bytes.size};
  };
  // IEEE 754: 1.5 is 0x3FC00000, 0x3E00 in half precision, 0x3FC0 in bfloat16.
  CHECK(element(source, dtype::f32) == test::from_hex("0000c03f0000c03f"));
  CHECK(element(source, dtype::f64) == test::from_hex("000000000000f83f000000000000f83f"));
  CHECK(element(source, dtype::f16) == test::from_hex("003e003e"));
  CHECK(element(source, dtype::bf16) == test::from_hex("c03fc03f"));
  CHECK(element(airloom::ones(), dtype::i16) == test::from_hex("01000100"));
  CHECK(element(airloom::ones(), dtype::boolean) == test::from_hex("0101"));
  CHECK(element(airloom::filled(-2), dtype::i64) == test::from_hex("fefffffffffffffffeffffffffffffff"));
  CHECK(element(airloom::filled(255), dtype::u8) == test::from_hex("ffff"));
}

TEST_CASE("filled: integers that cannot be the value, and types without numbers, are refused") {
  const auto refusal = [](double value, dtype type) {
    return thrown_by([&] { airloom::filled(value).find({"w", type, {2}}); }).code();
  };
  CHECK(refusal(1.5, dtype::i32) == error_code::weights_do_not_fit);
  CHECK(refusal(128, dtype::i8) == error_code::weights_do_not_fit);
  CHECK(refusal(-129, dtype::i8) == error_code::weights_do_not_fit);
  CHECK(refusal(-128, dtype::i8) == error_code::internal);  // nothing thrown
  CHECK(refusal(-1, dtype::u32) == error_code::weights_do_not_fit);
  CHECK(refusal(2, dtype::boolean) == error_code::weights_do_not_fit);
  CHECK(refusal(1, dtype::string) == error_code::dtype_mismatch);
  CHECK(thrown_by([] {
          airloom::ones().find({"w", dtype::f32, {-1}});
        }).code() == error_code::shape_mismatch);
  CHECK(thrown_by([] {
          airloom::ones().find({"w", dtype::f32, {std::int64_t{1} << 61}});
        }).code() == error_code::shape_mismatch);
}

TEST_CASE("filled: parameters share their bytes") {
  const std::vector<request> requests{
      {"a", dtype::f32, {100}}, {"b", dtype::f32, {3, 5}}, {"c", dtype::f32, {0}}};
  const auto arrays = airloom::weights::bind(requests, airloom::ones());
  CHECK(arrays[0].bytes.data == arrays[1].bytes.data);
  CHECK(arrays[1].bytes.size == 60);
  CHECK(arrays[2].bytes.size == 0);
}

TEST_CASE("byte_count: sizes, types and products that have none") {
  const auto count = [](dtype type, std::vector<std::int64_t> shape) { return byte_count(type, shape); };
  CHECK(count(dtype::f32, {}) == 4);
  CHECK(count(dtype::f32, {2, 3}) == 24);
  CHECK(count(dtype::i4, {3}) == 2);
  CHECK(count(dtype::f64, {0, 1'000'000'000'000}) == 0);
  CHECK(count(dtype::u8, {std::int64_t{1} << 59}) == std::uint64_t{1} << 59U);
  CHECK_FALSE(count(dtype::u8, {std::int64_t{1} << 60, 1}).has_value());
  CHECK_FALSE(count(dtype::f64, {std::int64_t{1} << 32, std::int64_t{1} << 32, 0}).has_value());
  CHECK_FALSE(count(dtype::f32, {-1, 0}).has_value());
  CHECK_FALSE(count(dtype::string, {1}).has_value());
}
