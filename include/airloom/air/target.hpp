#pragma once
// What an export is made for: a release of CANN and a chip.

#include <airloom/api.hpp>
#include <span>
#include <string>
#include <string_view>

namespace airloom::air {

/// Empty where nothing is said: then the files suit every release and chip that is known here.
struct target_options {
  std::string cann = {};  ///< "8.2.RC1"
  std::string chip = {};  ///< as atc's --soc_version has it: "Ascend910B1"
};

/// The releases of CANN that are known here, the oldest first.
AIRLOOM_API std::span<const std::string_view> known_cann_releases();

/// The chips that are known here, as --soc_version has them (the names that torch_npu and the documents of
/// ATC list).
AIRLOOM_API std::span<const std::string_view> known_chips();

/// Throws usage for a name that is not known; the remedy lists those that are.
AIRLOOM_API void check_target(const target_options& wanted);

}  // namespace airloom::air
