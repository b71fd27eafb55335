#include <fmt/format.h>
#include <fmt/ranges.h>

#include <airloom/graph/from_tape.hpp>
#include <algorithm>
#include <set>

#include "element_bytes.hpp"

namespace airloom {

namespace {

/// One element of a written constant in its element type. Integers come as they are, numbers as doubles.
void append_word(std::vector<std::byte>& bytes, dtype type, std::int64_t word, bool floating) {
  const bool written = floating ? append_element(bytes, type, __builtin_bit_cast(double, word))
                                : append_element(bytes, type, word);
  if (!written)
    throw error{error_code::internal, fmt::format("A constant of type {} cannot be written.", name_of(type)),
                "Report this: the model's source should have been refused."};
}

/// The named namespaces and the name of a class, of what a compiler spells: without template arguments,
/// namespaces that have no name, and the function around a local class.
std::string name_of_class(std::string_view spelled) {
  std::string name;
  std::string part;
  bool has_name = true;
  int depth = 0;  // of brackets
  const auto end_part = [&] {
    if (has_name && !part.empty()) name += (name.empty() ? "" : "::") + part;
    part.clear();
    has_name = true;
  };
  for (const char character : spelled) {
    if (std::string_view{"<({["}.find(character) != std::string_view::npos) {
      if (depth++ == 0 && character != '<') has_name = false;
    } else if (std::string_view{">)}]"}.find(character) != std::string_view::npos) {
      --depth;
    } else if (depth == 0 && character == ':') {
      end_part();
    } else if (depth == 0) {
      part += character;
    }
  }
  end_part();
  return name;
}

/// A number with as many digits as it needs, and a point where nothing else says that it is no integer.
std::string python_float(double value) {
  std::string text = fmt::format("{}", value);
  return text.find_first_of(".enai") == std::string::npos ? text + ".0" : text;
}

std::string port_name(std::string_view name, bool dynamic, std::size_t member) {
  return dynamic ? fmt::format("{}{}", name, member) : std::string{name};
}

class lowering {
 public:
  lowering(const tape& record, int rank) : tape_{record}, rank_{rank} {}

  recorded_graph run() {
    graph& g = result_.lowered;
    copy_gears();
    copy_groups();
    refuse_missed_axis();
    for (const tape_step& step : tape_.steps()) g.nodes.push_back(make_node(step));
    for (const tape_number& number : tape_.numbers())
      g.nodes[static_cast<std::size_t>(number.step)].attributes[std::string{number.name}].value =
          static_cast<float>(number.value);
    add_net_output();
    for (node& n : g.nodes) describe_inputs(n);
    return std::move(result_);
  }

 private:
  void copy_gears() {
    const tape_gears& gears = tape_.gears();
    gear_set& copy = result_.lowered.gears;
    copy.gears = gears.view.gears;
    for (std::size_t axis = 0; axis != gears.view.axes; ++axis) copy.axes.emplace_back(gears.names[axis]);
    copy.sizes.assign(gears.view.sizes, gears.view.sizes + gears.view.gears * gears.view.axes);
  }

  void copy_groups() {
    std::vector<rank_group>& groups = result_.lowered.groups;
    for (const group_view& group : tape_.groups()) {
      rank_group copy{std::string{group.name}, {group.ranks, group.ranks + group.size}};
      if (std::find(groups.begin(), groups.end(), copy) == groups.end()) groups.push_back(std::move(copy));
    }
  }

  void refuse_missed_axis() const {
    if (tape_.missed_axis() < 0) return;
    const std::string& axis = result_.lowered.gears.axes[static_cast<std::size_t>(tape_.missed_axis())];
    throw error{
        error_code::axis_without_input,
        fmt::format(
            "A shape needs the size of '{}' while running, but no input has a dimension that is '{}' alone.",
            axis, axis),
        "Add the axis as a dimension of its own to one input, or reshape so that the size is copied or "
        "inferred."};
  }

  // --- names ---

