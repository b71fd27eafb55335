#include <doctest/doctest.h>
#include <airloom/weights/npy.hpp>
#include <airloom/weights/npz.hpp>
#include <span>
#include "program.hpp"

using test::outcome;
using test::run_program;

namespace {

namespace weights = airloom::weights;

weights::array f32s(const std::vector<float>& values) {
  return {airloom::f32,
          {static_cast<std::int64_t>(values.size())},
          airloom::blob::copy_of(std::as_bytes(std::span{values}))};
}
weights::array u16s(const std::vector<std::uint16_t>& values) {
  return {airloom::u16,
          {static_cast<std::int64_t>(values.size())},
          airloom::blob::copy_of(std::as_bytes(std::span{values}))};
}
void write_npz(const std::string& name, const std::vector<weights::named_array>& arrays) {
  weights::write_npz((test::sample_folder() / name).string(), arrays);
}

}  // namespace

TEST_CASE("what PyTorch computed and what we computed are the same") {
  const outcome good = run_program({"compare", "expected.npz", "out.npz"});
  CHECK(good.code == 0);
  CHECK(good.out.find("The same: 1 of 1 tensors agree.") != std::string::npos);
  CHECK(good.err.empty());
}

TEST_CASE("what differs, is missing or is too much makes the verdict negative") {
  write_npz("golden.npz", {{"a", f32s({1, 2, 2})}, {"b", f32s({1})}});
  write_npz("mine.npz", {{"a", f32s({1, 2, 3})}, {"c", f32s({1})}});
  const outcome bad = run_program({"compare", "golden.npz", "mine.npz", "--json"});
  CHECK(bad.code == 1);
  const nlohmann::json said = bad.json();
  CHECK(said.at("agrees") == false);
  CHECK(said.at("missing") == std::vector<std::string>{"b"});
  CHECK(said.at("extra") == std::vector<std::string>{"c"});
  const nlohmann::json& pair = said.at("tensors").at(0);
  CHECK(pair.at("name") == "a");
  CHECK(pair.at("agrees") == false);
  CHECK(pair.at("reasons").size() == 2);
  CHECK(pair.at("golden").at("dtype") == "f32");
  CHECK(pair.at("mine").at("shape") == std::vector<int>{3});
  CHECK(pair.at("metrics").at("largest_absolute_error") == 1.0);
  CHECK(pair.at("metrics").at("largest_relative_error") == 0.5);
  for (const char* key :
       {"cosine", "relative_distance", "mean_absolute_error", "mean_relative_error", "largest_error_at_zero",
        "golden_non_finite", "mine_non_finite", "non_finite_disagreements"})
    CHECK(pair.at("metrics").contains(key));

  const outcome words = run_program({"compare", "golden.npz", "mine.npz"});
  CHECK(words.code == 1);
  CHECK(words.out.find("b: only on the golden side\n") != std::string::npos);
  CHECK(words.out.find("c: not on the golden side\n") != std::string::npos);
  CHECK(words.out.find("Not the same: 0 of 3 tensors agree.") != std::string::npos);
  CHECK(run_program({"compare", "expected.npz", "other.npz"}).code == 1);
}

TEST_CASE("a tensor of another shape has no numbers, but a reason") {
  write_npz("long.npz", {{"a", f32s({1, 2, 3})}});
  write_npz("short.npz", {{"a", f32s({1, 2})}});
  const outcome bad = run_program({"compare", "long.npz", "short.npz", "--json"});
  CHECK(bad.code == 1);
  CHECK(bad.json().at("tensors").at(0).at("metrics").is_null());
  CHECK(run_program({"compare", "long.npz", "short.npz"})
            .out.find("The golden shape is [3] and mine is [2].") != std::string::npos);
}

TEST_CASE("limits are the user's") {
  write_npz("golden.npz", {{"a", f32s({1, 2, 2})}});
  write_npz("mine.npz", {{"a", f32s({1, 2, 3})}});
  const std::vector<std::string> lenient{"compare", "golden.npz", "mine.npz", "--cosine",
                                         "0.97",    "--distance", "0.4"};
  CHECK(run_program(lenient).code == 0);
  for (const std::vector<std::string>& one_more :
       std::vector<std::vector<std::string>>{{"--absolute", "0.9"}, {"--relative", "0.4"}}) {
    std::vector<std::string> strict = lenient;
    strict.insert(strict.end(), one_more.begin(), one_more.end());
    CHECK(run_program(strict).code == 1);
  }
}

TEST_CASE("two .npy files hold one tensor each") {
  CHECK(run_program({"compare", "x.npy", "x.npy"}).code == 0);
  CHECK(run_program({"compare", "x.npy", "y.npy"}).code == 1);
}

TEST_CASE("bit patterns of bf16 are compared as numbers where the user says so") {
  // 1.0 and the next bf16 after it, 1.0078125.
  write_npz("golden.npz", {{"a", f32s({1, 1})}});
  write_npz("mine.npz", {{"a", u16s({0x3f80, 0x3f81})}});
  CHECK(run_program({"compare", "golden.npz", "mine.npz", "--bf16"}).code == 0);
  CHECK(run_program({"compare", "golden.npz", "mine.npz"}).code == 1);
}
