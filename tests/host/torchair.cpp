// What real TorchAir exported, run on the host, gives the numbers that PyTorch gave.

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <airloom/air/load.hpp>
#include <airloom/host/engine.hpp>
#include <airloom/weights/npz.hpp>
#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "support/data.hpp"
#include "support/golden.hpp"

namespace al = airloom;
namespace fs = std::filesystem;
using al::host::kernels;
using nlohmann::json;

namespace {

// --- the cases

using arrays = std::vector<al::weights::named_array>;

struct torchair_case {
  fs::path folder;
  json description;
  arrays inputs;
  arrays weights;
  arrays expected;

  explicit torchair_case(const fs::path& path)
      : folder{path},
        description(json::parse(std::ifstream{path / "case.json"})),
        inputs{al::weights::read_npz((path / "inputs.npz").string())},
        weights{al::weights::read_npz((path / "weights.npz").string())},
        expected{al::weights::read_npz((path / "expected.npz").string())} {}
};

/// All cases with numbers, by name.
std::vector<fs::path> folders_of_cases() {
  std::vector<fs::path> folders;
  for (const auto& entry : fs::directory_iterator{test::data() / "torchair"})
    if (fs::exists(entry.path() / "expected.npz")) folders.push_back(entry.path());
  std::sort(folders.begin(), folders.end());
  return folders;
}

// --- running

const json& description_of_input(const torchair_case& one, const std::string& input) {
  for (const json& described : one.description.at("p_inputs"))
    if (described.at("op") == input) return described;
  throw std::runtime_error{"nothing is said of the input " + input};
}

/// What feeds an input of the graph: an input of the model ("input x"), a weight that the export left outside
/// ("weight fc.bias"), or a Python number ("value 7").
al::weights::array source_of(const torchair_case& one, const std::string& input) {
  const std::string source = description_of_input(one, input).at("source");
  const std::string name = source.substr(source.find(' ') + 1);
  if (source.starts_with("value ")) {
    const std::int64_t number = std::stoll(name);
    return {al::i64, {}, al::blob::copy_of(std::as_bytes(std::span{&number, 1}))};
  }
  const al::weights::array* found =
      al::weights::find(source.starts_with("input ") ? one.inputs : one.weights, name);
  if (found == nullptr) throw std::runtime_error{"nothing feeds " + input};
  return *found;
}

std::set<std::string> missing_operators(const al::graph& g) {
  std::set<std::string> missing;
  for (const al::node& node : g.nodes)
    if (al::find_operator(node.type) == nullptr) missing.insert(node.type);
  return missing;
}

bool has_one_file_twice(const al::graph& g) {
  std::set<std::string> paths;
  for (const al::node& node : g.nodes)
    if (node.type == "FileConstant" && !paths.insert(*node.find("file_path")->get<std::string>()).second)
      return true;
  return false;
}

/// Whether a tensor lies in a format of the chip's own (29 is FRACTAL_NZ), in which the file gives it no
/// shape.
bool is_private(const al::tensor_description& description) {
  const auto format = description.attributes.find("format_for_int");
  return format != description.attributes.end() && *format->second.get<std::int64_t>() == 29;
}

/// Why a case cannot give PyTorch's numbers here; empty where it has to.
std::string reason_not_to_run(const torchair_case& one, const al::graph& g) {
  if (one.description.contains("ranks")) return "of several ranks";
  if (one.description.value("semantically_wrong_export", false)) return "wrong export";
  if (has_one_file_twice(g)) return "one weight's file overwrote another's";
  const std::set<std::string> missing = missing_operators(g);
  if (!missing.empty()) return fmt::format("lacks {}", fmt::join(missing, ", "));
  for (const al::node& node : g.nodes) {
    if (node.type != "Data") continue;
    if (is_private(node.output_descriptions[0])) return "an input in a private format";
    if (description_of_input(one, node.name).at("source") == "added by TorchAir") return "sizes as inputs";
  }
  return {};
}

/// The bytes of an array where they are aligned for every type.
std::vector<std::max_align_t> aligned(const al::blob& bytes) {
  std::vector<std::max_align_t> copy(bytes.size / sizeof(std::max_align_t) + 1);
  if (bytes.size != 0) std::memcpy(copy.data(), bytes.data, bytes.size);
  return copy;
}

struct result {
  al::host::tensor_port port;
  std::vector<std::max_align_t> memory;

