#include <airloom/air/diff.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <cstring>
#include <map>

#include "air/graph_message.hpp"
#include "air/match_nodes.hpp"
#include "air/node_facts.hpp"
#include "element_converter.hpp"
#include "text.hpp"

namespace airloom::air {

namespace {

using optional_text = std::optional<std::string>;

/// A value as a file's text form has it, so that its kind is seen: "i: 3", "f: 3".
std::string words_of(const google::protobuf::Message& message) {
  std::string text = message.ShortDebugString();
  if (text.empty()) return "nothing";
  constexpr std::size_t longest = 200;
  if (text.size() > longest) text = fmt::format("{}… ({} characters)", text.substr(0, longest), text.size());
  return text;
}

// --- contents ---

std::size_t bytes_per_element(dtype type) {
  return std::max<std::size_t>(1, facts_of(type).bits / 8);
}

std::string words_of_element(dtype type, std::span<const std::byte> bytes) {
  if (const element_converter convert = converter_to_double(type)) {
    double value = 0;
    convert(bytes.data(), {&value, 1});
    return fmt::format("{}", value);
  }
  std::string text = "0x";
  for (const std::byte byte : bytes) text += fmt::format("{:02x}", std::to_integer<unsigned>(byte));
  return text;
}

struct contents_difference {
  std::size_t first = 0;  ///< the first element (of a type narrower than a byte: byte) that differs
  std::size_t count = 0;
};

contents_difference compare_bytes(std::span<const std::byte> left, std::span<const std::byte> right,
                                  std::size_t width) {
  contents_difference found;
  // Of an empty tensor there are no bytes, and memcmp() takes no null.
  if (left.empty() || std::memcmp(left.data(), right.data(), left.size()) == 0) return found;
  for (std::size_t i = 0; i * width != left.size(); ++i) {
    if (std::memcmp(left.data() + i * width, right.data() + i * width, width) == 0) continue;
    if (found.count++ == 0) found.first = i;
  }
  return found;
}

// --- one graph and another ---

class comparison {
 public:
  comparison(const graph& left, const graph& right, std::string name, bool by_structure,
             std::vector<difference>& found)
      : left_{left}, right_{right}, name_{std::move(name)}, by_structure_{by_structure}, found_{found} {}

  void run() {
    matched_ = by_structure_ ? match_by_structure(left_, right_) : match_by_name(left_, right_);
    compare_graphs();
    for (std::size_t i = 0; i != left_.nodes.size(); ++i) {
      if (matched_.of_left[i] < 0)
        add(&left_.nodes[i], nullptr, "node", left_.nodes[i].type, std::nullopt);
      else
        compare_nodes(left_.nodes[i], right_.nodes[at(matched_.of_left[i])]);
    }
    for (std::size_t i = 0; i != right_.nodes.size(); ++i)
      if (matched_.of_right[i] < 0)
        add(nullptr, &right_.nodes[i], "node", std::nullopt, right_.nodes[i].type);
  }

  void compare_models() {
    compare_attributes(nullptr, nullptr, "model attribute ", attributes_of_model(left_),
                       attributes_of_model(right_));
    if (left_.model_rest != right_.model_rest)
      add(nullptr, nullptr, "other fields of the model", words_of_rest<ir::ModelDef>(left_.model_rest),
          words_of_rest<ir::ModelDef>(right_.model_rest));
  }

 private:
  static std::size_t at(int index) { return static_cast<std::size_t>(index); }

  void add(const node* left_node, const node* right_node, std::string part, optional_text left,
           optional_text right) {
    found_.push_back({name_, left_node == nullptr ? "" : left_node->name,
                      right_node == nullptr ? "" : right_node->name, std::move(part), std::move(left),
                      std::move(right)});
  }

  void compare_texts(const node* l, const node* r, const std::string& part, const std::string& left,
                     const std::string& right) {
    if (left != right) add(l, r, part, left, right);
  }

  template <class Message>
  static std::string words_of_rest(const std::string& rest) {
    Message message;
    message.ParseFromString(rest);
    return words_of(message);
  }

  // --- graphs ---

  void compare_graphs() {
    if (!by_structure_) compare_texts(nullptr, nullptr, "name", left_.name, right_.name);
    compare_attributes(nullptr, nullptr, "graph attribute ", left_.attributes, right_.attributes);
    compare_order_of_inputs();
    if (left_.rest != right_.rest)
      add(nullptr, nullptr, "other fields", words_of_rest<ir::GraphDef>(left_.rest),
          words_of_rest<ir::GraphDef>(right_.rest));
  }

