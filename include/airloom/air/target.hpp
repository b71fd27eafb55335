#pragma once
// What an export is made for: a release of CANN and a chip.

#include <airloom/api.hpp>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace airloom::air {

/// Empty where nothing is said: then the files suit every chip that is known here, and a release whose ATC
/// takes gears with an .air file.
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

/// Whether the release's ATC takes gears with --framework=1, that is --input_shape and --dynamic_dims with an
/// .air file. GE's source does (hicann/ge, api/atc/main_impl.cc, published with 8.5.0); the documents of the
/// releases before it say that --input_shape has no effect there.
AIRLOOM_API bool takes_gears(const target_options& target);

/// The most gears that the chip takes: 256 for Ascend 950 and where no chip is named, else 100.
AIRLOOM_API std::size_t gear_limit(const target_options& target);

}  // namespace airloom::air
