#pragma once
// The names of a node's ports, which a file keeps in four list attributes: names, and the ports' numbers.

#include "air/messages.hpp"

namespace airloom::air {

/// The two attributes of one side of a node.
struct port_name_keys {
  const char* names;
  const char* places;
};
inline constexpr port_name_keys input_name_keys{"_input_name_key", "_input_name_value"};
inline constexpr port_name_keys output_name_keys{"_output_name_key", "_output_name_value"};

/// Moves the names out of a file's attributes into `n`, one a port. A port without one takes the name of its
/// description, then that of the operator's prototype, then "input<i>" or "output<i>". Lists of different
/// lengths name nothing, as for GE.
void take_port_names(attribute_messages& messages, node& n);

/// Form A: sorted by name. A side without ports has no attributes.
void add_port_names(attribute_messages& messages, const node& n);

/// One side's attributes: names as they come, each with its place; without val_type, as GE and TorchAir write
/// them.
void write_port_names(attribute_messages& messages, const port_name_keys& keys,
                      const std::vector<std::pair<std::string, std::int64_t>>& ports);

}  // namespace airloom::air
