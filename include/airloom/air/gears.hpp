#pragma once
// What GE and ATC have to be told about a graph with gears: an .air file holds its moving dimensions as -1
// and nothing about the sizes that they take.

#include <airloom/graph/graph.hpp>
#include <airloom/shape/gears.hpp>
#include <optional>

namespace airloom::air {

/// The gears of a graph in GE's words.
struct gear_options {
  std::string input_shape;  ///< "a:-1,16;b:-1,-1": every input, sorted by name; a scalar is "s:"
  std::string
      dynamic_dims;  ///< "2,2,8;4,4,32": one gear a group, one number for each -1 of input_shape in turn

  bool operator==(const gear_options&) const = default;
};

/// The gears of `g`, each once, in the order of its gear set; nullopt where no dimension of an input moves.
///
/// `limit`: the most gears that the chip takes, default_gear_limit or ascend_950_gear_limit.
///
/// Throws   gear_unknown where an input of a graph with gears has a dimension that no gear decides;
///          too_many_gears; graph_invalid for a size below 1, a table of gears that is not as long as its
///          axes and gears say, and an input whose name holds ':' or ';', which the options cannot say.
AIRLOOM_API std::optional<gear_options> gears_of(const graph& g, std::size_t limit = ascend_950_gear_limit);

/// The options of AddGraph that TorchAir sets when it compiles online: ge.inputShape, ge.dynamicDims and
/// ge.dynamicNodeType. Empty where nothing moves.
AIRLOOM_API std::map<std::string, std::string> ge_options(const graph& g);

/// The arguments for atc: --input_shape=… and --dynamic_dims=…, to be quoted for a shell (they hold ';').
/// Where sizes are open and no gear decides them, --input_shape=… alone, with -1 for any size. Empty where
/// nothing moves.
AIRLOOM_API std::vector<std::string> atc_arguments(const graph& g);

}  // namespace airloom::air
