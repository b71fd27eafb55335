// Weights and golden files of real models, against the tables in their READMEs.

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <airloom/weights/npy.hpp>
#include <airloom/weights/safetensors.hpp>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <numeric>
#include <regex>

#include "support/data.hpp"
#include "weights/bytes.hpp"

using namespace airloom::weights;
using airloom::dtype;
namespace fs = std::filesystem;

namespace {

std::vector<fs::path> model_folders() {
  std::vector<fs::path> folders;
  for (const auto& entry : fs::directory_iterator{test::data() / "models"})
    if (fs::exists(entry.path() / "README.md")) folders.push_back(entry.path());
  REQUIRE_FALSE(folders.empty());
  return folders;
}

/// "450x1x8x8"
std::vector<std::int64_t> sizes_in(const std::string& text) {
  std::vector<std::int64_t> sizes;
  std::istringstream numbers{text};
  for (std::string number; std::getline(numbers, number, 'x');) sizes.push_back(std::stoll(number));
  return sizes;
}

std::vector<std::smatch> rows(const std::string& text, const std::string& pattern) {
  const std::regex expression{pattern};
  return {std::sregex_iterator{text.begin(), text.end(), expression}, std::sregex_iterator{}};
}

double largest_of(const std::vector<double>& values) {
  double largest = 0;
  for (const double value : values) largest = std::max(largest, std::abs(value));
  return largest;
}

std::int64_t elements_of(const array& a) {
  return std::accumulate(a.shape.begin(), a.shape.end(), std::int64_t{1}, std::multiplies{});
}

}  // namespace

TEST_CASE("golden files have the types and shapes of their READMEs, and the largest values and gaps") {
  const std::map<std::string, dtype> types{
      {"float32", dtype::f32}, {"int32", dtype::i32}, {"int64", dtype::i64}};
  for (const fs::path& folder : model_folders()) {
    const std::string readme = test::content_of((folder / "README.md").string());
    for (const std::smatch& row : rows(readme, R"(\| `([^`{]+\.npy)` \| ([0-9x]+) \| (\w+) \|)")) {
      CAPTURE(row.str());
      const array a = read_npy((folder / "golden" / row[1].str()).string());
      CHECK(a.shape == sizes_in(row[2]));
      CHECK(a.type == types.at(row[3]));
    }
    const auto pairs = rows(
        readme, R"(\| `([^`]+)\.\{f32,f64\}\.npy` \| ([0-9x]+) \| float32, float64 \| (\S+) \| (\S+) \|)");
    CHECK_FALSE(pairs.empty());
    for (const std::smatch& row : pairs) {
      CAPTURE(row.str());
      const array narrow = read_npy((folder / "golden" / (row[1].str() + ".f32.npy")).string());
      const array wide = read_npy((folder / "golden" / (row[1].str() + ".f64.npy")).string());
      CHECK(narrow.type == dtype::f32);
      CHECK(wide.type == dtype::f64);
      CHECK(narrow.shape == sizes_in(row[2]));
      CHECK(wide.shape == narrow.shape);
      const auto wide_values = test::values_of<double>(wide);
      std::vector<double> gaps;
      for (const float value : test::values_of<float>(narrow))
        gaps.push_back(value - wide_values[gaps.size()]);
      CHECK(largest_of(gaps) == doctest::Approx(std::stod(row[3])).epsilon(0.06));          // two digits
      CHECK(largest_of(wide_values) == doctest::Approx(std::stod(row[4])).epsilon(0.006));  // three digits
    }
  }
}

TEST_CASE("weights have the names, types and shapes of their READMEs, and their number of parameters") {
  const std::map<std::string, dtype> types{{"F32", dtype::f32}, {"BF16", dtype::bf16}};
  int files = 0;
  for (const fs::path& folder : model_folders()) {
    const fs::path path = folder / "weights.safetensors";
    if (!fs::exists(path)) continue;
    ++files;
    CAPTURE(path.string());
    const auto tensors = read_safetensors(path.string()).tensors;
    const std::string readme = test::content_of((folder / "README.md").string());
    for (const std::smatch& row : rows(readme, R"(\| `([^`]+)` \| ([0-9x]+) \| (F32|BF16) \|)")) {
      CAPTURE(row.str());
      const array* const a = find(tensors, row[1].str());
      REQUIRE(a != nullptr);
      CHECK(a->shape == sizes_in(row[2]));
      CHECK(a->type == types.at(row[3]));
    }
    const auto totals = rows(readme, R"(\n([0-9 ]+) parameters in (\d+) tensors)");
    REQUIRE(totals.size() == 1);
    std::int64_t parameters = 0;
    for (const named_array& tensor : tensors)  // running statistics are weights, but no parameters
      if (tensor.name.find("running_") == std::string::npos) parameters += elements_of(tensor.value);
    CHECK(std::to_string(parameters) == std::regex_replace(totals[0][1].str(), std::regex{" "}, ""));
    CHECK(std::to_string(tensors.size()) == totals[0][2].str());
  }
  CHECK(files > 0);
}

TEST_CASE("digits_mlp: as many golden logits point at the right digit as its README says") {
  const fs::path folder = test::data() / "models/digits_mlp";
  const std::string readme = test::content_of((folder / "README.md").string());
  const auto logits = test::values_of<float>(read_npy((folder / "golden/expected.logits.f32.npy").string()));
  const auto labels = test::values_of<std::int32_t>(read_npy((folder / "golden/labels.npy").string()));
  int right = 0;
  for (std::size_t i = 0; i != labels.size(); ++i) {
    const auto row = std::span{logits}.subspan(i * 10, 10);
    right += std::ranges::max_element(row) - row.begin() == labels[i] ? 1 : 0;
  }
  CHECK(readme.find(fmt::format("({} right)", right)) != std::string::npos);
}
