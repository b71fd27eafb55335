#pragma once
// An operator's prototype: its Ascend type name, its ports, its attributes with their defaults, its dtype and
// shape rules. One prototype serves the compiler, the loader, the verifier, the planner and the
// documentation.

#include <airloom/api.hpp>
#include <airloom/graph/attribute_list.hpp>
#include <airloom/shape/extent.hpp>

namespace airloom {

class inference;

enum class port_kind : std::uint8_t { required, optional, dynamic };

/// One input. Ports with the same `group` letter take one element type together.
struct input_port {
  std::string_view name;
  dtype_set accepts;
  port_kind kind = port_kind::required;
  char group = 0;
};

/// Where an output's element type comes from; a shape rule may still overrule it.
enum class output_type : std::uint8_t { like_input, fixed, from_attribute };

/// One output.
struct output_port {
  std::string_view name;
  output_type source = output_type::like_input;
  std::uint8_t input = 0;            ///< like_input: which one
  dtype fixed = dtype::undefined;    ///< fixed: which type
  std::string_view attribute;        ///< from_attribute: its name
  bool dynamic = false;              ///< as many outputs as the attribute named by `count_attribute` says
  std::string_view count_attribute;  ///< empty: one output for each member of the dynamic input `input`
};

/// One attribute; a required one has no default.
struct attribute_prototype {
  std::string_view name;
  attribute_kind kind = attribute_kind::none;
  bool required = false;
  bool always_written = true;  ///< else only where it is set: files for older CANN releases lack it
};

/// What the planner may do with the operator's memory.
enum class memory_trait : std::uint8_t {
  none,
  element_wise,  ///< element i of the output depends on element i of the inputs only: may overwrite an input
  view,          ///< the output is the first input's bytes under another shape
  shape_only,    ///< reads the shapes of its inputs and no contents: known before running
  source,        ///< Data, Const, …: nothing is computed
  communicates,  ///< other ranks wait for it: never left out, and never computed before running
};

/// What the ranks of a group bring when they meet in an operator.
enum class meeting : std::uint8_t {
  none,        ///< it concerns one rank alone
  alike,       ///< tensors of one shape
  pieces,      ///< tensors of one shape, whose rows are cut into one piece a rank
  shares,      ///< input 1 holds the rank's own number of rows, input 2 those of all ranks
  exchanges,   ///< input 1 holds the elements for each rank, input 3 those from each
  matrix,      ///< input 1 holds what each rank sends to each; the attribute `rank` is the rank's place
  dispatches,  ///< `send_counts` holds the rows for each expert of each rank, `recv_counts` those from each
  sends,       ///< a message for `dest_rank`
  receives,    ///< the message from `src_rank`
};

template <class T>
concept fixed_attribute_default = !requires(T t) { t.begin(); };

/// Built in one expression:
///   prototype{"MatMulV2"}.input("x1", real, 'T').input("x2", real, 'T').optional("bias", real)
///       .output_like("y", 0).attribute("transpose_x1", false).with_rule(rule)
/// Inputs are in the order that GE binds by index; attributes in the order of the Ascend prototype.
struct prototype {
  static constexpr std::size_t max_inputs = 32;
  static constexpr std::size_t max_outputs = 8;
  static constexpr std::size_t max_attributes = 16;

  std::string_view type;
  input_port inputs[max_inputs]{};
  output_port outputs[max_outputs]{};
  attribute_prototype attributes[max_attributes]{};
  attribute_list defaults{};
  std::uint8_t input_count = 0;
  std::uint8_t output_count = 0;
  std::uint8_t attribute_count = 0;
  memory_trait memory = memory_trait::none;
  meeting meets = meeting::none;
  bool takes_unknown_rank =
      false;                       ///< else an input of unknown rank makes every output one, without the rule
  bool is_kept = false;            ///< held by a control edge into NetOutput: it does more than give outputs
  std::string_view layout = "ND";  ///< of its inputs and outputs, as TorchAir describes them
  void (*rule)(inference&) = [](inference&) {};

  explicit constexpr prototype(std::string_view type_name) : type{type_name} {}

