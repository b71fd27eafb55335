#pragma once
// The program as a user meets it: words in, an exit code and two streams out.

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace test {

struct outcome {
  int code = -1;  ///< of the exit; 128 and more where a signal ended the program
  std::string out;
  std::string err;

  nlohmann::json json() const { return nlohmann::json::parse(out); }
};

/// A folder of its own for the tests of this process, removed at its end. In it lie model.air (TorchAir's
/// static two-input example, its inputs named x and y), renamed.air (the same with TorchAir's names),
/// export_file (an export of model.air), x.npy, y.npy, inputs.npz, expected.npz (PyTorch's
/// result), out.npz (ours), other.npz (no tensor of it is in expected.npz) and garbage.air.
const std::filesystem::path& sample_folder();

/// Runs `airloom` with these words in the sample folder.
outcome run_program(const std::vector<std::string>& words);
/// The same with a whole command line, as a shell takes it apart.
outcome shell(const std::string& command_line);

}  // namespace test
