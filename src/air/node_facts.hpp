#pragma once
// What a node says besides its name and its edges, in a form in which equal meanings are equal.

#include "air/messages.hpp"

namespace airloom::air {

bool is_constant(const node& n);

/// The contents of a constant, with their description, wherever they lie; null where they were not read.
const tensor_contents* contents_of(const node& n);

/// Whether an attribute says only what a node or a tensor is called.
bool repeats_a_name(std::string_view attribute_name);
/// Whether an attribute of a constant says only where its contents lie, or repeats their description.
bool tells_place_of_contents(const node& n, std::string_view attribute_name);

/// A hash of all that two nodes have to share to be the same but for names and edges.
std::string hash_without_names(const node& n, const gear_view& gears);

}  // namespace airloom::air
