// What we infer of loaded graphs is what GE infers of them.

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <airloom/air/load.hpp>
#include <map>
#include <regex>
#include <set>

#include "files.hpp"

namespace al = airloom;

namespace {

/// One output as GE describes it after inference: `DT_FLOAT ND[2,3,]`, with -1 for an unknown size.
struct described {
  al::dtype type = al::dtype::undefined;
  std::vector<std::int64_t> shape;
};
struct described_node {
  std::string type;
  std::vector<described> outputs;
};

/// GE's checker prints bf16 by another name than its files have.
al::dtype type_of_ge(const std::string& name) {
  return name == "DT_BFLOAT16" ? al::bf16 : al::from_name(name);
}

/// The nodes of a line each: `name : Type -> DT_FLOAT ND[2,3,] DT_INT32 ND[2,]`.
std::map<std::string, described_node> nodes_of_ge(const nlohmann::json& verdict) {
  static const std::regex whole{R"((\S+) : (\w+) ->(.*))"}, output{R"((DT_\w+) \w+\[([-0-9,]*)\])"};
  std::map<std::string, described_node> nodes;
  for (const std::string line : verdict.value("nodes", nlohmann::json::array())) {
    std::smatch parts;
    if (!std::regex_match(line, parts, whole)) continue;
    described_node& node = nodes[parts[1]];
    node.type = parts[2];
    const std::string outputs = parts[3];
    for (std::sregex_iterator at{outputs.begin(), outputs.end(), output}, end; at != end; ++at) {
      described& one = node.outputs.emplace_back();
      one.type = type_of_ge(std::string{(*at)[1]});
      std::stringstream sizes{std::string{(*at)[2]}};
      for (std::string size; std::getline(sizes, size, ',');) one.shape.push_back(std::stoll(size));
    }
  }
  return nodes;
}

std::vector<std::int64_t> sizes_of(const al::shape_value& shape) {
  std::vector<std::int64_t> sizes;
  for (std::size_t d = 0; d != shape.rank; ++d)
    sizes.push_back(shape[d].is_constant() ? shape[d].constant() : -1);
  return sizes;
}

bool has_shape(const al::shape_value& ours, const std::vector<std::int64_t>& theirs) {
  if (theirs == std::vector<std::int64_t>{-2}) return !ours.rank_known;
  const std::vector<std::int64_t> sizes = sizes_of(ours);
  if (!ours.rank_known || sizes.size() != theirs.size()) return false;
  for (std::size_t d = 0; d != sizes.size(); ++d)
    if (theirs[d] != -1 && sizes[d] != theirs[d]) return false;  // of a size unknown to GE we may know more
  return true;
}

/// Whether GE's output is ours, or still the one that stood in the file: then GE inferred nothing there.
bool agrees(const al::tensor_description& ours, const al::tensor_description& in_file,
            const described& theirs) {
  return (ours.type == theirs.type || in_file.type == theirs.type) &&
         (has_shape(ours.shape, theirs.shape) || has_shape(in_file.shape, theirs.shape));
}

struct comparison {
  std::size_t outputs = 0;
  std::vector<std::string> differences;
};

/// GE describes an output without sizes when it is a scalar, and also when it has no rule for the operator;
/// what follows such an operator is inferred from nothing.
class compared_graph {
 public:
  compared_graph(const al::graph& g, const al::graph& in_file, const nlohmann::json& verdict)
      : graph_{g}, in_file_{in_file}, theirs_{nodes_of_ge(verdict)} {}

  void compare(const std::string& file, comparison& result) {
    for (const int index : al::topological_order(graph_)) {
      const al::node& node = graph_.nodes[static_cast<std::size_t>(index)];
      if (!is_known_to_ge(node)) {
        unknown_.insert(index);
        continue;
      }
      const auto found = theirs_.find(node.name);
      if (found == theirs_.end()) continue;
      const std::vector<described>& wanted = found->second.outputs;
      for (std::size_t o = 0; o != wanted.size() && o != node.output_descriptions.size(); ++o) {
        if (node.definition == nullptr || node.definition->ir->memory == al::memory_trait::source) continue;
        ++result.outputs;
        // What follows has the type that GE left here, not ours.
        if (node.output_descriptions[o].type != wanted[o].type) unknown_.insert(index);
        const al::node& written = in_file_.nodes[static_cast<std::size_t>(index)];
        if (agrees(node.output_descriptions[o], written.output_descriptions[o], wanted[o])) continue;
        result.differences.push_back(
            fmt::format("{}: output {} of {} ({}): GE says {} {}, we say {} {}", file, o, node.name,
                        node.type, al::name_of(wanted[o].type), fmt::join(wanted[o].shape, ","),
                        al::name_of(node.output_descriptions[o].type),
                        fmt::join(sizes_of(node.output_descriptions[o].shape), ",")));
      }
    }
  }

 private:
  bool is_known_to_ge(const al::node& node) const {
    for (const al::value_reference& input : node.inputs)
      if (unknown_.contains(input.node)) return false;
    const auto found = theirs_.find(node.name);
    if (found == theirs_.end()) return node.type == "Const";  // folded into what reads it
    if (found->second.type != node.type) return false;
    const std::vector<described>& outputs = found->second.outputs;
    for (std::size_t o = 0; o != outputs.size() && o != node.output_descriptions.size(); ++o)
      if (outputs[o].shape.empty() && node.output_descriptions[o].shape.rank != 0) return false;
    return true;
  }

  const al::graph& graph_;
  const al::graph& in_file_;
  std::map<std::string, described_node> theirs_;
  std::set<int> unknown_;
};

comparison compare_all(const char* folder) {
  comparison result;
  const test::fs::path root = test::data() / folder;
  const nlohmann::json verdicts = test::json_of(root / "expected.json");
  for (const auto& [file, verdict] : verdicts.items()) {
    // What is damaged on purpose (cycles among it) is inferred nowhere.
    if (verdict.at("loader") != "accepts" || file.starts_with("damaged/") || !test::fs::exists(root / file))
      continue;
    // Wrong exports, and a format of the chip's own, which has no shape in the file.
    if (file.starts_with("m_cnn_dynamic/") || file.starts_with("m_ln_gelu_ffn_dynamic/") ||
        file.starts_with("u_private_format_"))
      continue;
    const al::graph in_file = test::load_alone(root / file);
    al::graph g = in_file;
    al::infer(g);
    compared_graph{g, in_file, verdict}.compare(file, result);
  }
  return result;
}

}  // namespace

TEST_CASE("inferred shapes and element types are GE's") {
  for (const char* folder : {"ge", "torchair"}) {
    CAPTURE(folder);
    const comparison result = compare_all(folder);
    CHECK(result.outputs >= 10);
    for (const std::string& difference : result.differences) FAIL_CHECK(difference);
  }
}
