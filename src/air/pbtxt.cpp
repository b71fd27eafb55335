#include <airloom/air/pbtxt.hpp>

#include <fmt/format.h>
#include <google/protobuf/text_format.h>
#include <algorithm>
#include <array>
#include <sstream>

#include "air/formats.hpp"
#include "air/graph_message.hpp"
#include "air/port_names.hpp"

namespace airloom::air {

namespace {

// --- escaping ---

/// A character as it stands in a Python literal of bytes. Text form has a ' only within a pair of ", so
/// Python always chooses ' for the literal.
std::string in_literal(char character) {
  constexpr std::string_view digits = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(character);
  if (character == '\\' || character == '\'') return {'\\', character};
  if (character == '\n') return "\\n";
  if (byte < 0x20 || byte >= 0x7F) return {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
  return {character};
}

void write_literal(std::ostream& out, std::string_view text) {
  std::string literal;
  for (const char character : text) literal += in_literal(character);
  out << literal;
}

/// A byte of contents as protobuf's text form writes it, and that within the literal.
std::string in_contents(unsigned byte) {
  std::string text;
  switch (const char character = static_cast<char>(byte); character) {
    case '\n':
      text = "\\n";
      break;
    case '\r':
      text = "\\r";
      break;
    case '\t':
      text = "\\t";
      break;
    case '"':
    case '\'':
    case '\\':
      text = {'\\', character};
      break;
    default:
      text = byte >= 0x20 && byte < 0x7F ? std::string{character} : fmt::format("\\{:03o}", byte);
  }
  std::string literal;
  for (const char character : text) literal += in_literal(character);
  return literal;
}

void write_contents(std::ostream& out, std::span<const std::byte> contents) {
  static const auto texts = [] {
    std::array<std::string, 256> table;
    for (unsigned byte = 0; byte != table.size(); ++byte) table[byte] = in_contents(byte);
    return table;
  }();
  constexpr std::size_t chunk = 65536;
  std::string text;
  for (const std::byte byte : contents) {
    text += texts[std::to_integer<std::size_t>(byte)];
    if (text.size() < chunk) continue;
    out << text;
    text.clear();
  }
  out << text;
}

/// Numbers as Python prints them: 1.0 where protobuf's C++ prints 1.
class python_numbers : public google::protobuf::TextFormat::FastFieldValuePrinter {
 public:
  void PrintFloat(float value, google::protobuf::TextFormat::BaseTextGenerator* out) const override {
    std::string text = fmt::format("{}", value);
    if (text.find_first_not_of("-0123456789") == std::string::npos) text += ".0";
    out->PrintString(text);
  }
};

std::string text_form(const google::protobuf::Message& message, int indent = 0) {
  google::protobuf::TextFormat::Printer printer;
  printer.SetDefaultFieldValuePrinter(new python_numbers);  // the printer owns it
  printer.SetInitialIndentLevel(indent);
  std::string text;
  printer.PrintToString(message, &text);
  return text;
}

// --- what TorchAir's own graph says (form P) ---

bool is_data(const node& n) {
  return n.type == "Data" || n.type == "RefData";
}
bool is_constant(const node& n) {
  return n.type == "Const" || n.type == "Constant";
}

/// TorchAir turns weights into constants only after it has named all ports.
bool is_weight(const node& n) {
  return n.type == "FileConstant" || (is_constant(n) && n.find("_readable_value") == nullptr);
}

/// A description in form P: with its name, and with a shape only where there is one to tell.
ir::TensorDescriptor describe(const tensor_description& description, const std::string& name, bool has_shape,
                              const gear_view& gears) {
  ir::TensorDescriptor message = encode_description(description, gears);
  message.set_name(name);
  if (!has_shape && message.shape().dim().empty()) message.clear_shape();
  if (description.layout == reserved_format) message.clear_layout();
  if (description.device_type.empty()) message.clear_device_type();
  for (auto entry = message.mutable_attr()->begin(); entry != message.mutable_attr()->end();)
    if (description.attributes.contains(entry->first))
      ++entry;
    else
      entry = message.mutable_attr()->erase(entry);
  return message;
}

/// Whether a scalar's description says that it is one: those of inputs, constants and results, and copies of
/// them, do; an ordinary output has no shape at all. A description with another element type than its source
/// is no copy of it: TorchAir put the source there afterwards.
bool tells_input_shape(const graph& g, const node& n, std::size_t input) {
  if (is_data(n) || n.type == "NetOutput") return true;
  const value_reference source = input < n.inputs.size() ? n.inputs[input] : value_reference{};
  if (source.node < 0) return false;
  const node& from = g.nodes[static_cast<std::size_t>(source.node)];
  return (is_data(from) || is_constant(from)) &&
         from.output_descriptions[static_cast<std::size_t>(source.output)].type ==
             n.input_descriptions[input].type;
}

attribute_messages names_of_ports(const node& n) {
  attribute_messages messages;
  const auto in_order = [](const std::vector<std::string>& names) {
    std::vector<std::pair<std::string, std::int64_t>> ports;
    for (const std::string& name : names) ports.emplace_back(name, std::ssize(ports));
    return ports;
  };
  write_port_names(messages, input_name_keys, in_order(n.input_names));
  write_port_names(messages, output_name_keys, in_order(n.output_names));
  return messages;
}

// --- blocks ---

class writing {
 public:
  writing(const graph& g, std::ostream& out, const pbtxt_options& options)
      : graph_{g}, out_{out}, options_{options} {}

  void run() {
    for (const node& n : graph_.nodes) write_node(n);
  }

 private:
  void write_node(const node& n) {
    out_ << "node {\n    name: \"" << n.name << "\"\n    op: \"" << n.type << "\"\n";
    write_edges(n);
    write_attributes(n);
    for (std::size_t i = 0; i != n.input_descriptions.size(); ++i)
      write_description("[i]", input_description(n, i));
    for (std::size_t i = 0; i != n.output_descriptions.size(); ++i)
      write_description("[o]", output_description(n, i));
    out_ << "}\n";
  }

  void write_edges(const node& n) {
    if (is_data(n)) return;  // they have an input that nothing feeds, and say so only in form A
    for (const std::string& edge : edge_texts(graph_, n)) {
      constexpr std::string_view control = ":-1";
      if (edge.ends_with(control))
        out_ << "    input: \"^" << edge.substr(0, edge.size() - control.size()) << "\"\n";
      else
        out_ << "    input: \"" << edge << "\"\n";
    }
  }

  void write_attributes(const node& n) {
    std::vector<std::string_view> last;
    for (const auto& [name, value] : in_torchair_order(n)) {
      if (is_set_after_names(name))
        last.push_back(name);
      else
        write_attribute(n, name, *value);
    }
    if (!is_weight(n)) write_names_of_ports(n);
    for (const std::string_view name : last) write_attribute(n, name, *n.find(name));
  }

  static bool is_set_after_names(std::string_view name) {
    return name == "_origin_data_name" || name == "_enable_storage_format_spread";
  }

  /// Required attributes come first, then those with a default, both as the prototype has them, then the
  /// rest.
  static std::size_t place_of(std::string_view name, const operator_entry* definition) {
    if (definition == nullptr) return 0;
    const prototype& ir = *definition->ir;
    for (std::size_t i = 0; i != ir.attribute_count; ++i)
      if (ir.attributes[i].name == name) return ir.attributes[i].required ? i : ir.attribute_count + i;
    return std::size_t{2} * ir.attribute_count;
  }

  using named_attribute_view = std::pair<std::string_view, const attribute*>;
  static std::vector<named_attribute_view> in_torchair_order(const node& n) {
    std::vector<named_attribute_view> sorted;
    for (const auto& [name, value] : n.attributes)
      if (name != "value" || n.type != "FileConstant") sorted.emplace_back(name, &value);
    std::stable_sort(sorted.begin(), sorted.end(), [&n](const auto& a, const auto& b) {
      return place_of(a.first, n.definition) < place_of(b.first, n.definition);
    });
    return sorted;
  }

  void write_names_of_ports(const node& n) {
    const attribute_messages messages = names_of_ports(n);
    for (const port_name_keys& side : {input_name_keys, output_name_keys})
      for (const char* key : {side.names, side.places})
        write_value(key, [&] { write_literal(out_, text_form(messages.at(key))); });
  }

  void write_attribute(const node& n, std::string_view name, const attribute& value) {
    write_value(name, [&] {
      if (const auto* constant = value.get<tensor_contents>())
        write_constant(*constant, name != "value" || !has_contents_elsewhere(n));
      else
        write_literal(out_, text_form(encode_attribute(value, gears_)));
    });
  }

  /// The text form of an AttrDef with a tensor, without gathering its contents.
  void write_constant(const tensor_contents& constant, bool with_contents) {
    write_literal(out_, "t {\n  desc {\n");
    write_literal(out_, text_form(describe(constant.description, "", true, gears_), 2));
    write_literal(out_, "  }\n");
    if (with_contents && constant.data.size != 0 && constant.data.size <= options_.largest_constant) {
      write_literal(out_, "  data: \"");
      write_contents(out_, constant.data.span());
      write_literal(out_, "\"\n");
    }
    write_literal(out_, "}\n");
  }

  ir::TensorDescriptor input_description(const node& n, std::size_t input) const {
    ir::TensorDescriptor message = describe(n.input_descriptions[input], n.input_names.at(input),
                                            tells_input_shape(graph_, n, input), gears_);
    if (is_data(n)) message.set_layout("ND");  // a private format stands in attributes alone
    return message;
  }

  ir::TensorDescriptor output_description(const node& n, std::size_t output) const {
    const bool has_shape = is_data(n) || is_constant(n);
    ir::TensorDescriptor message =
        describe(n.output_descriptions[output], n.output_names.at(output), has_shape, gears_);
    if (is_data(n)) message.set_layout("ND");
    if (n.type == "FileConstant") {  // described only by the last normalisation
      message.clear_dtype();
      message.clear_layout();
    }
    return message;
  }

  void write_description(std::string_view side, const ir::TensorDescriptor& message) {
    write_value(std::string{side} + message.name(), [&] { write_literal(out_, text_form(message)); });
  }

  template <class Write>
  void write_value(std::string_view key, Write write) {
    out_ << "    attr {\n        key: \"" << key << "\"\n        value {\n            s: '";
    write();
    out_ << "'\n        }\n    }\n";
  }

  const graph& graph_;
  std::ostream& out_;
  pbtxt_options options_;
  gear_view gears_ = graph_.gears.view();
};

}  // namespace

void write_pbtxt(const graph& g, std::ostream& out, const pbtxt_options& options) {
  writing{g, out, options}.run();
}

std::string to_pbtxt(const graph& g, const pbtxt_options& options) {
  std::ostringstream out;
  write_pbtxt(g, out, options);
  return std::move(out).str();
}

}  // namespace airloom::air
