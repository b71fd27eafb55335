#pragma once
// The cases of TorchAir's exports (tests/data/torchair), and our descriptions of their models.

#include <airloom/model/trace.hpp>
#include <airloom/weights/array.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace test {

/// A model of TorchAir's cases, described anew. One description may stand for several cases whose models are
/// the same.
struct described {
  std::string name;
  airloom::tape (*record)();

  /// Adds it to all_described().
  described(std::string name_of_case, airloom::tape (*recording)());
};

const std::vector<described>& all_described();

/// One folder of tests/data/torchair.
class torchair_case {
 public:
  explicit torchair_case(const std::string& name);

  const std::string& name() const { return name_; }
  const nlohmann::json& facts() const { return facts_; }
  bool has(const std::string& file) const { return std::filesystem::exists(folder_ / file); }
  std::filesystem::path file(const std::string& name) const { return folder_ / name; }

  /// The arrays of weights.npz, inputs.npz or expected.npz, in the element types that case.json says: npz has
  /// no bf16 and no f8.
  std::vector<airloom::weights::named_array> arrays(const std::string& file) const;

 private:
  std::string name_;
  std::filesystem::path folder_;
  nlohmann::json facts_;
};

/// The names of all cases; folders without a case.json hold tables.
std::vector<std::string> names_of_cases();

/// Our model of a case with the case's weights.
airloom::model model_of(const described& ours, const torchair_case& theirs);

}  // namespace test
