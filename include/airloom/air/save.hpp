#pragma once
// Writing .air files in the form that GE itself writes (form A).

#include <airloom/graph/graph.hpp>
#include <filesystem>
#include <iosfwd>

namespace airloom::air {

/// Writes the graph as an .air file: to a temporary name beside `file`, which is then renamed.
///
/// What is in the graph is written as it is. Added, where it is missing, is what GE writes in every file: the
/// seven attributes of the model, four attributes and a device type ("NPU") of every description, val_type of
/// every list. Derived from the graph are the names of its inputs and the lists with the names of ports,
/// which are sorted by name. A size that moves with the gears is -1. Contents that a FileConstant or a Const
/// with a `location` has in a file of its own stay there: neither they nor their paths are changed.
///
/// Equal graphs give equal bytes. Contents of constants are written from where they lie and never gathered in
/// memory.
///
/// Throws   air_too_large before a byte is written where the file would have more than 2 147 483 647 bytes;
///          graph_invalid where an edge cannot be said by name; file_unwritable.
AIRLOOM_API void save(const graph& g, const std::filesystem::path& file);

/// The same to a stream; throws file_unwritable where the stream takes no more.
AIRLOOM_API void save(const graph& g, std::ostream& out);

}  // namespace airloom::air
