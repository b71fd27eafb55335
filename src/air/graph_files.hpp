#pragma once
// The files that one graph leaves in an export.

#include <airloom/air/export.hpp>
#include <airloom/graph/graph.hpp>
#include <optional>

#include "air/export_folder.hpp"
#include "air/message_pieces.hpp"
#include "air/weight_placement.hpp"

namespace airloom::air {

/// Where the files of a graph go, relative to the folder of the export.
struct graph_place {
  std::string model;             ///< the .air file: "export.air", "export1.air"
  std::filesystem::path folder;  ///< of dynamo.pbtxt and the weights: empty, or "rank_1"
  /// The folder in which another graph of the export has the same weights: this one writes none.
  std::optional<std::filesystem::path> shared_weights = {};
};

/// The last component of the name in the options, which is all that TorchAir takes.
/// Throws   usage where it is no name for a file.
std::string model_name(const std::string& name);

/// A graph ready to be written: everything that can be wrong with it was found by the constructor, so an
/// export prepares all of its graphs before it touches the disk.
class graph_files {
 public:
  /// Throws   what verify() found; what place_weights(), with_chosen_sizes() and gears_of() throw;
  ///          graph_invalid; air_too_large.
  graph_files(const graph& model, graph_place place, const export_options& options);

  /// Writes the weights that lie outside, the .air file, dynamo.pbtxt, the gears and the static models.
  void write_to(export_folder& folder) const;

  /// The graph as it is written, with its weights where they were put.
  const graph& form() const { return form_; }

 private:
  /// A file with a model.
  struct model_file {
    std::string name;
    message_pieces message;
  };
  void add_gears(const graph& model, const export_options& options);

  graph_place place_;
  pbtxt_options text_;
  std::vector<weight_file> weights_;
  graph form_;
  message_pieces message_;
  std::optional<std::string> gears_;  ///< the text of the file of gears
  std::vector<model_file> static_models_;
};

}  // namespace airloom::air