  std::span<const std::byte> bytes() const {
    return {reinterpret_cast<const std::byte*>(memory.data()), port.bytes(0)};
  }
};

/// Specialises the graph to the sample inputs and runs it.
std::vector<result> run(const torchair_case& one, const al::graph& g, kernels kind) {
  std::map<std::string, std::vector<std::int64_t>> shapes;
  for (const al::node& node : g.nodes)
    if (node.type == "Data" || node.type == "RefData") shapes[node.name] = source_of(one, node.name).shape;
  const al::host::engine ready{al::specialise(g, shapes), {kind}};
  std::vector<std::vector<std::max_align_t>> memory;
  std::vector<al::host::input_buffer> in;
  for (const al::host::tensor_port& port : ready.inputs()) {
    const al::weights::array source = source_of(one, port.name);
    memory.push_back(aligned(source.bytes));
    in.emplace_back(memory.back().data(), source.bytes.size, port.type);
  }
  std::vector<result> results;
  std::vector<al::host::output_buffer> out;
  for (const al::host::tensor_port& port : ready.outputs()) {
    results.push_back({port, std::vector<std::max_align_t>(port.bytes(0) / sizeof(std::max_align_t) + 1)});
    out.emplace_back(results.back().memory.data(), port.bytes(0), port.type);
  }
  const al::host::status verdict = ready.make_context().run({}, in, out);
  if (!verdict.ok()) throw std::runtime_error{verdict.message()};
  return results;
}

// --- comparing

/// The names of the model's outputs in expected.npz, by place among the graph's outputs. What is returned as
/// a view of an input, or as a plain number, is in no graph.
std::map<std::size_t, std::string> names_of_outputs(const json& description) {
  std::map<std::size_t, std::string> names;
  for (const json& output : description.at("fx_outputs"))
    if (output.contains("netoutput"))
      names[output["netoutput"]] = fmt::format("out{}", output.at("fx_output").get<int>());
  // Tensors changed in place are written last, in the order in which the case names them.
  std::set<std::size_t> written;
  for (const auto& [place, input] : description.at("netoutput_ref_input").items())
    written.insert(std::stoul(place));
  auto place = written.begin();
  for (const json& changed : description.at("mutated"))
    if (place != written.end()) names[*place++] = "after." + changed.get<std::string>();
  return names;
}

double unit_roundoff(al::dtype type) {
  return type == al::f64 ? 0x1p-53 : type == al::f32 ? 0x1p-24 : type == al::f16 ? 0x1p-11 : 0x1p-8;
}

template <class T>
double largest_magnitude(const al::blob& bytes) {
  double largest = 0;
  for (std::size_t i = 0; i != bytes.size / sizeof(T); ++i) {
    T value;
    std::memcpy(&value, bytes.data + i * sizeof(T), sizeof(T));
    largest = std::max(largest, std::abs(static_cast<double>(value)));
  }
  return largest;
}
double largest_magnitude(const al::weights::array& values) {
  if (values.type == al::f64) return largest_magnitude<double>(values.bytes);
  if (values.type == al::f32) return largest_magnitude<float>(values.bytes);
  return 1;  // of f16 and bf16, which these models hold near 1
}

/// PyTorch computed in the element type of the model, as we do, but in another order: both are some roundings
/// away from the exact result, each of at most the unit roundoff of a value no larger than the largest of the
/// output. Chains of these models have fewer than `roundings` of them. TorchAir writes torch's erf gelu as
/// Gelu, the tanh form, which differs by up to 4.7e-4 a value; the linear layer behind it weakens that.
test::golden_tolerance tolerance_for(const al::weights::array& want, al::dtype type, bool has_tanh_gelu) {
  constexpr double roundings = 16;
  test::golden_tolerance tolerance{test::golden_tolerance::kind::close};
  tolerance.absolute =
      roundings * unit_roundoff(type) * largest_magnitude(want) + (has_tanh_gelu ? 4.7e-4 : 0);
  return tolerance;
}

void compare(const torchair_case& one, const std::vector<result>& results) {
  const bool has_tanh_gelu = one.description.at("op_types").contains("Gelu");
  const std::map<std::size_t, std::string> names = names_of_outputs(one.description);
  CHECK(names.size() == results.size());
  for (const auto& [place, name] : names) {
    CAPTURE(name);
    REQUIRE(place < results.size());
    al::weights::array want = *al::weights::find(one.expected, name);
    const al::host::tensor_port& port = results[place].port;
    CHECK(port.shapes[0] == want.shape);
    // bf16 and the 8-bit floats are stored as bit patterns.
    if (al::bytes_for(want.type, 1) == al::bytes_for(port.type, 1)) want.type = port.type;
    REQUIRE(want.type == port.type);
    const test::golden_output golden{name, port.type, want.shape, want,
                                     tolerance_for(want, port.type, has_tanh_gelu)};
    const std::string wrong = test::difference(golden, results[place].bytes());
    if (!wrong.empty()) FAIL_CHECK(wrong);
  }
}

/// Runs what TorchAir handed over and what GE saved of it, with both kinds of kernels.
void run_case(const torchair_case& one) {
  for (const std::string file : {"P.pb", "export.air"})
    for (const kernels kind : {kernels::reference, kernels::fast}) {
      CAPTURE(file);
      CAPTURE(static_cast<int>(kind));
      const al::graph g = al::air::load(one.folder / file, {.weights_folder = one.folder / "files"});
      CHECK_NOTHROW(compare(one, run(one, g, kind)));
    }
}

}  // namespace

