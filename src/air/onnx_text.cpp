#include <airloom/air/onnx_text.hpp>

#include <fmt/format.h>
#include <algorithm>
#include <ostream>
#include <set>

#include "air/airloom_onnx.pb.h"
#include "air/graph_message.hpp"
#include "air/text_form.hpp"

namespace airloom::air {

namespace {

using attribute_type = onnx::AttributeProto;

/// GE's texts of element types (hicann/metadef, base/utils/type_utils_impl.cc).
std::string words_of(ir::DataType type) {
  return type == ir::DT_BF16 ? "DT_BFLOAT16" : ir::DataType_Name(type);
}

int onnx_number(ir::DataType type) {
  switch (type) {
    case ir::DT_FLOAT:
      return 1;
    case ir::DT_UINT8:
      return 2;
    case ir::DT_INT8:
      return 3;
    case ir::DT_UINT16:
      return 4;
    case ir::DT_INT16:
      return 5;
    case ir::DT_INT32:
      return 6;
    case ir::DT_INT64:
      return 7;
    case ir::DT_BOOL:
      return 9;
    case ir::DT_FLOAT16:
      return 10;
    case ir::DT_DOUBLE:
      return 11;
    case ir::DT_UINT32:
      return 12;
    case ir::DT_UINT64:
      return 13;
    case ir::DT_BF16:
      return 16;
    default:
      return 0;
  }
}

/// The attributes of one ONNX node.
class attributes {
 public:
  void add(std::string name, const std::string& text) {
    add(std::move(name), attribute_type::STRING).set_s(text);
  }
  void add(std::string name, std::int64_t number) { add(std::move(name), attribute_type::INT).set_i(number); }
  template <class Numbers>
  void add_integers(std::string name, const Numbers& numbers) {
    onnx::AttributeProto& attribute = add(std::move(name), attribute_type::INTS);
    for (const auto number : numbers) attribute.add_ints(static_cast<std::int64_t>(number));
  }
  void add(const std::string& name, const ir::AttrDef& value) {
    switch (value.value_case()) {
      case ir::AttrDef::kS:
        return add(name, value.s());
      case ir::AttrDef::kI:
        return add(name, value.i());
      case ir::AttrDef::kF:
        return add(name, attribute_type::FLOAT).set_f(value.f());
      case ir::AttrDef::kB:
        return add(name, static_cast<std::int64_t>(value.b()));
      case ir::AttrDef::kDt:
        return add(name, words_of(proto_type(value.dt())));
      case ir::AttrDef::kT:
        return add_description(name + "_desc_", "", value.t().desc());
      case ir::AttrDef::kList:
        return add_list(name, value.list());
      default:
        return;  // no form in ONNX
    }
  }
  /// "input_desc_shape:0" and so on.
  void add_description(const std::string& before, const std::string& after,
                       const ir::TensorDescriptor& description) {
    add(before + "dtype" + after, words_of(description.dtype()));
    add_integers(before + "shape" + after, description.shape().dim());
    add(before + "layout" + after, description.layout());
    add(before + "device_type" + after, description.device_type());
    for (const auto& [name, value] : description.attr()) add(before + "attr_" + name + after, value);
  }

  /// Sorted by name, each a block of text.
  const std::multimap<std::string, onnx::AttributeProto>& sorted() const { return sorted_; }

 private:
  onnx::AttributeProto& add(std::string name, attribute_type::AttributeType type) {
    const auto entry = sorted_.emplace(std::move(name), onnx::AttributeProto{});
    entry->second.set_name(entry->first);
    entry->second.set_type(type);
    return entry->second;
  }

  void add_list(const std::string& name, const ir::AttrDef::ListValue& list) {
    if (!list.s().empty()) {
      onnx::AttributeProto& attribute = add(name, attribute_type::STRINGS);
      for (const std::string& text : list.s()) attribute.add_strings(text);
    }
    if (!list.f().empty()) {
      onnx::AttributeProto& attribute = add(name, attribute_type::FLOATS);
      for (const float number : list.f()) attribute.add_floats(number);
    }
    if (!list.i().empty()) add_integers(name, list.i());
    if (!list.b().empty()) add_integers(name, list.b());
  }

  static ir::DataType proto_type(std::int64_t ge_type) {
    return static_cast<ir::DataType>(proto_number(from_ge_number(ge_type)));
  }

  std::multimap<std::string, onnx::AttributeProto> sorted_;
};

class writing {
 public:
  writing(std::ostream& out, bool with_contents) : out_{out}, with_contents_{with_contents} {}

  void write_model(const graph& g) {
    constexpr int ir_version = 6;
    onnx::ModelProto model;
    model.set_ir_version(ir_version);
    model.set_producer_name("airloom");
    out_ << text_form(model) << "graph {\n";
    write_nodes(g, 1);
    for (const auto& further : g.subgraphs) write_further(*further);
    write_ends(g, 1);
    out_ << "}\n";
  }

 private:
  std::string indent(int levels) const { return std::string(static_cast<std::size_t>(2 * levels), ' '); }

