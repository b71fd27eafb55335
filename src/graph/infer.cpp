#include <fmt/format.h>
#include <airloom/graph/graph.hpp>
#include <airloom/graph/rule.hpp>
#include <cstring>
#include <set>

#include "graph/words.hpp"

namespace airloom {

namespace {

/// A tensor that a rule may want to read is a shape or a list of axes: no longer than this.
constexpr std::size_t max_contents = 64;

/// The integers of a small constant; false where it is no such constant.
bool read_contents(const tensor_contents& constant, std::vector<extent>& contents) {
  const dtype type = constant.description.type;
  if (type != dtype::i32 && type != dtype::i64) return false;
  const std::size_t width = type == dtype::i32 ? 4 : 8;
  const std::size_t count = constant.data.size / width;
  if (count > max_contents) return false;
  contents.clear();
  for (std::size_t i = 0; i != count; ++i) {
    std::int64_t wide = 0;
    std::int32_t narrow = 0;
    std::memcpy(width == 4 ? static_cast<void*>(&narrow) : &wide, constant.data.data + i * width, width);
    contents.emplace_back(width == 4 ? narrow : wide);
  }
  return true;
}

/// Writes one attribute into the light form where the rule can read it; a kind that the prototype does not
/// declare is left out (verify() reports it), and the default holds.
struct light_attribute {
  attribute_list& list;
  std::string_view name;
  attribute_kind declared;

  void operator()(std::int64_t value) const {
    if (declared == attribute_kind::element_type)
      list(name, from_ge_number(value));
    else if (declared == attribute_kind::integer)
      list(name, value);
  }
  void operator()(dtype value) const {
    if (declared == attribute_kind::integer)
      list(name, std::int64_t{ge_number(value)});
    else if (declared == attribute_kind::element_type)
      list(name, value);
  }
  void operator()(float value) const {
    if (declared == attribute_kind::real) list(name, static_cast<double>(value));
  }
  void operator()(bool value) const {
    if (declared == attribute_kind::boolean) list(name, value);
  }
  void operator()(const std::string& value) const {
    if (declared == attribute_kind::text) list(name, std::string_view{value});
  }
  void operator()(const std::vector<std::int64_t>& values) const {
    if (declared == attribute_kind::integers) list.integers_at(name, values.data(), values.size());
  }
  template <class Other>
  void operator()(const Other&) const {
    // Rules do not read these; that the attribute is there is enough.
    if (declared == attribute_kind::tensor) list(name, std::int64_t{0});
  }
};

class inferring {
 public:
  explicit inferring(graph& g) : graph_{g} {}

  std::vector<diagnostic> run() {
    for (const int index : topological_order(graph_))
      infer_node(graph_.nodes[static_cast<std::size_t>(index)]);
    return std::move(diagnostics_);
  }

 private:
  /// Whether an input comes from an operator without a prototype, or from one behind it. What a file says of
  /// such a value is not to be trusted (TorchAir describes helper operators as DT_FLOAT without a shape), so
  /// no rule runs.
  bool follows_unknown(const node& n) {
    for (const value_reference& input : n.inputs) {
      if (input.node < 0) continue;
      const node& from = graph_.nodes[static_cast<std::size_t>(input.node)];
      if (from.definition != nullptr && !unknown_.contains(&from)) continue;
      unknown_.insert(&n);
      return true;
    }
    return false;
  }

  void infer_node(node& n) {
    if (n.definition == nullptr) n.definition = find_operator(n.type);
    n.contents.clear();
    n.contents_known = false;
    if (n.definition == nullptr || n.type == "NetOutput") return;
    if (follows_unknown(n)) return;
    if (n.definition->ir->memory == memory_trait::source)
      infer_source(n);
    else
      apply_rule(n);
  }