  /// Inputs without an `index` of their own stand in the order of the file.
  void compare_order_of_inputs() {
    const std::vector<int> left = left_.inputs(), right = right_.inputs();
    std::vector<std::string> left_names, right_names;
    bool is_same = true;
    for (const int input : left) {
      const int other = matched_.of_left[at(input)];
      if (other < 0 || !have_equal_index(left_.nodes[at(input)], right_.nodes[at(other)])) return;
      is_same = is_same && left_names.size() < right.size() && right[left_names.size()] == other;
      left_names.push_back(left_.nodes[at(input)].name);
    }
    if (is_same || left.size() != right.size()) return;
    for (const int input : right) right_names.push_back(right_.nodes[at(input)].name);
    add(nullptr, nullptr, "order of inputs", fmt::format("{}", fmt::join(left_names, ", ")),
        fmt::format("{}", fmt::join(right_names, ", ")));
  }

  static bool have_equal_index(const node& left, const node& right) {
    const attribute *l = left.find("index"), *r = right.find("index");
    if (l == nullptr || r == nullptr) return l == r;
    return l->value.index() == r->value.index() &&
           (l->get<std::int64_t>() == nullptr || *l->get<std::int64_t>() == *r->get<std::int64_t>());
  }

  // --- nodes ---

  void compare_nodes(const node& l, const node& r) {
    const tensor_contents *left = contents_of(l), *right = contents_of(r);
    const bool have_contents = left != nullptr && right != nullptr;
    if (!have_contents) compare_texts(&l, &r, "type", l.type, r.type);
    compare_edges(l, r);
    compare_names(l, r);
    compare_node_attributes(l, r, have_contents);
    compare_descriptions(l, r);
    if (have_contents) compare_contents(l, r, *left, *right);
    if (l.subgraphs != r.subgraphs)
      add(&l, &r, "subgraphs", fmt::format("{}", fmt::join(l.subgraphs, ", ")),
          fmt::format("{}", fmt::join(r.subgraphs, ", ")));
    if (l.rest != r.rest)
      add(&l, &r, "other fields", words_of_rest<ir::OpDef>(l.rest), words_of_rest<ir::OpDef>(r.rest));
  }

  void compare_edges(const node& l, const node& r) {
    for (std::size_t i = 0; i != std::max(l.inputs.size(), r.inputs.size()); ++i) {
      const bool in_left = i < l.inputs.size(), in_right = i < r.inputs.size();
      if (in_left && in_right && is_one_source(l.inputs[i], r.inputs[i])) continue;
      add(&l, &r, fmt::format("input {}", i), in_left ? source_words(left_, l.inputs[i]) : std::nullopt,
          in_right ? source_words(right_, r.inputs[i]) : std::nullopt);
    }
    std::vector<int> left_controls, right_controls = r.controls;
    for (const int control : l.controls) left_controls.push_back(matched_.of_left[at(control)]);
    std::sort(left_controls.begin(), left_controls.end());
    std::sort(right_controls.begin(), right_controls.end());
    if (left_controls != right_controls)
      add(&l, &r, "controls", control_words(left_, l.controls), control_words(right_, r.controls));
  }

  bool is_one_source(const value_reference& left, const value_reference& right) const {
    if (left.node < 0 || right.node < 0) return left.node < 0 && right.node < 0;
    return matched_.of_left[at(left.node)] == right.node && left.output == right.output;
  }

  static optional_text source_words(const graph& g, const value_reference& source) {
    if (source.node < 0) return "not fed";
    return fmt::format("{}:{}", g.nodes[at(source.node)].name, source.output);
  }

  static optional_text control_words(const graph& g, const std::vector<int>& controls) {
    if (controls.empty()) return std::nullopt;
    std::vector<std::string> names;
    for (const int control : controls) names.push_back(g.nodes[at(control)].name);
    std::sort(names.begin(), names.end());
    return fmt::format("{}", fmt::join(names, ", "));
  }