  void write_further(const graph& g) {
    onnx::NodeProto head;
    head.set_name(g.name);
    head.set_op_type("subgraph");
    out_ << "  node {\n" << text_form(head, 2) << "    attribute {\n      name: \"graph\"\n      g {\n";
    write_nodes(g, 4);
    write_ends(g, 4);
    out_ << "      }\n      type: GRAPH\n    }\n  }\n";
  }

  void write_nodes(const graph& g, int levels) {
    check_names(g);
    const std::set<std::string> used = used_values(g);
    for (const node& n : g.nodes) write_node(g, n, used, levels);
  }

  /// Edges go by name here, too.
  static void check_names(const graph& g) { static_cast<void>(head_of(g)); }

  static std::set<std::string> used_values(const graph& g) {
    std::set<std::string> used;
    for (const node& n : g.nodes)
      for (std::string& edge : edge_texts(g, n)) used.insert(std::move(edge));
    return used;
  }

  void write_node(const graph& g, const node& n, const std::set<std::string>& used, int levels) {
    onnx::NodeProto head;
    for (std::string& edge : edge_texts(g, n)) head.add_input(std::move(edge));
    for (std::size_t i = 0; i != n.output_descriptions.size(); ++i)
      if (std::string value = fmt::format("{}:{}", n.name, i); used.contains(value))
        head.add_output(std::move(value));
    if (std::string control = n.name + ":-1"; used.contains(control)) head.add_output(std::move(control));
    head.set_name(n.name);
    head.set_op_type("ge:" + n.type);
    out_ << indent(levels) << "node {\n" << text_form(head, levels + 1);
    write_attributes(g, n, levels + 1);
    out_ << indent(levels) << "}\n";
  }

  void write_attributes(const graph& g, const node& n, int levels) {
    const std::vector<attribute_in_file> in_file = attributes_in_file(n, g.gears.view());
    attributes all = attributes_of(n, in_file, g.gears.view());
    std::map<std::string_view, blob> contents;
    for (const attribute_in_file& attribute : in_file)
      if (with_contents_ && attribute.contents.size != 0) {
        const std::string name = attribute.name + "_data";
        all.add(name, std::string{});
        contents.emplace(all.sorted().find(name)->first, attribute.contents);
      }
    for (const auto& [name, attribute] : all.sorted()) {
      out_ << indent(levels) << "attribute {\n";
      if (const auto found = contents.find(name); found != contents.end())
        write_contents(name, found->second, levels + 1);
      else
        out_ << text_form(attribute, levels + 1);
      out_ << indent(levels) << "}\n";
    }
  }

  static attributes attributes_of(const node& n, const std::vector<attribute_in_file>& in_file,
                                  const gear_view& gears) {
    attributes all;
    for (const attribute_in_file& attribute : in_file) all.add(attribute.name, attribute.message);
    all.add("input_desc_nums", std::ssize(n.input_descriptions));
    all.add("output_desc_nums", std::ssize(n.output_descriptions));
    const auto describe = [&](const std::string& before,
                              const std::vector<tensor_description>& descriptions) {
      for (std::size_t i = 0; i != descriptions.size(); ++i)
        all.add_description(before, fmt::format(":{}", i), encode_description(descriptions[i], gears));
    };
    describe("input_desc_", n.input_descriptions);
    describe("output_desc_", n.output_descriptions);
    return all;
  }

  void write_contents(const std::string& name, const blob& contents, int levels) {
    onnx::AttributeProto head, tail;
    head.set_name(name);
    tail.set_type(attribute_type::STRING);
    out_ << text_form(head, levels) << indent(levels) << "s: \"";
    write_escaped(out_, contents.span());
    out_ << "\"\n" << text_form(tail, levels);
  }

  void write_ends(const graph& g, int levels) {
    onnx::GraphProto ends;
    ends.set_name(g.name);
    for (const int input : g.inputs()) {
      const node& n = g.nodes[static_cast<std::size_t>(input)];
      add_value(*ends.add_input(), n.name, n.output_descriptions, 0, g.gears.view());
    }
    for (const node& n : g.nodes) {
      if (n.type != "NetOutput") continue;
      const std::vector<std::string> edges = edge_texts(g, n);
      for (std::size_t i = 0; i != n.inputs.size(); ++i)
        add_value(*ends.add_output(), edges[i], n.input_descriptions, i, g.gears.view());
    }
    out_ << text_form(ends, levels);
  }

  static void add_value(onnx::ValueInfoProto& value, const std::string& name,
                        const std::vector<tensor_description>& descriptions, std::size_t place,
                        const gear_view& gears) {
    value.set_name(name);
    onnx::TypeProto::Tensor& type = *value.mutable_type()->mutable_tensor_type();
    if (place >= descriptions.size()) return;
    const ir::TensorDescriptor description = encode_description(descriptions[place], gears);
    type.set_elem_type(onnx_number(description.dtype()));
    for (const std::int64_t size : description.shape().dim())
      type.mutable_shape()->add_dim()->set_dim_value(size);
  }

  std::ostream& out_;
  bool with_contents_;
};

}  // namespace

void write_onnx_text(const graph& g, std::ostream& out, bool with_contents) {
  writing{out, with_contents}.write_model(g);
}

}  // namespace airloom::air
