#include <airloom/air/ge_text.hpp>

#include <ostream>

#include "air/graph_message.hpp"
#include "air/text_form.hpp"

namespace airloom::air {

namespace {

class writing {
 public:
  writing(std::ostream& out, bool with_contents) : out_{out}, with_contents_{with_contents} {}

  void write_model(const graph& g) {
    ir::ModelDef model;
    model.ParseFromString(g.model_rest);
    out_ << text_form(model);
    write_graph(g);
    for (const auto& further : g.subgraphs) write_graph(*further);
    ir::ModelDef tail;
    for (const auto& [name, value] : attributes_of_model(g))
      (*tail.mutable_attr())[name] = encode_attribute(value, g.gears.view());
    out_ << text_form(tail);
  }

 private:
  void write_graph(const graph& g) {
    out_ << "graph {\n" << text_form(head_of(g), 1);
    for (const node& n : g.nodes) write_node(g, n);
    out_ << text_form(tail_of(g), 1) << "}\n";
  }

  void write_node(const graph& g, const node& n) {
    const gear_view gears = g.gears.view();
    out_ << "  op {\n" << text_form(head_of(g, n), 2);
    for (const attribute_in_file& attribute : attributes_in_file(n, gears)) write_attribute(attribute);
    out_ << text_form(tail_of(n, gears), 2) << "  }\n";
  }

  void write_attribute(const attribute_in_file& attribute) {
    out_ << "    attr {\n      key: \"";
    write_escaped(out_, std::as_bytes(std::span{attribute.name}));
    out_ << "\"\n      value {\n";
    if (attribute.message.has_t())
      write_tensor(attribute);
    else
      out_ << text_form(attribute.message, 4);
    out_ << "      }\n    }\n";
  }

  void write_tensor(const attribute_in_file& attribute) {
    out_ << "        t {\n" << text_form(attribute.message.t(), 5);
    if (with_contents_ && attribute.contents.size != 0) {
      out_ << "          data: \"";
      write_escaped(out_, attribute.contents.span());
      out_ << "\"\n";
    }
    out_ << "        }\n";
  }

  std::ostream& out_;
  bool with_contents_;
};

}  // namespace

void write_ge_text(const graph& g, std::ostream& out, bool with_contents) {
  writing{out, with_contents}.write_model(g);
}

}  // namespace airloom::air
