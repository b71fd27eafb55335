#pragma once
// A graph as the text form of an ONNX model, for Netron, as GE dumps its graphs (`ge_onnx_*.pbtxt`).

#include <airloom/graph/graph.hpp>
#include <iosfwd>

namespace airloom::air {

/// Writes one ONNX node an operator, of type "ge:Add" for an Add, so that Netron does not take it for ONNX's
/// own Add and shows all of its edges. An edge is the value "name:0", a control edge "name:-1", an input that
/// is not fed "". Attributes of ONNX nodes are texts and numbers and lists of them; so become the operator's
/// attributes, its descriptions ("input_desc_shape:0") and the contents of constants ("value_data"). Kinds of
/// attributes that have no such form are left out, as GE leaves them out, but for element types, which become
/// their names. Further graphs of the file become nodes of type "subgraph". This is a picture of the graph:
/// nobody can run it as ONNX or read it back.
///
/// `with_contents`: whether constants have their contents (up to four characters a byte).
/// Throws graph_invalid where an edge cannot be said by name.
AIRLOOM_API void write_onnx_text(const graph& g, std::ostream& out, bool with_contents = true);

}  // namespace airloom::air
