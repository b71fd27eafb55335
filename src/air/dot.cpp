#include <airloom/air/dot.hpp>

#include <fmt/format.h>
#include <fmt/ostream.h>

namespace airloom::air {

namespace {

/// A text within quotation marks; '\n' starts a new line of a label.
std::string escaped(std::string_view text) {
  std::string result;
  for (const char character : text) {
    if (character == '"' || character == '\\') result += '\\';
    if (static_cast<unsigned char>(character) >= 0x20 && character != 0x7F) result += character;
  }
  return result;
}

std::string_view colour_of(const node& n) {
  if (n.type == "Data" || n.type == "RefData") return "#cfe8cf";
  if (n.type == "Const" || n.type == "Constant" || n.type == "FileConstant") return "#e6e6e6";
  if (n.type == "NetOutput") return "#f3d9b1";
  return "#d6e4f5";
}

bool says_shape(const node& from, std::size_t output) {
  if (output >= from.output_descriptions.size()) return false;
  const tensor_description& description = from.output_descriptions[output];
  // A file gives ordinary outputs no shape, which reads as that of a scalar.
  return description.shape.rank_known && description.shape.rank != 0;
}

class drawing {
 public:
  explicit drawing(std::ostream& out) : out_{out} {}

  void draw(const graph& g) {
    out_ << "digraph {\n  graph [rankdir=TB fontname=\"sans-serif\"];\n"
            "  node [shape=box style=\"rounded,filled\" fontname=\"sans-serif\" fontsize=10];\n"
            "  edge [fontname=\"sans-serif\" fontsize=8];\n";
    draw_graph(g);
    for (const auto& further : g.subgraphs) {
      fmt::print(out_, "  subgraph cluster_{} {{\n    label=\"{}\";\n", graphs_, escaped(further->name));
      draw_graph(*further);
      out_ << "  }\n";
    }
    out_ << "}\n";
  }

 private:
  void draw_graph(const graph& g) {
    for (std::size_t i = 0; i != g.nodes.size(); ++i)
      fmt::print(out_, "  {} [label=\"{}\\n{}\" fillcolor=\"{}\"];\n", id(static_cast<int>(i)),
                 escaped(g.nodes[i].type), escaped(g.nodes[i].name), colour_of(g.nodes[i]));
    for (std::size_t i = 0; i != g.nodes.size(); ++i) draw_edges(g, static_cast<int>(i));
    ++graphs_;
  }

  void draw_edges(const graph& g, int to) {
    const node& n = g.nodes[static_cast<std::size_t>(to)];
    for (const value_reference& source : n.inputs) {
      if (source.node < 0) continue;
      const node& from = g.nodes[static_cast<std::size_t>(source.node)];
      fmt::print(out_, "  {} -> {}", id(source.node), id(to));
      if (const auto output = static_cast<std::size_t>(source.output); says_shape(from, output)) {
        const tensor_description& description = from.output_descriptions[output];
        fmt::print(out_, " [label=\"{}{}\"]", name_of(description.type),
                   escaped(to_text(description.shape, g.gears)));
      }
      out_ << ";\n";
    }
    for (const int control : n.controls)
      fmt::print(out_, "  {} -> {} [style=dashed];\n", id(control), id(to));
  }

  std::string id(int index) const { return fmt::format("n{}_{}", graphs_, index); }

  std::ostream& out_;
  int graphs_ = 0;
};

}  // namespace

void write_dot(const graph& g, std::ostream& out) {
  drawing{out}.draw(g);
}

}  // namespace airloom::air
