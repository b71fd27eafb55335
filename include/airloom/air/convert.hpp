#pragma once
// Writing a graph as a file of another kind.

#include <airloom/graph/graph.hpp>
#include <cstdint>
#include <filesystem>
#include <optional>

namespace airloom::air {

enum class file_kind : std::uint8_t {
  air,        ///< a model file, as save() writes it
  dynamo,     ///< `dynamo.pbtxt`, as write_pbtxt() writes it
  ge_text,    ///< GE's text form, as write_ge_text() writes it
  onnx_text,  ///< ONNX's text form for Netron, as write_onnx_text() writes it
  dot,        ///< Graphviz, as write_dot() writes it
};

struct convert_options {
  /// Whether constants have their contents in `dynamo.pbtxt` and the text forms of GE and ONNX.
  bool with_contents = true;
};

/// The kind of file that a name asks for: ".air", ".txt" (GE's text form), ".onnx.pbtxt", ".pbtxt" (dynamo)
/// or
/// ".dot"; nothing for any other ending.
AIRLOOM_API std::optional<file_kind> kind_of_file(const std::filesystem::path& file);

/// Writes the graph: to a temporary name beside `file`, which is then renamed. Equal graphs give equal bytes.
/// Throws file_unwritable, and what the writer of the kind throws.
AIRLOOM_API void convert(const graph& g, file_kind kind, const std::filesystem::path& file,
                         const convert_options& options = {});

}  // namespace airloom::air
