#pragma once
// Where an export puts the contents of weights.

#include <cstdint>
#include <map>
#include <string>

namespace airloom::air {

enum class weight_place : std::uint8_t {
  automatic,  ///< all inside, or all outside where they would be too large: TorchAir's rule
  inside,     ///< in the .air file, as Const
  outside,    ///< in a file of its own, as FileConstant
};

/// What the `file_path` of a FileConstant begins with.
enum class weight_path : std::uint8_t {
  export_path,   ///< the path of the export as it was given, as TorchAir writes it: a relative one holds for
                 ///< whoever works in the folder in which it was exported
  model_folder,  ///< nothing: the path is relative to the folder of the .air file
};

/// TorchAir's limit, (2048 - 200) MiB (Ascend/torchair, python/torchair/_utils/export_utils.py).
inline constexpr std::uint64_t torchair_weight_limit = 1'937'768'448;

/// Weights are the parameters of a model. A graph that was loaded from a file does not say which constants
/// were parameters: there, weights are FileConstants, Consts whose contents GE keeps in a file, and Consts of
/// 1024 bytes or more that are no written number (`_readable_value`).
///
/// A weight's file holds its elements as they are, without a header: row-major, little-endian. It is named
/// after the parameter's dotted path with "_" for "."; a FileConstant that was loaded keeps the name of its
/// file, and a Const that was loaded takes that of its node. Weights that share their bytes share one file,
/// which has the name of the first of them.
struct weight_options {
  weight_place place = weight_place::automatic;
  /// Exceptions, by the name of the parameter; `automatic` makes no exception.
  std::map<std::string, weight_place> of = {};
  /// Weights stay inside up to and with this many bytes: those of the graph as it is written with its weights
  /// as inputs, and those of all weights but the ones that are outside by exception.
  std::uint64_t limit = torchair_weight_limit;
  weight_path path = weight_path::export_path;
};

}  // namespace airloom::air
