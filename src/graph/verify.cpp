#include <fmt/format.h>
#include <airloom/graph/graph.hpp>
#include <set>

#include "graph/contents.hpp"

namespace airloom {

namespace {

/// The kind of an attribute's value, as prototypes name kinds; `none` for a kind that no prototype declares.
struct kind_of_value {
  attribute_kind operator()(std::int64_t) const { return attribute_kind::integer; }
  attribute_kind operator()(float) const { return attribute_kind::real; }
  attribute_kind operator()(bool) const { return attribute_kind::boolean; }
  attribute_kind operator()(const std::string&) const { return attribute_kind::text; }
  attribute_kind operator()(dtype) const { return attribute_kind::element_type; }
  attribute_kind operator()(const tensor_contents&) const { return attribute_kind::tensor; }
  attribute_kind operator()(const std::vector<std::int64_t>&) const { return attribute_kind::integers; }
  attribute_kind operator()(const std::vector<float>&) const { return attribute_kind::reals; }
  attribute_kind operator()(const std::vector<bool>&) const { return attribute_kind::booleans; }
  attribute_kind operator()(const std::vector<std::string>&) const { return attribute_kind::texts; }
  attribute_kind operator()(const std::vector<dtype>&) const { return attribute_kind::element_types; }
  template <class Other>
  attribute_kind operator()(const Other&) const {
    return attribute_kind::none;
  }
};

std::string_view name_of(attribute_kind kind) {
  switch (kind) {
    case attribute_kind::none:
      return "another kind";
    case attribute_kind::integer:
      return "an integer";
    case attribute_kind::real:
      return "a number";
    case attribute_kind::boolean:
      return "true or false";
    case attribute_kind::text:
      return "text";
    case attribute_kind::element_type:
      return "an element type";
    case attribute_kind::integers:
      return "a list of integers";
    case attribute_kind::reals:
      return "a list of numbers";
    case attribute_kind::booleans:
      return "a list of truth values";
    case attribute_kind::texts:
      return "a list of texts";
    case attribute_kind::element_types:
      return "a list of element types";
    case attribute_kind::tensor:
      return "a tensor";
  }
  return {};
}

/// An element type may stand as its number, and the other way round: both forms are in use for one attribute.
bool kinds_agree(attribute_kind declared, attribute_kind given) {
  const auto plain = [](attribute_kind kind) {
    return kind == attribute_kind::element_type ? attribute_kind::integer : kind;
  };
  return plain(declared) == plain(given);
}

class verifying {
 public:
  explicit verifying(const graph& g) : graph_{g} {}

  std::vector<diagnostic> run() {
    check_names();
    bool edges_lead_somewhere = true;
    for (const node& n : graph_.nodes) edges_lead_somewhere = check_edges(n) && edges_lead_somewhere;
    for (const node& n : graph_.nodes) check_against_prototype(n);
    for (const node& n : graph_.nodes) check_contents(n);
    if (edges_lead_somewhere) check_cycles();
    if (edges_lead_somewhere) check_states();
    return std::move(diagnostics_);
  }

 private:
  void say(bool is_error, error_code code, const node& n, std::string message, std::string remedy) {
    diagnostics_.push_back({is_error, code, n.name, std::move(message), std::move(remedy)});
  }

  void check_names() {
    std::set<std::string_view> names;
    for (const node& n : graph_.nodes) {
      if (n.name.empty())
        say(true, error_code::graph_invalid, n, fmt::format("A {} has no name.", n.type),
            "Give every node a name.");
      else if (!names.insert(n.name).second)
        say(true, error_code::graph_invalid, n, "Two nodes have this name.",
            "Rename one of them: edges go by name.");
      if (n.type.empty())
        say(true, error_code::graph_invalid, n, "The node has no operator type.",
            "Write the operator's type.");
    }
  }

  bool leads_somewhere(const value_reference& reference) const {
    if (reference.node < 0) return true;
    if (static_cast<std::size_t>(reference.node) >= graph_.nodes.size()) return false;
    const node& from = graph_.nodes[static_cast<std::size_t>(reference.node)];
    return reference.output >= 0 &&
           static_cast<std::size_t>(reference.output) < from.output_descriptions.size();
  }

  bool check_edges(const node& n) {
    bool all = true;
    for (std::size_t i = 0; i != n.inputs.size(); ++i) {
      if (leads_somewhere(n.inputs[i])) continue;
      all = false;
      say(true, error_code::graph_invalid, n,
          fmt::format("Input {} takes output {} of a node that does not have it.", i, n.inputs[i].output),
          "Point the edge at an output that exists.");
    }
    for (const int control : n.controls) {
      if (control >= 0 && static_cast<std::size_t>(control) < graph_.nodes.size()) continue;
      all = false;
      say(true, error_code::graph_invalid, n, "A control edge comes from no node.",
          "Remove the control edge.");
    }
    return all;
  }

