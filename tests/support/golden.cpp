#include "golden.hpp"

#include <fmt/format.h>
#include <Eigen/Core>
#include <airloom/graph/plumbing.hpp>
#include <airloom/weights/npz.hpp>
#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "data.hpp"
#include "graphs.hpp"

namespace test {

namespace {

using airloom::attribute_kind;
using airloom::dtype;
using nlohmann::json;

using arrays = std::vector<airloom::weights::named_array>;

const airloom::weights::array& find(const arrays& all, const std::string& key) {
  const airloom::weights::array* found = airloom::weights::find(all, key);
  if (found == nullptr) throw std::runtime_error{"no array named " + key};
  return *found;
}

// --- reading ---

template <class T>
airloom::blob bytes_of(const std::vector<std::int64_t>& values) {
  const std::vector<T> narrowed(values.begin(), values.end());
  return airloom::blob::copy_of(std::as_bytes(std::span{narrowed}));
}

golden_input read_input(const json& description, const arrays& all) {
  golden_input input;
  input.name = description.at("name");
  input.fed = description.value("fed", true);
  if (!input.fed) return input;
  input.type = airloom::from_name(description.at("dtype").get<std::string>());
  if (description.contains("array")) {
    const airloom::weights::array& array = find(all, description["array"]);
    input.shape = array.shape;
    input.data = array.bytes;
  } else {
    input.shape = description.at("shape").get<std::vector<std::int64_t>>();
    if (description.contains("value") && airloom::types::index.contains(input.type)) {
      const auto values = description["value"].get<std::vector<std::int64_t>>();
      input.data = input.type == dtype::i32 ? bytes_of<std::int32_t>(values) : bytes_of<std::int64_t>(values);
    }
  }
  return input;
}

golden_tolerance read_tolerance(const json& compare) {
  golden_tolerance tolerance;
  const std::string kind = compare.at("kind");
  if (kind == "ulp")
    tolerance = {golden_tolerance::kind::ulp, compare.at("max"), 0, 0, false};
  else if (kind == "close")
    tolerance = {golden_tolerance::kind::close, 0, compare.at("rtol"), compare.at("atol"), false};
  tolerance.signed_zero = compare.value("signed_zero", false);
  return tolerance;
}

golden_output read_output(const json& description, const json& compare, const arrays& all) {
  golden_output output;
  output.name = description.at("name");
  output.type = airloom::from_name(description.at("dtype").get<std::string>());
  output.shape = description.at("shape").get<std::vector<std::int64_t>>();
  output.tolerance = read_tolerance(description.value("compare", compare));
  if (description.contains("array")) output.want = find(all, description["array"]);
  return output;
}

airloom::attribute::value_type read_attribute(const json& value, attribute_kind kind) {
  switch (kind) {
    case attribute_kind::integer:
      return value.get<std::int64_t>();
    case attribute_kind::real:
      return value.get<float>();
    case attribute_kind::boolean:
      return value.get<bool>();
    case attribute_kind::text:
      return value.get<std::string>();
    case attribute_kind::element_type:
      return airloom::from_ge_number(value.get<std::int64_t>());
    case attribute_kind::integers:
      return value.get<std::vector<std::int64_t>>();
    default:
      throw std::runtime_error{"an attribute of a kind that no golden case has"};
  }
}

airloom::attribute_map read_attributes(const json& given, const airloom::prototype& ir) {
  airloom::attribute_map attributes;
  for (const auto& [name, value] : given.items()) {
    const airloom::attribute_prototype* declared = ir.find_attribute(name);
    if (declared == nullptr) throw std::runtime_error{fmt::format("{} has no attribute {}", ir.type, name)};
    attributes[name].value = read_attribute(value, declared->kind);
  }
  return attributes;
}

golden_case read_case(const json& description, const airloom::prototype& ir, const arrays& all) {
  golden_case golden;
  golden.name = description.at("name");
  golden.why = description.value("why", "");
  for (const json& input : description.at("inputs")) golden.inputs.push_back(read_input(input, all));
  golden.attributes = read_attributes(description.at("attributes"), ir);
  if (description.contains("outputs"))
    for (const json& output : description["outputs"])
      golden.outputs.push_back(
          read_output(output, description.value("compare", json{{"kind", "exact"}}), all));
  return golden;
}

// --- comparing ---

double as_double(dtype type, const std::byte* element) {
  const auto read = [element](auto value) {
    std::memcpy(&value, element, sizeof(value));
    return value;
  };
  switch (type) {
    case dtype::f16:
      return static_cast<double>(read(Eigen::half{}));
    case dtype::bf16:
      return static_cast<double>(read(Eigen::bfloat16{}));
    case dtype::f32:
      return read(float{});
    default:
      return read(double{});
  }
}

/// The distance between neighbours at `want` in this element type.
double unit_in_last_place(dtype type, double want) {
  const int digits = type == dtype::f64 ? 53 : type == dtype::f32 ? 24 : type == dtype::f16 ? 11 : 8;
  const int least = type == dtype::f64 ? -1022 : type == dtype::f16 ? -14 : -126;
  const int exponent = want == 0 ? least : std::max(std::ilogb(want), least);
  return std::ldexp(1.0, exponent - (digits - 1));
}

bool near(const golden_tolerance& tolerance, dtype type, double got, double want) {
  if (std::isnan(got) || std::isnan(want)) return std::isnan(got) && std::isnan(want);
  if (got == want) return !tolerance.signed_zero || std::signbit(got) == std::signbit(want);
  if (std::isinf(got) || std::isinf(want)) return false;
  switch (tolerance.how) {
    case golden_tolerance::kind::exact:
      return false;
    case golden_tolerance::kind::ulp:
      return std::abs(got - want) <= tolerance.ulps * unit_in_last_place(type, want);
    case golden_tolerance::kind::close:
      return std::abs(got - want) <= tolerance.absolute + tolerance.relative * std::abs(want);
  }
  return false;
}

airloom::shape_value shape_of(const std::vector<std::int64_t>& sizes) {
  if (sizes.size() > airloom::max_rank)
    throw airloom::error{airloom::error_code::rank_unsupported, "The case has more dimensions than a shape.",
                         "Expect a refusal."};
  airloom::shape_value result;
  for (const std::int64_t size : sizes) result.push(size);
  return result;
}

/// A port that takes nothing but i32 or i64 says axes, sizes or counts, unless it picks elements.
bool reads_contents(const airloom::input_port& port) {
  return (port.accepts | airloom::types::index) == airloom::types::index && port.name != "indices" &&
         port.name != "index";
}

}  // namespace

std::vector<std::string> golden_operators() {
  std::vector<std::string> types;
  for (const auto& entry : std::filesystem::directory_iterator{data() / "operators"})
    if (entry.path().extension() == ".json" && entry.path().stem() != "index")
      types.push_back(entry.path().stem().string());
  std::sort(types.begin(), types.end());
  return types;
}

golden_file read_golden(const airloom::prototype& ir) {
  const std::filesystem::path path = data() / "operators" / std::string{ir.type};
  const json file = json::parse(std::ifstream{path.string() + ".json"});
  const arrays all = airloom::weights::read_npz(path.string() + ".npz");
  golden_file golden;
  for (const json& one : file.at("cases")) golden.cases.push_back(read_case(one, ir, all));
  for (const json& one : file.at("refused")) golden.refused.push_back(read_case(one, ir, all));
  return golden;
}

airloom::graph golden_graph(const golden_case& golden, const airloom::prototype& ir) {
  graph_builder builder;
  std::vector<int> inputs;
  for (std::size_t i = 0; i != golden.inputs.size(); ++i) {
    const golden_input& input = golden.inputs[i];
    const std::size_t port = ir.port_of(i, golden.inputs.size());
    if (!input.fed)
      inputs.push_back(-1);
    else if (input.data && port < ir.input_count && reads_contents(ir.inputs[port]))
      inputs.push_back(builder.constant(input.name, input.type, shape_of(input.shape), *input.data));
    else
      inputs.push_back(builder.input(input.name, input.type, shape_of(input.shape)));
  }
  const std::size_t outputs = golden.outputs.empty() ? ir.output_count : golden.outputs.size();
  const int node = builder.node(std::string{ir.type}, inputs, golden.attributes, outputs);
  builder.result({node});
  return std::move(builder.g);
}

std::string difference(const golden_output& golden, std::span<const std::byte> got) {
  const bool floating = airloom::types::floats.contains(golden.type);
  const airloom::weights::array& want = *golden.want;
  const std::size_t width = airloom::bytes_for(golden.type, 1);
  const std::size_t want_width = airloom::bytes_for(want.type, 1);
  const std::size_t count = want.bytes.size / want_width;
  if (got.size() != count * width) return fmt::format("{} bytes instead of {}", got.size(), count * width);
  for (std::size_t i = 0; i != count; ++i) {
    const std::byte* element = got.data() + i * width;
    const std::byte* wanted = want.bytes.data + i * want_width;
    if (!floating && std::memcmp(element, wanted, width) != 0)
      return fmt::format("element {} of {} differs", i, count);
    if (floating &&
        !near(golden.tolerance, golden.type, as_double(golden.type, element), as_double(want.type, wanted)))
      return fmt::format("element {} of {} is {} instead of {}", i, count, as_double(golden.type, element),
                         as_double(want.type, wanted));
  }
  return {};
}

}  // namespace test
