#include "cases.hpp"

#include <airloom/weights/npz.hpp>
#include <airloom/weights/source.hpp>
#include <algorithm>
#include <fstream>
#include <map>

#include "support/data.hpp"

namespace test {

namespace {

namespace fs = std::filesystem;

std::vector<described>& registered() {
  static std::vector<described> all;
  return all;
}

airloom::dtype type_of_bits(const std::string& torch_type) {
  static const std::map<std::string, airloom::dtype> types{{"bfloat16", airloom::bf16},
                                                           {"float8_e4m3fn", airloom::dtype::f8_e4m3fn},
                                                           {"float8_e5m2", airloom::dtype::f8_e5m2}};
  return types.at(torch_type);
}

nlohmann::json read_json(const fs::path& path) {
  std::ifstream file{path};
  return nlohmann::json::parse(file);
}

}  // namespace

described::described(std::string name_of_case, airloom::tape (*recording)())
    : name{std::move(name_of_case)}, record{recording} {
  registered().push_back(*this);
}

const std::vector<described>& all_described() {
  return registered();
}

torchair_case::torchair_case(const std::string& name)
    : name_{name},
      folder_{data() / "torchair" / name},
      facts_(read_json(folder_ / "case.json")) {}  // {} makes an array

std::vector<airloom::weights::named_array> torchair_case::arrays(const std::string& file) const {
  std::vector<airloom::weights::named_array> read = airloom::weights::read_npz((folder_ / file).string());
  for (const char* kind : {"weights", "inputs", "outputs"})
    for (const nlohmann::json& described : facts_.at(kind))
      if (described.contains("stored_as"))
        for (airloom::weights::named_array& array : read)
          if (array.name == described.at("name").get<std::string>())
            array.value.type = type_of_bits(described.at("dtype"));
  return read;
}

std::vector<std::string> names_of_cases() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator{data() / "torchair"})
    if (fs::exists(entry.path() / "case.json")) names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

airloom::model model_of(const described& ours, const torchair_case& theirs) {
  const airloom::tape record = ours.record();
  if (!theirs.has("weights.npz")) return airloom::make_model(record);
  // A state whose first value TorchAir keeps as a buffer, and parameters that the model never uses, are among
  // the arrays too.
  return airloom::make_model(record,
                             airloom::in_memory(theirs.arrays("weights.npz"), {.allow_unused = true}));
}

}  // namespace test
