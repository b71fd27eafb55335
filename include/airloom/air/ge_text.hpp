#pragma once
// The text form of .air files, as GE dumps its graphs (`ge_proto_*.txt`). load() reads it.

#include <airloom/graph/graph.hpp>
#include <iosfwd>

namespace airloom::air {

/// Writes protobuf's text form of the message that save() writes, field by field in the order of their
/// numbers and with map entries sorted.
///
/// `with_contents`: whether constants have their contents (up to four characters a byte) or only their
/// descriptions. Text has no form for fields that airloom's schema does not know: they are left out.
/// Throws graph_invalid where an edge cannot be said by name.
AIRLOOM_API void write_ge_text(const graph& g, std::ostream& out, bool with_contents = true);

}  // namespace airloom::air
