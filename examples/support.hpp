#pragma once
// What the example programs share: their options, and where their data lies.

#include <airloom/air/export.hpp>
#include <airloom/graph/graph.hpp>
#include <airloom/host/engine.hpp>
#include <airloom/weights/npy.hpp>
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

namespace example {

/// The folder of a trained model: $AIRLOOM_MODELS/<name>, else the one that the repository keeps.
inline std::filesystem::path data(std::string_view model) {
  const char* chosen = std::getenv("AIRLOOM_MODELS");
  return std::filesystem::path{chosen != nullptr ? chosen : AIRLOOM_EXAMPLE_MODELS} / model;
}

/// The elements of golden/<name>.npy of a trained model, whose type is T.
template <class T>
std::vector<T> golden(std::string_view model, const std::string& name) {
  const airloom::weights::array array = airloom::weights::read_npy(data(model) / "golden" / (name + ".npy"));
  std::vector<T> values(array.bytes.size / sizeof(T));
  std::memcpy(values.data(), array.bytes.data, array.bytes.size);
  return values;
}

/// The class with the highest score in one row of logits.
inline std::size_t answer(const std::vector<float>& logits, std::size_t row, std::size_t classes) {
  const auto first = logits.begin() + static_cast<std::ptrdiff_t>(row * classes);
  return static_cast<std::size_t>(std::max_element(first, first + static_cast<std::ptrdiff_t>(classes)) -
                                  first);
}

/// Ends the example where a run was refused.
inline void require(const airloom::host::status& status) {
  if (!status.ok()) throw airloom::error{airloom::error_code::internal, status.message(), "Report this."};
}

/// Writes the model's .air folder and says which files it wrote.
inline void export_model(const airloom::graph& model, const std::string& folder) {
  for (const std::filesystem::path& file :
       airloom::air::export_model(model, {.path = folder, .name = "export"}))
    std::cout << file.string() << '\n';
}

/// Runs an example: bare it shows its point, `--export DIR` writes its .air folder, `--help` says so.
inline int main(int argc, char** argv, std::string_view about, const std::function<void()>& show,
                const std::function<void(const std::string&)>& export_to) {
  const std::string option = argc > 1 ? argv[1] : "";
  try {
    if (argc == 1) {
      show();
      return 0;
    }
    if (argc == 3 && option == "--export") {
      export_to(argv[2]);
      return 0;
    }
  } catch (const airloom::error& error) {
    std::cerr << error.what() << '\n';
    return airloom::exit_code(error.code());
  }
  std::ostream& out = option == "--help" ? std::cout : std::cerr;
  out << about << "\n\nusage: " << std::filesystem::path{argv[0]}.filename().string()
      << " [--export DIR | --help]\n  without options   shows the example\n"
         "  --export DIR      writes the model's .air, dynamo.pbtxt and manifest.json into DIR and names "
         "them\n";
  return option == "--help" ? 0 : 2;
}

}  // namespace example
