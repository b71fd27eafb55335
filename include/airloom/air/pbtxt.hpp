#pragma once
// `dynamo.pbtxt`: the graph as text, as TorchAir writes it beside an .air file, for Netron and TensorBoard.

#include <airloom/graph/graph.hpp>
#include <iosfwd>

namespace airloom::air {

/// Writes the graph as TorchAir writes its own: one block a node, attributes and descriptions in protobuf's
/// text form within a Python literal, the contents of constants in full (about four characters a byte).
///
/// Attributes stand in the order of the operator's prototype, required ones first, then the others by name,
/// then the names of ports. TorchAir writes them in the order in which its converters set them, which for an
/// operator without a prototype here may be another. Its file is written before the last normalisation, in
/// which weights have no names of ports yet, and so is this one.
AIRLOOM_API void write_pbtxt(const graph& g, std::ostream& out);
AIRLOOM_API std::string to_pbtxt(const graph& g);

}  // namespace airloom::air