  std::string component(const tape_scope& scope) const {
    return scope.index >= 0 ? std::to_string(scope.index) : std::string{scope.name};
  }
  std::string path(int scope) const {
    if (scope <= 0) return {};
    const tape_scope& here = tape_.scopes()[static_cast<std::size_t>(scope)];
    const std::string outer = path(here.parent);
    return outer.empty() ? component(here) : outer + "." + component(here);
  }
  std::string within(int scope, std::string_view name) const {
    const std::string outer = path(scope);
    return outer.empty() ? std::string{name} : fmt::format("{}.{}", outer, name);
  }
  /// The name itself, or with the first free number behind it: Add, Add_1, Add_2, … as TorchAir counts.
  std::string unique(const std::string& wanted) {
    std::size_t& next = next_number_[wanted];
    std::string name = next == 0 ? wanted : fmt::format("{}_{}", wanted, next);
    ++next;
    while (!names_.insert(name).second) name = fmt::format("{}_{}", wanted, next++);
    return name;
  }
  std::vector<module_frame> modules(int scope) const {
    std::vector<module_frame> frames;
    for (int at = scope; at > 0; at = tape_.scopes()[static_cast<std::size_t>(at)].parent) {
      const tape_scope& here = tape_.scopes()[static_cast<std::size_t>(at)];
      if (!here.class_name.empty()) frames.insert(frames.begin(), {path(at), name_of_class(here.class_name)});
    }
    return frames;
  }

  // --- nodes ---

  node make_node(const tape_step& step) {
    node n;
    n.type = step.op->type;
    n.definition = find_operator(n.type);
    n.modules = modules(step.scope);
    n.where = {step.where.file_name(), static_cast<unsigned>(step.where.line())};
    for (int i = 0; i != step.operands; ++i) {
      const tape_value operand = tape_.operand(step, static_cast<std::size_t>(i));
      n.inputs.push_back({operand.step, operand.output});
    }
    name_ports(n, *step.op, step.outputs);
    for (int i = 0; i != step.outputs; ++i) n.output_descriptions.push_back(describe(step, i));
    if (step.input >= 0)
      become_input(n, step);
    else if (step.parameter >= 0)
      become_parameter(n, step);
    else if (step.contents >= 0)
      become_constant(n, step);
    else {
      n.name = unique(within(step.scope, n.type));
      write_attributes(n, *step.op, step.attributes[place_of_rank(step)]);
    }
    return n;
  }

  /// Which of the attribute lists or contents of a step are those of this rank.
  std::size_t place_of_rank(const tape_step& step) const {
    if (step.ranks == 1) return 0;
    if (rank_ < step.ranks) return static_cast<std::size_t>(rank_);
    throw error{error_code::graph_invalid,
                fmt::format("Rank {} runs a {} that is described for ranks 0 to {} (at {}:{}).", rank_,
                            step.op->type, step.ranks - 1, step.where.file_name(), step.where.line()),
                "Add the rank to a group of the collective, or trace fewer ranks."};
  }

  static tensor_description describe(const tape_step& step, int output) {
    tensor_description description;
    description.type = step.types[output];
    description.shape = step.shapes[output];
    description.layout = step.op->layout;
    return description;
  }

  static void name_ports(node& n, const prototype& ir, int outputs) {
    for (std::size_t i = 0; i != n.inputs.size(); ++i) {
      const std::size_t port = ir.port_of(i, n.inputs.size());
      const bool dynamic = ir.inputs[port].kind == port_kind::dynamic;
      n.input_names.push_back(port_name(ir.inputs[port].name, dynamic, i - port));
    }
    for (std::size_t i = 0; i != static_cast<std::size_t>(outputs); ++i) {
      const bool dynamic = ir.outputs[0].dynamic;
      n.output_names.push_back(port_name(ir.outputs[dynamic ? 0 : i].name, dynamic, i));
    }
  }

  void become_input(node& n, const tape_step& step) {
    n.name = unique(std::string{tape_.inputs()[static_cast<std::size_t>(step.input)].name});
    n.attributes["index"].value = std::int64_t{step.input};
    if (n.type == "RefData") n.attributes["_origin_data_name"].value = n.name;
    n.input_names = {"x"};
    n.inputs = {value_reference{}};
    n.input_descriptions = n.output_descriptions;
  }

  void become_parameter(node& n, const tape_step& step) {
    const tape_parameter& parameter = tape_.parameters()[static_cast<std::size_t>(step.parameter)];
    n.name = unique(within(parameter.scope, parameter.name));
    n.output_names = {""};  // the one output of a Const has no name in TorchAir's files
    parameter_slot slot{within(parameter.scope, parameter.name),
                        parameter.type,
                        {},
                        static_cast<int>(result_.lowered.nodes.size())};
    for (std::size_t i = 0; i != parameter.shape->rank; ++i)
      slot.shape.push_back((*parameter.shape)[i].constant());
    result_.parameters.push_back(std::move(slot));
  }

