#pragma once
// How many bytes the contents of a tensor have.

#include <airloom/graph/graph.hpp>
#include <optional>

namespace airloom {

/// Bytes that a description asks for; nullopt where its shape or element type does not say, or where they are
/// more than can be counted.
std::optional<std::uint64_t> bytes_of(const tensor_description& description);

}  // namespace airloom
