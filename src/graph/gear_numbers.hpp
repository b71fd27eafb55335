#pragma once
// Describing the inputs of a graph with the numbers of one gear.

#include <airloom/graph/graph.hpp>

namespace airloom {

/// ATC and TorchAir read an input's size and element type from its input description. Of unknown rank and
/// undefined type where a file gives an input no description at all.
const shape_value& shape_of_input(const node& input);
dtype type_of_input(const node& input);

/// Writes a shape to all descriptions of an input.
void set_shape_of_input(node& input, const shape_value& shape);

/// Gives every input its sizes in this gear as numbers and leaves one gear without axes; a size that no gear
/// decides stays open. What follows the inputs is not inferred again.
void write_numbers_of_gear(graph& g, std::size_t gear);

}  // namespace airloom
