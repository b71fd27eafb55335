#pragma once
// `dynamo.pbtxt`: the graph as text, as TorchAir writes it beside an .air file, for Netron and TensorBoard.

#include <airloom/api.hpp>
#include <cstdint>
#include <iosfwd>
#include <limits>
#include <string>

namespace airloom {
struct graph;
}

namespace airloom::air {

struct pbtxt_options {
  /// The contents of constants of more bytes are left out: such a constant has its description and no `data`.
  std::uint64_t largest_constant = std::numeric_limits<std::uint64_t>::max();
};

/// Writes the graph as TorchAir writes its own: one block a node, attributes and descriptions in protobuf's
/// text form within a Python literal, the contents of constants in full (about four characters a byte). They
/// are written from where they lie and never gathered in memory; those that lie in files of their own stay
/// there.
///
/// Attributes stand in the order of the operator's prototype, required ones first, then the others by name,
/// then the names of ports. TorchAir writes them in the order in which its converters set them, which for an
/// operator without a prototype here may be another. Its file is written before the last normalisation, in
/// which weights have no names of ports yet, and so is this one.
AIRLOOM_API void write_pbtxt(const graph& g, std::ostream& out, const pbtxt_options& options = {});
AIRLOOM_API std::string to_pbtxt(const graph& g, const pbtxt_options& options = {});

}  // namespace airloom::air
