#include "program.hpp"

#include <sys/wait.h>
#include <unistd.h>
#include <airloom/air/export.hpp>
#include <airloom/air/load.hpp>
#include <airloom/air/save.hpp>
#include <airloom/weights/npy.hpp>
#include <airloom/weights/npz.hpp>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <support/data.hpp>

namespace test {

namespace {

namespace fs = std::filesystem;
namespace weights = airloom::weights;

std::string content_of(const fs::path& file) {
  std::ifstream stream{file, std::ios::binary};
  std::ostringstream content;
  content << stream.rdbuf();
  return content.str();
}

std::string quoted(const std::string& word) {
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? "'\\''" : std::string(1, c);
  return text + "'";
}

/// Runs a command line in a folder; its streams go through files outside that folder.
outcome run_in(const fs::path& folder, const std::string& command_line) {
  const std::string out = folder.string() + ".out", err = folder.string() + ".err";
  const std::string command =
      "cd " + quoted(folder.string()) + " && " + command_line + " >" + quoted(out) + " 2>" + quoted(err);
  const int status = std::system(command.c_str());
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  outcome result{code, content_of(out), content_of(err)};
  fs::remove(out);
  fs::remove(err);
  return result;
}

/// TorchAir names inputs arg2_1 and so on; case.json says which input of the model each is.
void write_model(const fs::path& from, const fs::path& to) {
  airloom::graph g = airloom::air::load(from / "export.air");
  const nlohmann::json described = nlohmann::json::parse(content_of(from / "case.json"));
  for (const auto& input : described.at("p_inputs")) {
    const std::string source = input.at("source");
    if (const int index = g.find(input.at("op").get<std::string>());
        source.starts_with("input ") && index >= 0)
      g.nodes[static_cast<std::size_t>(index)].name = source.substr(6);
  }
  airloom::air::save(g, to);
}

class sample {
 public:
  sample() : folder_{make_folder()} {
    const fs::path from = data() / "torchair" / "ex1_linear_add_static";
    write_model(from, folder_ / "model.air");
    fs::copy_file(from / "export.air", folder_ / "renamed.air");
    airloom::air::export_model(airloom::air::load(folder_ / "model.air"), {.path = folder_ / "export_file"});
    fs::copy_file(from / "inputs.npz", folder_ / "inputs.npz");
    fs::copy_file(from / "expected.npz", folder_ / "expected.npz");
    for (const weights::named_array& input : weights::read_npz((from / "inputs.npz").string()))
      weights::write_npy((folder_ / (input.name + ".npy")).string(), input.value);
    weights::write_npz((folder_ / "other.npz").string(), weights::read_npz((from / "inputs.npz").string()));
    std::ofstream{folder_ / "garbage.air"} << "This is no model.";
    run_in(folder_, quoted(AIRLOOM_PROGRAM) + " run model.air --inputs inputs.npz --output out.npz");
  }
  ~sample() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  sample(const sample&) = delete;
  sample& operator=(const sample&) = delete;

  const fs::path& folder() const { return folder_; }

 private:
  static fs::path make_folder() {
    std::string name = (fs::temp_directory_path() / "airloom_test_cli_XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error{"no folder for the test"};
    return name;
  }

  fs::path folder_;
};

}  // namespace

const fs::path& sample_folder() {
  static const sample made;
  return made.folder();
}

outcome run_program(const std::vector<std::string>& words) {
  std::string command = quoted(AIRLOOM_PROGRAM);
  for (const std::string& word : words) command += " " + quoted(word);
  return run_in(sample_folder(), command);
}

outcome shell(const std::string& command_line) {
  const std::string program_folder = fs::path{AIRLOOM_PROGRAM}.parent_path().string();
  return run_in(sample_folder(), "PATH=" + quoted(program_folder) + ":\"$PATH\" " + command_line);
}

}  // namespace test