  void become_constant(node& n, const tape_step& step) {
    n.name = unique(within(step.scope, n.type));
    n.output_names = {""};
    const tape_constant& constant = tape_.constants()[static_cast<std::size_t>(step.contents)];
    std::vector<std::byte> bytes;
    const std::size_t first = static_cast<std::size_t>(constant.first) +
                              place_of_rank(step) * static_cast<std::size_t>(constant.count);
    for (std::size_t i = 0; i != static_cast<std::size_t>(constant.count); ++i)
      append_word(bytes, step.types[0], tape_.words()[first + i], constant.floating);
    n.attributes["value"].value = tensor_contents{n.output_descriptions[0], blob::copy_of(bytes)};
    n.attributes["_readable_value"].value = readable(constant, step.shapes[0].rank == 0);
  }

  /// The contents as Python writes them, which TorchAir keeps beside them for people: 2, 0.5, [1, 0].
  std::string readable(const tape_constant& constant, bool scalar) const {
    std::vector<std::string> words;
    for (int i = 0; i != constant.count; ++i) {
      const std::int64_t word = tape_.words()[static_cast<std::size_t>(constant.first + i)];
      words.push_back(constant.floating ? python_float(__builtin_bit_cast(double, word))
                                        : std::to_string(word));
    }
    return scalar ? words.at(0) : fmt::format("[{}]", fmt::join(words, ", "));
  }

  // --- attributes ---

  static void write_attributes(node& n, const prototype& ir, const attribute_list& given) {
    for (std::size_t i = 0; i != ir.attribute_count; ++i) {
      const attribute_prototype& declared = ir.attributes[i];
      const bool set = given[declared.name].is_set();
      if (!set && !declared.always_written) continue;
      const attribute_list& holder = set ? given : ir.defaults;
      if (const attribute_value& value = holder[declared.name]; value.is_set())
        n.attributes[std::string{declared.name}].value = attribute_of(declared.kind, value, holder);
    }
  }

  static attribute::value_type attribute_of(attribute_kind kind, const attribute_value& value,
                                            const attribute_list& holder) {
    switch (kind) {
      case attribute_kind::integer:
        return value.integer;
      case attribute_kind::boolean:
        return value.integer != 0;
      case attribute_kind::real:
        return static_cast<float>(value.real);
      case attribute_kind::text:
        return std::string{value.text};
      case attribute_kind::element_type:
        return from_ge_number(value.integer);
      case attribute_kind::integers: {
        const std::int64_t* first = holder.list(value);
        return std::vector<std::int64_t>(first, first + value.count);
      }
      default:
        throw error{error_code::internal, "A recorded attribute has a kind that recording cannot write.",
                    "Report this: the operator's prototype declares it."};
    }
  }

  // --- results ---

  void add_net_output() {
    node n;
    n.type = "NetOutput";
    n.name = unique(n.type);
    n.definition = find_operator(n.type);
    for (const tape_output& output : tape_.outputs()) {
      if (output.updates >= 0)
        result_.lowered.states.push_back({static_cast<int>(n.inputs.size()), output.updates});
      n.input_names.push_back(fmt::format("input{}", n.inputs.size()));
      result_.lowered.output_labels.push_back(output.name.empty() ? fmt::format("out{}", n.inputs.size())
                                                                  : std::string{output.name});
      n.inputs.push_back({output.value.step, output.value.output});
    }
    for (std::size_t i = 0; i != tape_.steps().size(); ++i)
      if (tape_.steps()[i].op->is_kept) n.controls.push_back(static_cast<int>(i));
    result_.lowered.nodes.push_back(std::move(n));
  }

  void describe_inputs(node& n) {
    if (!n.input_descriptions.empty()) return;
    for (const value_reference& input : n.inputs) {
      tensor_description description;
      if (input.node >= 0)
        description = result_.lowered.nodes[static_cast<std::size_t>(input.node)]
                          .output_descriptions[static_cast<std::size_t>(input.output)];
      description.layout = n.definition->ir->layout;
      n.input_descriptions.push_back(std::move(description));
    }
  }

  const tape& tape_;
  int rank_;
  recorded_graph result_;
  std::map<std::string, std::size_t> next_number_;
  std::set<std::string> names_;
};

}  // namespace

recorded_graph make_graph(const tape& record, int rank) {
  return lowering{record, rank}.run();
}

void set_contents(graph& g, const parameter_slot& parameter, blob contents) {
  node& n = g.nodes[static_cast<std::size_t>(parameter.node)];
  tensor_description description = n.output_descriptions[0];
  description.name = parameter.name;
  n.attributes["value"].value = tensor_contents{std::move(description), std::move(contents)};
}

}  // namespace airloom