TEST_CASE("TorchAir's exports give PyTorch's numbers") {
  std::map<std::string, std::string> not_run;
  for (const fs::path& folder : folders_of_cases()) {
    const std::string name = folder.filename().string();
    CAPTURE(name);
    const torchair_case one{folder};
    const std::string reason = reason_not_to_run(
        one, al::air::load(folder / "export.air", {.weights_folder = {}, .read_weights = false}));
    if (reason.empty())
      run_case(one);
    else
      not_run[name] = reason;
  }
  // Every other case runs: this list cannot grow by itself.
  const std::map<std::string, std::string> explained{
      {"ex3_allreduce_2rank", "of several ranks"},
      {"ex3_allreduce_2rank_static_nojson", "of several ranks"},
      {"m_cnn_dynamic", "wrong export"},
      {"m_ln_gelu_ffn_dynamic", "wrong export"},
      {"r_collectives_2rank", "of several ranks"},
      {"r_subgroups_2rank", "of several ranks"},
      {"r_subgroups_4rank", "of several ranks"},
      {"u_e5_allreduce_groups_2rank", "of several ranks"},
      {"u_e6_reduce_scatter_2rank", "of several ranks"},
      {"u_private_format_npu", "an input in a private format"},
      {"u_sym_pack", "sizes as inputs"},
      {"w_tied_and_collision", "one weight's file overwrote another's"},
      {"w_view_of_storage", "wrong export"},
  };
  for (const auto& [name, reason] : not_run) {
    CAPTURE(name);
    CAPTURE(reason);
    CHECK(explained.contains(name));
    if (explained.contains(name)) CHECK(explained.at(name) == reason);
  }
  CHECK(not_run.size() == explained.size());
}