  void compare_names(const node& l, const node& r) {
    for (std::size_t i = 0; i != std::min(l.input_names.size(), r.input_names.size()); ++i)
      compare_texts(&l, &r, fmt::format("input {} name", i), l.input_names[i], r.input_names[i]);
    if (contents_of(l) != nullptr && contents_of(r) != nullptr && l.type != r.type) return;
    for (std::size_t i = 0; i != std::min(l.output_names.size(), r.output_names.size()); ++i)
      compare_texts(&l, &r, fmt::format("output {} name", i), l.output_names[i], r.output_names[i]);
  }

  // --- attributes ---

  void compare_node_attributes(const node& l, const node& r, bool have_contents) {
    if (!have_contents) return compare_attributes(&l, &r, "attribute ", l.attributes, r.attributes);
    const auto besides_contents = [](const node& n) {
      attribute_map attributes;
      for (const auto& [name, value] : n.attributes)
        if (!tells_place_of_contents(n, name)) attributes.emplace(name, value);
      return attributes;
    };
    compare_attributes(&l, &r, "attribute ", besides_contents(l), besides_contents(r));
  }

  void compare_attributes(const node* l, const node* r, const std::string& part, const attribute_map& left,
                          const attribute_map& right) {
    for (const auto& [name, value] : left) {
      const auto found = right.find(name);
      compare_attribute(l, r, part + name, &value, found == right.end() ? nullptr : &found->second);
    }
    for (const auto& [name, value] : right)
      if (!left.contains(name)) compare_attribute(l, r, part + name, nullptr, &value);
  }

  static bool says_something(const attribute* value) {
    return value != nullptr && value->get<std::monostate>() == nullptr;
  }

  void compare_attribute(const node* l, const node* r, const std::string& part, const attribute* left,
                         const attribute* right) {
    if (by_structure_ && repeats_a_name(part.substr(part.rfind(' ') + 1))) return;
    const bool in_left = says_something(left), in_right = says_something(right);
    if (!in_left && !in_right) return;
    if (in_left && in_right && are_equal(*left, *right)) return;
    add(l, r, part, in_left ? value_words(left_, *left) : std::nullopt,
        in_right ? value_words(right_, *right) : std::nullopt);
  }

  bool are_equal(const attribute& left, const attribute& right) const {
    const auto *l = left.get<tensor_contents>(), *r = right.get<tensor_contents>();
    if (l == nullptr || r == nullptr)
      return serialise(encode_attribute(left, left_.gears.view())) ==
             serialise(encode_attribute(right, right_.gears.view()));
    return std::ranges::equal(l->data.span(), r->data.span()) &&
           serialise(encode_description(l->description, left_.gears.view())) ==
               serialise(encode_description(r->description, right_.gears.view()));
  }

  static optional_text value_words(const graph& g, const attribute& value) {
    if (const auto* tensor = value.get<tensor_contents>())
      return fmt::format("{}{}, {} bytes", name_of(tensor->description.type),
                         to_text(tensor->description.shape, g.gears), tensor->data.size);
    return words_of(encode_attribute(value, g.gears.view()));
  }

  // --- descriptions ---

  void compare_descriptions(const node& l, const node& r) {
    compare_side(l, r, "input", l.input_descriptions, r.input_descriptions);
    // A FileConstant describes its output as an f32 without shape, and what it feeds repeats that.
    if (is_constant(l) && is_constant(r) && l.type != r.type) return;
    compare_side(l, r, "output", l.output_descriptions, r.output_descriptions);
  }

  void compare_side(const node& l, const node& r, const char* name,
                    const std::vector<tensor_description>& left,
                    const std::vector<tensor_description>& right) {
    for (std::size_t i = 0; i != std::max(left.size(), right.size()); ++i) {
      const std::string part = fmt::format("{} {}", name, i);
      if (i < left.size() && i < right.size()) {
        if (&left != &l.input_descriptions || !repeats_two_kinds_of_constant(l, r, i))
          compare_description(l, r, part, left[i], right[i]);
      } else {
        add(&l, &r, part + " description", i < left.size() ? optional_text{"there"} : std::nullopt,
            i < right.size() ? optional_text{"there"} : std::nullopt);
      }
    }
  }

  bool repeats_two_kinds_of_constant(const node& l, const node& r, std::size_t input) const {
    if (input >= l.inputs.size() || input >= r.inputs.size()) return false;
    const int from_left = l.inputs[input].node, from_right = r.inputs[input].node;
    if (from_left < 0 || from_right < 0) return false;
    const node &left = left_.nodes[at(from_left)], &right = right_.nodes[at(from_right)];
    return contents_of(left) != nullptr && contents_of(right) != nullptr && left.type != right.type;
  }