  void check_against_prototype(const node& n) {
    const operator_entry* definition = find_operator(n.type);
    if (definition == nullptr) {
      if (!n.type.empty())
        say(false, error_code::operator_unknown, n, fmt::format("The operator {} is not known here.", n.type),
            "It is kept as it is; it can be saved but not checked or run.");
      return;
    }
    check_ports(n, *definition->ir);
    for (std::size_t i = 0; i != definition->ir->attribute_count; ++i)
      check_attribute(n, definition->ir->attributes[i]);
  }

  void check_ports(const node& n, const prototype& ir) {
    if (ir.memory == memory_trait::source) return;
    for (std::size_t i = 0; i != n.inputs.size(); ++i) {
      const std::size_t port = ir.port_of(i, n.inputs.size());
      if (port >= ir.input_count)
        say(true, error_code::graph_invalid, n,
            fmt::format("{} takes {} inputs but has {}.", n.type, ir.input_count, n.inputs.size()),
            "Remove the inputs that the operator does not have.");
      else if (n.inputs[i].node < 0 && ir.inputs[port].kind == port_kind::required)
        say(true, error_code::graph_invalid, n,
            fmt::format("The required input {} is not fed.", ir.inputs[port].name), "Connect the input.");
    }
    for (std::size_t port = n.inputs.size(); port < ir.input_count; ++port)
      if (ir.inputs[port].kind == port_kind::required && !ir.has_dynamic_input())
        say(true, error_code::graph_invalid, n,
            fmt::format("The required input {} is missing.", ir.inputs[port].name), "Connect the input.");
  }

  void check_attribute(const node& n, const attribute_prototype& declared) {
    const attribute* found = n.find(declared.name);
    if (found == nullptr || found->get<std::monostate>() != nullptr) {
      if (declared.required)
        say(true, error_code::attribute_invalid, n,
            fmt::format("The required attribute '{}' is missing.", declared.name),
            fmt::format("Write '{}': it is {}.", declared.name, name_of(declared.kind)));
      return;
    }
    const attribute_kind given = std::visit(kind_of_value{}, found->value);
    if (!kinds_agree(declared.kind, given))
      say(true, error_code::attribute_invalid, n,
          fmt::format("The attribute '{}' is {} but has to be {}.", declared.name, name_of(given),
                      name_of(declared.kind)),
          "Write the attribute as its prototype declares it.");
  }

  /// GE compares the two when it prepares a graph (VerifyConstOp), to the byte. Contents that lie in a file
  /// and were not read are none.
  void check_contents(const node& n) {
    const attribute* value = n.type == "Const" || n.type == "Constant" ? n.find("value") : nullptr;
    const auto* constant = value == nullptr ? nullptr : value->get<tensor_contents>();
    if (constant == nullptr || (constant->data.size == 0 && n.find("location") != nullptr)) return;
    const std::optional<std::uint64_t> needed = bytes_of(constant->description);
    if (needed && *needed != constant->data.size)
      say(true, error_code::weights_do_not_fit, n,
          fmt::format("Its contents have {} bytes, but its description asks for {}.", constant->data.size,
                      *needed),
          "Give it contents of its element type and shape, and no more.");
  }

  void check_cycles() {
    try {
      static_cast<void>(topological_order(graph_));
    } catch (const error& cycle) {
      diagnostics_.push_back({true, cycle.code(), {}, cycle.happened(), cycle.remedy()});
    }
  }

  /// Each pair names an output and an input that there are, and no input has two. Their shapes are compared
  /// where they are known: by the compiler, and by the engine.
  void check_states() {
    const std::vector<int> inputs = graph_.inputs();
    const std::vector<value_reference> outputs = graph_.outputs();
    std::set<int> updated;
    for (const state_pair& pair : graph_.states) {
      const bool exists = pair.output >= 0 && static_cast<std::size_t>(pair.output) < outputs.size() &&
                          pair.input >= 0 && static_cast<std::size_t>(pair.input) < inputs.size() &&
                          outputs[static_cast<std::size_t>(pair.output)].node >= 0;
      if (!exists)
        say_of_states(fmt::format("Output {} is said to update input {}, but they are not both there.",
                                  pair.output, pair.input));
      else if (!updated.insert(pair.input).second)
        say_of_states(fmt::format("Two outputs are said to update input {}.", pair.input));
    }
  }
  void say_of_states(std::string message) {
    diagnostics_.push_back({true,
                            error_code::graph_invalid,
                            {},
                            std::move(message),
                            "Pair each updated input with the one output that is its new value."});
  }

  const graph& graph_;
  std::vector<diagnostic> diagnostics_;
};

}  // namespace

std::vector<diagnostic> verify(const graph& g) {
  return verifying{g}.run();
}

}  // namespace airloom
