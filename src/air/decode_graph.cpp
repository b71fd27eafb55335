#include <fmt/format.h>
#include <cstdlib>
#include <optional>
#include <unordered_map>

#include "air/messages.hpp"
#include "air/origin.hpp"
#include "air/port_names.hpp"
#include "text.hpp"

namespace airloom::air {

namespace {

/// "name:2" is output 2 of `name`, "name:-1" a control edge. The last colon separates; a number that cannot
/// be read is 0, as strtol gives it to GE.
struct edge_text {
  std::string_view node;
  long output;
};

std::optional<edge_text> read_edge(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) return std::nullopt;
  return edge_text{std::string_view{text}.substr(0, colon),
                   std::strtol(text.c_str() + colon + 1, nullptr, 10)};
}

[[noreturn]] void refuse(const std::string& happened, const std::string& remedy) {
  throw error{error_code::air_malformed, happened, remedy};
}

class graph_decoding {
 public:
  graph_decoding(ir::GraphDef& message, const std::vector<blob>* contents)
      : message_{message}, contents_{contents} {}

  graph run() {
    result_.name = std::move(*message_.mutable_name());
    result_.nodes.reserve(static_cast<std::size_t>(message_.op_size()));
    for (ir::OpDef& op : *message_.mutable_op()) add_node(op);
    for (int i = 0; i != message_.op_size(); ++i)
      connect(message_.op(i), result_.nodes[static_cast<std::size_t>(i)]);
    check_names(message_.input(), "input");
    check_names(message_.output(), "output");
    result_.attributes = decode_attributes(*message_.mutable_attr(), contents_);
    keep_rest();
    return std::move(result_);
  }

 private:
  // --- nodes ---

  void add_node(ir::OpDef& op) {
    try {
      result_.nodes.push_back(decode_node(op));
    } catch (const error& e) {
      throw at_node(op.name(), op.type(), e);
    }
    // Of two nodes with one name, edges lead to the later one, as in GE; verify() reports them.
    places_[result_.nodes.back().name] = static_cast<int>(result_.nodes.size() - 1);
  }

  node decode_node(ir::OpDef& op) {
    node n;
    n.name = op.name();
    n.type = op.type();
    n.definition = find_operator(n.type);
    n.input_descriptions = decode_descriptions(*op.mutable_input_desc());
    n.output_descriptions = decode_descriptions(*op.mutable_output_desc());
    take_port_names(*op.mutable_attr(), n);
    n.attributes = decode_attributes(*op.mutable_attr(), contents_);
    n.where = read_source_line(n.attributes);
    n.subgraphs.assign(op.subgraph_name().begin(), op.subgraph_name().end());
    n.rest = rest_of(op);
    return n;
  }

  static std::vector<tensor_description> decode_descriptions(
      google::protobuf::RepeatedPtrField<ir::TensorDescriptor>& messages) {
    std::vector<tensor_description> descriptions;
    descriptions.reserve(static_cast<std::size_t>(messages.size()));
    for (auto& message : messages) descriptions.push_back(decode_description(message));
    return descriptions;
  }

  /// What neither the node nor its edges say. Leaves the edges in the message for connect().
  static std::string rest_of(ir::OpDef& op) {
    google::protobuf::RepeatedPtrField<std::string> inputs;
    inputs.Swap(op.mutable_input());
    op.clear_name();
    op.clear_type();
    op.clear_attr();
    op.clear_input_desc();
    op.clear_output_desc();
    op.clear_subgraph_name();
    const std::string rest = serialise(op);
    inputs.Swap(op.mutable_input());
    return rest;
  }

  // --- edges ---

  void connect(const ir::OpDef& op, node& n) {
    n.inputs.assign(n.input_descriptions.size(), value_reference{});
    std::size_t input = 0;
    try {
      for (const std::string& text : op.input()) {
        const std::optional<edge_text> edge = read_edge(text);
        if (!edge && !text.empty())
          refuse(fmt::format("The input {} names no output.", in_quotes(text)), "Write it as 'name:0'.");
        if (edge && edge->output < 0)
          n.controls.push_back(place_of(edge->node));
        else
          connect_data(n, input++, edge);
      }
    } catch (const error& e) {
      throw at_node(n.name, n.type, e);
    }
  }

  void connect_data(node& n, std::size_t input, const std::optional<edge_text>& edge) const {
    if (!edge) return;
    if (input >= n.inputs.size())
      refuse(fmt::format("Input {} has no description; there are {}.", input, n.inputs.size()),
             "Give every data input a description.");
    const int from = place_of(edge->node);
    const std::size_t outputs = result_.nodes[static_cast<std::size_t>(from)].output_descriptions.size();
    if (static_cast<unsigned long>(edge->output) >= outputs)
      refuse(fmt::format("Input {} takes output {} of {}, which has {}.", input, edge->output,
                         in_quotes(edge->node), outputs),
             "Point the edge at an output that exists.");
    n.inputs[input] = {from, static_cast<int>(edge->output)};
  }

  int place_of(std::string_view name) const {
    const auto found = places_.find(name);
    if (found == places_.end())
      refuse(fmt::format("An edge comes from {}, and no node has this name.", in_quotes(name)),
             "Add the node or remove the edge.");
    return found->second;
  }

  void check_names(const google::protobuf::RepeatedPtrField<std::string>& list, std::string_view side) const {
    for (const std::string& text : list) {
      const std::optional<edge_text> edge = read_edge(text);
      if (edge && !places_.contains(edge->node))
        refuse(fmt::format("The graph names {} as an {}, and no node has this name.", in_quotes(edge->node),
                           side),
               "Remove it from the graph's list or add the node.");
    }
  }

  // --- the graph itself ---

  void keep_rest() {
    message_.clear_name();
    message_.clear_input();
    message_.clear_op();
    message_.clear_attr();
    result_.rest = serialise(message_);
  }

  ir::GraphDef& message_;
  const std::vector<blob>* contents_;
  graph result_;
  std::unordered_map<std::string_view, int> places_;  // keys are the names in result_.nodes, which never move
};

}  // namespace

graph decode_graph(ir::GraphDef& message, const std::vector<blob>* contents) {
  return graph_decoding{message, contents}.run();
}

}  // namespace airloom::air
