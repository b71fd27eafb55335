#pragma once
// A size as text, over the axes of a gear set, and back.

#include <airloom/graph/graph.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace airloom {

/// "64", "batch", "2*batch*seq+1"; "-1" for an unknown size, "?" for one that no polynomial gives.
std::string text_of_extent(const extent& size, const gear_set& gears);

/// The size that such a text says; nullopt where it says none: an axis that the set does not have, a number
/// that 64 bits do not hold, more terms than an extent has.
std::optional<extent> extent_of_text(std::string_view text, const gear_set& gears);

}  // namespace airloom
