#pragma once
// How an export writes the sizes that move with the gears.

#include <airloom/shape/gears.hpp>
#include <optional>
#include <vector>

namespace airloom::air {

enum class size_form : std::uint8_t {
  in_gears,      ///< -1, with the gears in <name>.gears.json; numbers where the model has one gear
  any_size,      ///< -1 and no gears, as TorchAir writes dynamic=True: ATC compiles for whatever sizes come
  static_sizes,  ///< numbers: one gear
};

struct size_options {
  size_form form = size_form::in_gears;
  /// static_sizes: which gear, as a size for every axis: {batch(4), seq(128)}; not needed where there is one.
  std::vector<setting> gear = {};
  /// in_gears: whether a static model a gear is written too, as gears/<number>_<sizes>/<name>.air with the
  /// sizes in the order of the axes ("gears/2_4x128"), whose weights outside are those of the model. Unset:
  /// where the target's ATC takes no gears with an .air file (takes_gears(), air/target.hpp).
  std::optional<bool> static_models = {};
};

}  // namespace airloom::air