  constexpr prototype&& input(std::string_view name, dtype_set accepts, char group = 0) && {
    inputs[input_count++] = {name, accepts, port_kind::required, group};
    return static_cast<prototype&&>(*this);
  }
  constexpr prototype&& optional(std::string_view name, dtype_set accepts, char group = 0) && {
    inputs[input_count++] = {name, accepts, port_kind::optional, group};
    return static_cast<prototype&&>(*this);
  }
  /// A list of inputs named name0, name1, …
  constexpr prototype&& dynamic(std::string_view name, dtype_set accepts, char group = 0) && {
    inputs[input_count++] = {name, accepts, port_kind::dynamic, group};
    return static_cast<prototype&&>(*this);
  }
  constexpr prototype&& output_like(std::string_view name, std::uint8_t input) && {
    outputs[output_count++] = {name, output_type::like_input, input, dtype::undefined, {}, false, {}};
    return static_cast<prototype&&>(*this);
  }
  constexpr prototype&& output_of(std::string_view name, dtype fixed_type) && {
    outputs[output_count++] = {name, output_type::fixed, 0, fixed_type, {}, false, {}};
    return static_cast<prototype&&>(*this);
  }
  /// The element type stands in an attribute, as a ge number.
  constexpr prototype&& output_from(std::string_view name, std::string_view attribute_name) && {
    outputs[output_count++] = {name, output_type::from_attribute, 0, dtype::undefined, attribute_name, false,
                               {}};
    return static_cast<prototype&&>(*this);
  }
  /// A list of outputs named name0, name1, …, as many as an integer attribute says.
  constexpr prototype&& outputs_like(std::string_view name, std::uint8_t input, std::string_view count) && {
    outputs[output_count++] = {name, output_type::like_input, input, dtype::undefined, {}, true, count};
    return static_cast<prototype&&>(*this);
  }
  /// A list of outputs named name0, name1, …, one for each member of a dynamic input and of its element type.
  constexpr prototype&& outputs_like_members(std::string_view name, std::uint8_t input) && {
    return static_cast<prototype&&>(*this).outputs_like(name, input, {});
  }
  template <fixed_attribute_default T>
  constexpr prototype&& attribute(std::string_view name, T value) && {
    defaults(name, value);
    attributes[attribute_count++] = {name, defaults.entries[defaults.count - 1].value.kind, false};
    return static_cast<prototype&&>(*this);
  }
  constexpr prototype&& attribute(std::string_view name, std::initializer_list<std::int64_t> values) && {
    defaults(name, values);
    attributes[attribute_count++] = {name, attribute_kind::integers, false};
    return static_cast<prototype&&>(*this);
  }
  /// An attribute of newer CANN releases than those that TorchAir writes for: read, but written only where
  /// set.
  template <fixed_attribute_default T>
  constexpr prototype&& newer_attribute(std::string_view name, T value) && {
    defaults(name, value);
    attributes[attribute_count++] = {name, defaults.entries[defaults.count - 1].value.kind, false, false};
    return static_cast<prototype&&>(*this);
  }
  constexpr prototype&& required(std::string_view name, attribute_kind kind) && {
    attributes[attribute_count++] = {name, kind, true};
    return static_cast<prototype&&>(*this);
  }
  constexpr prototype&& planned_as(memory_trait trait) && {
    memory = trait;
    return static_cast<prototype&&>(*this);
  }
  constexpr prototype&& met_by(meeting how) && {
    meets = how;
    memory = memory_trait::communicates;
    return static_cast<prototype&&>(*this);
  }
  constexpr prototype&& kept() && {
    is_kept = true;
    return static_cast<prototype&&>(*this);
  }
  constexpr prototype&& with_unknown_ranks() && {
    takes_unknown_rank = true;
    return static_cast<prototype&&>(*this);
  }
  constexpr prototype&& with_layout(std::string_view name) && {
    layout = name;
    return static_cast<prototype&&>(*this);
  }
  constexpr prototype&& with_rule(void (*shape_rule)(inference&)) && {
    rule = shape_rule;
    return static_cast<prototype&&>(*this);
  }

  /// The port that takes input number `index` of `given` inputs (a dynamic port takes what the others leave);
  /// input_count where there is none.
  constexpr std::size_t port_of(std::size_t index, std::size_t given) const {
    std::size_t dynamic = input_count;
    for (std::size_t port = 0; port != input_count; ++port)
      if (inputs[port].kind == port_kind::dynamic) dynamic = port;
    if (dynamic == input_count || index < dynamic) return index < input_count ? index : input_count;
    const std::size_t others = input_count - std::size_t{1};
    const std::size_t members = given > others ? given - others : 0;
    return index < dynamic + members ? dynamic : index + 1 - members;
  }
  constexpr bool has_dynamic_input() const {
    for (std::size_t port = 0; port != input_count; ++port)
      if (inputs[port].kind == port_kind::dynamic) return true;
    return false;
  }
  constexpr const attribute_prototype* find_attribute(std::string_view name) const {
    for (std::size_t i = 0; i != attribute_count; ++i)
      if (attributes[i].name == name) return &attributes[i];
    return nullptr;
  }
};

/// A prototype as the table of all operators holds it: with the words of its errors.
struct operator_entry {
  const prototype* ir;
  std::string_view (*part_name)(int part);  ///< "" for a number that names no part
};

/// The operator with this Ascend type name; nullptr where there is none. The table is made of ops/*.hpp.
AIRLOOM_API const operator_entry* find_operator(std::string_view type);
/// All operators, sorted by type name.
struct operator_span {
  const operator_entry* first;
  std::size_t count;
  const operator_entry* begin() const { return first; }
  const operator_entry* end() const { return first + count; }
};
AIRLOOM_API operator_span all_operators();

}  // namespace airloom