  void infer_source(node& n) {
    if (n.output_descriptions.empty()) return;
    tensor_description& output = n.output_descriptions[0];
    if (n.type == "Const") {
      const attribute* value = n.find("value");
      const tensor_contents* constant = value == nullptr ? nullptr : value->get<tensor_contents>();
      if (constant == nullptr) return;
      output.type = constant->description.type;
      output.shape = constant->description.shape;
      n.contents_known = read_contents(*constant, n.contents);
    } else if (n.type == "FileConstant") {
      infer_file_constant(n, output);
    } else if (!n.input_descriptions.empty()) {
      // ATC reads a Data's size from its input description (hicann/ge, api/atc).
      output.type = n.input_descriptions[0].type;
      output.shape = n.input_descriptions[0].shape;
    }
  }

  void infer_file_constant(const node& n, tensor_description& output) {
    const attribute* shape = n.find("shape");
    const attribute* type = n.find("dtype");
    if (shape == nullptr || type == nullptr) return;
    if (const auto* dims = shape->get<std::vector<std::int64_t>>();
        dims != nullptr && dims->size() <= max_rank) {
      output.shape = {};
      for (const std::int64_t dim : *dims) output.shape.push(dim);
    }
    if (const auto* element = type->get<dtype>())
      output.type = *element;
    else if (const auto* number = type->get<std::int64_t>())
      output.type = from_ge_number(*number);
  }

  void apply_rule(node& n) {
    const attribute_list attributes = read_attributes(n);
    const std::vector<inference_input> inputs = read_inputs(n);
    std::vector<shape_value> shapes(n.output_descriptions.size());
    std::vector<dtype> types(n.output_descriptions.size(), dtype::undefined);
    std::vector<extent> contents(max_contents);
    inference_outputs outputs{shapes.data(), types.data(), shapes.size(), contents.data(), max_contents};
    const gear_view gears = graph_.gears.view();
    inference rule{*n.definition->ir, gears, inputs.data(), inputs.size(), attributes, outputs};
    rule.run();
    if (!rule.holds()) {
      report(n, rule.found());
      return;
    }
    for (std::size_t i = 0; i != shapes.size(); ++i) {
      n.output_descriptions[i].shape = shapes[i];
      n.output_descriptions[i].type = types[i];
    }
    n.contents_known = outputs.has_values;
    n.contents.assign(contents.begin(), contents.begin() + static_cast<std::ptrdiff_t>(outputs.value_count));
  }

  static attribute_list read_attributes(const node& n) {
    attribute_list list;
    for (std::size_t i = 0; i != n.definition->ir->attribute_count; ++i) {
      const attribute_prototype& declared = n.definition->ir->attributes[i];
      const attribute* found = n.find(declared.name);
      if (found != nullptr && found->get<std::monostate>() == nullptr)
        std::visit(light_attribute{list, declared.name, declared.kind}, found->value);
    }
    return list;
  }

  std::vector<inference_input> read_inputs(const node& n) const {
    std::vector<inference_input> inputs;
    for (const value_reference& reference : n.inputs) {
      inference_input input;
      if (reference.node >= 0) {
        const node& from = graph_.nodes[static_cast<std::size_t>(reference.node)];
        const tensor_description& description =
            from.output_descriptions[static_cast<std::size_t>(reference.output)];
        input = {true, description.type, &description.shape};
        if (from.contents_known && reference.output == 0) {
          input.values = from.contents.data();
          input.value_count = from.contents.size();
        }
      }
      inputs.push_back(input);
    }
    return inputs;
  }

  void report(const node& n, const finding& found) {
    const bool about_types = found.need == relation::same_dtype || found.need == relation::dtype_accepted;
    const error_code code = about_types                             ? error_code::dtype_mismatch
                            : found.need == relation::attribute_set ? error_code::attribute_invalid
                                                                    : error_code::shape_mismatch;
    const std::string where =
        n.where.file.empty() ? "" : fmt::format(" It was written at {}:{}.", n.where.file, n.where.line);
    diagnostics_.push_back(
        {true, code, n.name,
         fmt::format("{}: {}{}", n.type, words_of(found, *n.definition, graph_.gears), where),
         fmt::format("Change one of the two sides; docs/operators.md says what {} needs.", n.type)});
  }

  graph& graph_;
  std::vector<diagnostic> diagnostics_;
  std::set<const node*> unknown_;
};

}  // namespace

std::vector<diagnostic> infer(graph& g) {
  return inferring{g}.run();
}

}  // namespace airloom