  void compare_description(const node& l, const node& r, const std::string& part,
                           const tensor_description& left, const tensor_description& right) {
    ir::TensorDescriptor left_message = encode_description(left, left_.gears.view()),
                         right_message = encode_description(right, right_.gears.view());
    compare_texts(&l, &r, part + " dtype", std::string{name_of(left.type)}, std::string{name_of(right.type)});
    compare_texts(&l, &r, part + " shape", shape_words(left_message), shape_words(right_message));
    compare_texts(&l, &r, part + " format", left_message.layout(), right_message.layout());
    compare_texts(&l, &r, part + " device", left_message.device_type(), right_message.device_type());
    if (left_message.layout() != right_message.layout())
      for (ir::TensorDescriptor* message : {&left_message, &right_message})
        message->mutable_attr()->erase("format_for_int");  // says the same once more
    compare_attributes(&l, &r, part + " attribute ", decode_attributes(*left_message.mutable_attr()),
                       decode_attributes(*right_message.mutable_attr()));
    for (ir::TensorDescriptor* message : {&left_message, &right_message}) {
      message->clear_dtype();
      message->clear_shape();
      message->clear_layout();
      message->clear_device_type();
      message->clear_attr();
    }
    if (serialise(left_message) != serialise(right_message))
      add(&l, &r, part + " other fields", words_of(left_message), words_of(right_message));
  }

  static std::string shape_words(const ir::TensorDescriptor& message) {
    return fmt::format("[{}]", fmt::join(message.shape().dim(), ", "));
  }

  // --- contents ---

  void compare_contents(const node& l, const node& r, const tensor_contents& left,
                        const tensor_contents& right) {
    const std::size_t before = found_.size();
    compare_description(l, r, "contents", left.description, right.description);
    if (left.data.size != right.data.size || left.description.type != right.description.type) return;
    const dtype type = left.description.type;
    const std::size_t width = bytes_per_element(type);
    const contents_difference found = compare_bytes(left.data.span(), right.data.span(), width);
    if (found.count == 0 || found_.size() != before) return;
    const auto words = [&](const blob& data) {
      return words_of_element(type, data.span().subspan(found.first * width, width));
    };
    add(&l, &r, fmt::format("contents ({} elements differ, element {} first)", found.count, found.first),
        words(left.data), words(right.data));
  }

  const graph& left_;
  const graph& right_;
  std::string name_;
  bool by_structure_;
  std::vector<difference>& found_;
  node_matching matched_;
};

using named_graphs = std::map<std::string_view, const graph*>;

named_graphs further_graphs(const graph& g) {
  named_graphs named;
  for (const auto& further : g.subgraphs) named.emplace(further->name, further.get());
  return named;
}

std::string words_in_quotes(const optional_text& text) {
  return text ? fmt::format("'{}'", *text) : "nothing";
}

}  // namespace

std::vector<difference> diff(const graph& left, const graph& right, const diff_options& options) {
  std::vector<difference> found;
  comparison root{left, right, "", options.by_structure, found};
  root.compare_models();
  root.run();
  const named_graphs left_graphs = further_graphs(left), right_graphs = further_graphs(right);
  for (const auto& [name, g] : left_graphs) {
    const auto other = right_graphs.find(name);
    if (other == right_graphs.end())
      found.push_back({std::string{name}, "", "", "graph", "there", std::nullopt});
    else
      comparison{*g, *other->second, std::string{name}, options.by_structure, found}.run();
  }
  for (const auto& [name, g] : right_graphs)
    if (!left_graphs.contains(name))
      found.push_back({std::string{name}, "", "", "graph", std::nullopt, "there"});
  return found;
}

std::string to_text(const difference& found) {
  std::string text;
  if (!found.graph.empty()) text += fmt::format("graph {}, ", in_quotes(found.graph));
  const std::string& node_name = found.left_node.empty() ? found.right_node : found.left_node;
  if (!node_name.empty()) text += fmt::format("node {}", in_quotes(node_name));
  if (!found.left_node.empty() && !found.right_node.empty() && found.left_node != found.right_node)
    text += fmt::format(" ({} on the right)", in_quotes(found.right_node));
  if (!node_name.empty()) text += ", ";
  return text + fmt::format("{}: {} against {}", found.part, words_in_quotes(found.left),
                            words_in_quotes(found.right));
}

}  // namespace airloom::air
