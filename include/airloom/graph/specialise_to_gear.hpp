#pragma once
// One gear of a graph as a graph of its own.

#include <airloom/graph/graph.hpp>
#include <airloom/shape/gears.hpp>
#include <span>

namespace airloom {

/// The gear that the settings choose: one for every axis, in any order; `no_gear` where there is none.
AIRLOOM_API std::size_t find_gear(const gear_set& gears, std::span<const setting> settings) noexcept;

/// A copy in which every size is the number that it has in this gear: inputs are described with numbers,
/// everything is inferred again, and what was computed from sizes alone (Shape, GatherV2, Pack, …) becomes a
/// Const; nodes that nobody uses after that are left out. Inputs and outputs keep their names and order.
///
/// Throws   gear_unknown for a number that is no gear; graph_invalid for a cycle; the first need of a rule
///          that does not hold. An input's size that no gear decides stays open.
AIRLOOM_API graph specialise_to_gear(const graph& g, std::size_t gear);

}  // namespace airloom
