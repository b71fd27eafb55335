#pragma once
// Exporting the models of all ranks of a world at once, with the files that say where each of them runs.

#include <airloom/air/export.hpp>
#include <airloom/graph/ranks.hpp>

namespace airloom::air {

/// One machine and the ranks on it: the rank at place i of `ranks` runs on its device i.
struct cluster_node {
  int id = 0;
  std::string type = "ATLAS800";
  std::string address = "127.0.0.1";
  int port = 29500;
  std::vector<int> ranks = {};
};

/// `model_relation_config.json` and `numa_config.json`, in TorchAir's form. TorchAir knows of no machines and
/// puts all ranks on node 0, to be edited by hand; `nodes` places them instead.
struct deployment {
  bool write_files = false;  ///< only where a collective is used: without one there is nothing to deploy
  std::vector<cluster_node> nodes = {};  ///< none: all ranks on one node with the values above
  std::string device_type = "Ascend910";
};

struct export_ranks_options {
  export_options model = {};  ///< the name of rank r's file is model.name followed by r
  deployment deploy = {};
};

/// Writes, all together or not at all, for every rank r
///   <path>/<name><r>.air, <path>/rank_<r>/dynamo.pbtxt and, where they lie outside,
///   <path>/rank_<r>/<weights>;
/// where `deploy` asks for them, <path>/model_relation_config.json and <path>/numa_config.json; and
/// <path>/manifest.json over all of these. Returns the paths.
///
/// The ranks are checked against each other first: nothing is written where their collectives do not
/// meet.
/// Throws   as export_model(); ranks_disagree with the first thing that check_ranks() finds; usage for
///          no rank at all and for nodes that leave a rank out, have one twice, or share an id.
AIRLOOM_API std::vector<std::filesystem::path> export_ranks(const rank_graphs& ranks,
                                                            const export_ranks_options& options = {});

/// The text of model_relation_config.json: which file runs on which device, which groups there are, which
/// rank is which. `name` is that of the files. Groups come in the order in which rank 0, then rank 1, … names
/// them; TorchAir lists those of rank 0 alone. Throws    usage as export_ranks(); ranks_disagree for a group
/// whose members nobody says.
AIRLOOM_API std::string model_relation_text(const std::string& name, const rank_graphs& ranks,
                                            const deployment& deploy = {});
/// The text of numa_config.json: machines and their devices. Throws    usage as export_ranks().
AIRLOOM_API std::string numa_text(std::size_t ranks, const deployment& deploy = {});

}  // namespace airloom::air
