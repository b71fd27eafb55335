#pragma once
// Reading .air files: what TorchAir and GE write, and what we write; and their text form.

#include <airloom/graph/graph.hpp>
#include <filesystem>

namespace airloom::air {

struct load_options {
  /// The folder that holds weights kept outside the model; empty: the folder of the model.
  std::filesystem::path weights_folder;
  /// Whether contents that lie in other files are mapped; false: their nodes only say where they are.
  bool read_weights = true;
};

/// The graph of an .air file, in the form that `dynamo_export` leaves on disk or in the one that TorchAir's
/// Python hands to GE (there the names of ports may stand in the descriptions).
///
/// Contents of constants are not copied: the graph keeps the file mapped, so the file must not be changed in
/// place while the graph lives (replacing it by another file is harmless). Everything else takes at most 32
/// MB and 256 bytes for each of its bytes in the file.
///
/// A file that begins with the name of a field is read as protobuf's text form: of a model, as GE dumps it
/// (`ge_proto_*.txt`) and write_ge_text() writes it, or of a graph, as TorchAir dumps it. Contents in it are
/// copied.
///
/// Contents in files of their own are mapped too: those of a FileConstant go to its attribute `value`, those
/// of a Const whose attributes `location`, `offset` and `length` name a file into the tensor that it has.
/// Files are looked for in one folder only; the path that a FileConstant names may begin with the folder in
/// which it was exported, so its longest tail that exists in the folder is taken. Links are not followed.
///
/// Needs    at most 2 147 483 647 bytes; 256 MB, 2 000 000 messages and 100 levels besides constants; shapes
///          of at most 8 dimensions; every edge leads somewhere; every file of weights is there and has the
///          size that its tensor needs.
/// Throws   file_unreadable, air_malformed, air_too_large, rank_unsupported, path_refused,
///          weights_do_not_fit. What GE's own loader accepts is accepted, cycles and missing attributes too:
///          verify() and infer() report those.
AIRLOOM_API graph load(const std::filesystem::path& file, const load_options& options = {});

/// The same from memory. Contents of constants are parts of `model`, kept alive by its owner. Weights in
/// other files are looked for in `options.weights_folder` alone.
AIRLOOM_API graph parse(const blob& model, const load_options& options = {});

}  // namespace airloom::air
