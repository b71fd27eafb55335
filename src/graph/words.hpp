#pragma once
// Findings, shapes and gears in words, for messages at run time.

#include <airloom/graph/graph.hpp>
#include <airloom/graph/rule.hpp>

namespace airloom {

/// "batch = 4, seq = 512": one gear, axis by axis.
std::string words_of_gear(const gear_set& gears, std::size_t gear);

/// "x1_columns is 512 but has to equal x2_rows, which is 128, in gear 2 of 6 (batch = 4, seq = 512)."
std::string words_of(const finding& found, const operator_entry& definition, const gear_set& gears);

}  // namespace airloom
