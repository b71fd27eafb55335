#include <fmt/format.h>
#include <fmt/ranges.h>
#include <CLI/CLI.hpp>
#include <airloom/air/gears_file.hpp>
#include <airloom/air/load.hpp>
#include <airloom/compare/statistics.hpp>
#include <airloom/weights/npy.hpp>
#include <airloom/weights/npz.hpp>
#include <nlohmann/json.hpp>
#include <numeric>

#include "named_run.hpp"
#include "output.hpp"
#include "verbs.hpp"

namespace airloom::cli {

namespace {

using nlohmann::ordered_json;
using weights::named_array;

struct run_options {
  std::string model;
  std::vector<std::string> single_inputs;  ///< NAME=FILE.npy
  std::string inputs;
  std::string output;
  std::string kernels = "fast";
  int repeat = 1;
  bool json = false;
};

named_array read_input(const std::string& argument) {
  const std::size_t sign = argument.find('=');
  if (sign == 0 || sign == std::string::npos)
    throw error{error_code::usage, fmt::format("'--input {}' names no input and file.", argument),
                "Write --input NAME=FILE.npy."};
  return {argument.substr(0, sign), weights::read_npy(argument.substr(sign + 1))};
}

std::vector<named_array> read_inputs(const run_options& options) {
  std::vector<named_array> arrays;
  if (!options.inputs.empty()) arrays = weights::read_npz(options.inputs);
  for (const std::string& argument : options.single_inputs) {
    named_array input = read_input(argument);
    if (weights::find(arrays, input.name) != nullptr)
      throw error{error_code::usage, fmt::format("The input '{}' is given twice.", input.name),
                  "Give it once."};
    arrays.push_back(std::move(input));
  }
  return arrays;
}

/// Into an .npz under their names; a single output may go into an .npy file.
void write_outputs(const std::string& path, const std::vector<named_array>& outputs) {
  if (path.ends_with(".npy") && outputs.size() == 1)
    weights::write_npy(path, outputs.front().value);
  else
    weights::write_npz(path, outputs);
}

std::string text_of(const named_array& output) {
  const auto& [type, shape, bytes] = output.value;
  const compare::statistics found = compare::statistics_of(output.value);
  return fmt::format("{} {}[{}] min {:.6g} max {:.6g} mean {:.6g}\n", output.name, name_of(type),
                     fmt::join(shape, ", "), found.minimum, found.maximum, found.mean);
}

std::string text_of(const named_run& done) {
  std::string text;
  for (const named_array& output : done.outputs) text += text_of(output);
  const std::vector<double>& times = done.milliseconds;
  if (times.size() == 1) return text;
  return text + fmt::format("{} calls: {:.3f} ms the fastest, {:.3f} ms on average\n", times.size(),
                            *std::ranges::min_element(times),
                            std::reduce(times.begin(), times.end()) / static_cast<double>(times.size()));
}

ordered_json json_of(const named_run& done) {
  ordered_json outputs = ordered_json::array();
  for (const named_array& output : done.outputs) {
    const compare::statistics found = compare::statistics_of(output.value);
    outputs.push_back({{"name", output.name},
                       {"dtype", name_of(output.value.type)},
                       {"shape", output.value.shape},
                       {"minimum", found.minimum},
                       {"maximum", found.maximum},
                       {"mean", found.mean}});
  }
  return {{"outputs", outputs}, {"milliseconds", done.milliseconds}};
}

/// With the gears that the file beside the model says, where there is one: then no other sizes are taken.
graph load_with_gears(const std::string& model) {
  graph g = air::load(model);
  const std::filesystem::path gears = air::gears_file_of(model);
  return std::filesystem::exists(gears) ? air::with_gears(g, air::read_gears(gears)) : g;
}

int run(const run_options& options) {
  const host::options how{options.kernels == "fast" ? host::kernels::fast : host::kernels::reference};
  const named_run done =
      run_by_name(load_with_gears(options.model), read_inputs(options), how, options.repeat);
  write_outputs(options.output, done.outputs);
  if (options.json)
    print_json(json_of(done));
  else
    print_text(text_of(done));
  return 0;
}

}  // namespace

void add_run(CLI::App& program, int& exit_code) {
  const auto options = std::make_shared<run_options>();
  CLI::App* verb = program.add_subcommand("run", "Run an .air file on this machine");
  verb->add_option("model", options->model, "The .air file; weights outside it are looked for beside it")
      ->required();
  verb->add_option("--input", options->single_inputs, "NAME=FILE.npy: one input; may be given for each")
      ->expected(1)
      ->take_all();
  verb->add_option("--inputs", options->inputs, "Inputs under their names, .npz");
  verb->add_option("--output", options->output, "Where the outputs go: .npz, or .npy for a single output")
      ->required();
  verb->add_option("--kernels", options->kernels,
                   "fast, or reference: in the device's arithmetic and rounding")
      ->capture_default_str()
      ->check(CLI::IsMember({"fast", "reference"}));
  verb->add_option("--repeat", options->repeat, "Calls, each of which is timed")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000000));
  verb->add_flag("--json", options->json, "Print JSON");
  verb->footer("Example: airloom run model.air --input x=x.npy --input y=y.npy --output out.npz");
  verb->callback([options, &exit_code] { exit_code = run(*options); });
}

}  // namespace airloom::cli
