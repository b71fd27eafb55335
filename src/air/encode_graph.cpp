#include <fmt/format.h>
#include <unordered_map>

#include "air/graph_message.hpp"
#include "air/port_names.hpp"
#include "air/wire.hpp"
#include "text.hpp"

namespace airloom::air {

namespace {

bool is_data(std::string_view type) {
  return type == "Data" || type == "RefData" || type == "AippData" || type == "AnnData";
}

/// Edges go by name, and of two nodes with one name a reader takes the later one.
void check_edges(const graph& g) {
  std::unordered_map<std::string_view, int> places;
  for (std::size_t i = 0; i != g.nodes.size(); ++i) places[g.nodes[i].name] = static_cast<int>(i);
  const auto check = [&](const node& n, int source) {
    if (source < 0) return;
    if (static_cast<std::size_t>(source) >= g.nodes.size())
      throw error{error_code::graph_invalid,
                  fmt::format("An edge into {} comes from no node.", in_quotes(n.name)),
                  "Point the edge at a node of the graph."};
    const std::string& name = g.nodes[static_cast<std::size_t>(source)].name;
    if (places[name] != source)
      throw error{error_code::graph_invalid, fmt::format("Two nodes have the name {}.", in_quotes(name)),
                  "Rename one of them: in a file edges go by name."};
  };
  for (const node& n : g.nodes) {
    for (const value_reference& input : n.inputs) check(n, input.node);
    for (const int control : n.controls) check(n, control);
  }
}

/// The AttrDef of an attribute, with the contents of a tensor as a piece of its own.
message_pieces encode_attribute(const attribute_in_file& attribute) {
  if (attribute.contents.size == 0) return message_pieces{serialise(attribute.message)};
  message_pieces tensor{serialise(attribute.message.t())};
  tensor.add_field(ir::TensorDef::kDataFieldNumber, message_pieces{attribute.contents});
  message_pieces message;
  message.add_field(ir::AttrDef::kTFieldNumber, std::move(tensor));
  return message;
}

message_pieces encode_node(const graph& g, const node& n) {
  const gear_view gears = g.gears.view();
  message_pieces message{serialise(head_of(g, n))};
  for (const attribute_in_file& attribute : attributes_in_file(n, gears)) {
    constexpr int key_of_map_entry = 1;
    constexpr int value_of_map_entry = 2;
    message_pieces entry;
    entry.add_field(key_of_map_entry, message_pieces{attribute.name});
    entry.add_field(value_of_map_entry, encode_attribute(attribute));
    message.add_field(ir::OpDef::kAttrFieldNumber, std::move(entry));
  }
  message.add(serialise(tail_of(n, gears)));
  return message;
}

}  // namespace

// hicann/ge, graph_metadef/graph/normal_graph/model.cc.
attribute_map attributes_of_model(const graph& g) {
  attribute_map attributes = g.model_attributes;
  for (const char* name :
       {"memory_size", "p2p_memory_size", "stream_num", "event_num", "label_num", "weight_size"})
    attributes.try_emplace(name, attribute{std::int64_t{0}});
  attributes.try_emplace("target_type", attribute{std::string{"MINI"}});
  return attributes;
}

std::vector<std::string> edge_texts(const graph& g, const node& n) {
  std::vector<std::string> texts;
  for (const value_reference& input : n.inputs)
    texts.push_back(input.node < 0 ? ""
                                   : fmt::format("{}:{}", g.nodes[static_cast<std::size_t>(input.node)].name,
                                                 input.output));
  for (const int control : n.controls)
    texts.push_back(fmt::format("{}:-1", g.nodes[static_cast<std::size_t>(control)].name));
  return texts;
}

bool has_contents_elsewhere(const node& n) {
  if (n.type == "FileConstant") return true;
  return (n.type == "Const" || n.type == "Constant") && n.find("location") != nullptr &&
         n.find("length") != nullptr;
}

ir::OpDef head_of(const graph& g, const node& n) {
  ir::OpDef message;
  message.set_name(n.name);
  message.set_type(n.type);
  for (std::string& text : edge_texts(g, n)) message.add_input(std::move(text));
  return message;
}

std::vector<attribute_in_file> attributes_in_file(const node& n, const gear_view& gears) {
  std::map<std::string, attribute_in_file> sorted;
  attribute_messages names;
  add_port_names(names, n);
  for (const auto& [name, message] : names) sorted[name] = {name, message, {}};
  const bool elsewhere = has_contents_elsewhere(n);
  for (const auto& [name, value] : n.attributes) {
    const bool is_elsewhere = elsewhere && name == "value";
    if (is_elsewhere && n.type == "FileConstant") continue;
    attribute_in_file& written = sorted[name] = {name, {}, {}};
    if (const auto* tensor = value.get<tensor_contents>()) {
      *written.message.mutable_t()->mutable_desc() = encode_description(tensor->description, gears);
      if (!is_elsewhere) written.contents = tensor->data;
    } else {
      written.message = encode_attribute(value, gears);
    }
  }
  std::vector<attribute_in_file> attributes;
  for (auto& [name, written] : sorted) attributes.push_back(std::move(written));
  return attributes;
}

ir::OpDef tail_of(const node& n, const gear_view& gears) {
  ir::OpDef message;
  message.ParseFromString(n.rest);
  for (const auto& description : n.input_descriptions)
    *message.add_input_desc() = encode_description(description, gears);
  for (const auto& description : n.output_descriptions)
    *message.add_output_desc() = encode_description(description, gears);
  for (const std::string& name : n.subgraphs) message.add_subgraph_name(name);
  return message;
}

ir::GraphDef head_of(const graph& g) {
  check_edges(g);
  ir::GraphDef head;
  head.ParseFromString(g.rest);
  head.set_name(g.name);
  for (const node& n : g.nodes)
    if (is_data(n.type)) head.add_input(n.name + ":0");
  return head;
}

ir::GraphDef tail_of(const graph& g) {
  ir::GraphDef tail;
  for (const auto& [name, value] : g.attributes)
    (*tail.mutable_attr())[name] = encode_attribute(value, g.gears.view());
  return tail;
}

message_pieces encode_graph(const graph& g) {
  message_pieces message{serialise(head_of(g))};
  for (const node& n : g.nodes) message.add_field(ir::GraphDef::kOpFieldNumber, encode_node(g, n));
  message.add(serialise(tail_of(g)));
  return message;
}

ir::GraphDef encode_graph_message(const graph& g) {
  std::string bytes;
  encode_graph(g).write([&bytes](std::span<const std::byte> piece) { append_bytes(bytes, piece); });
  ir::GraphDef message;
  message.ParseFromString(bytes);
  return message;
}

}  // namespace airloom::air
