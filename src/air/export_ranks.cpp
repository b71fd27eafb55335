#include <airloom/air/export_ranks.hpp>

#include <fmt/format.h>
#include <airloom/graph/graph.hpp>
#include <deque>
#include <ostream>

#include "air/export_folder.hpp"
#include "air/graph_files.hpp"
#include "air/manifest.hpp"
#include "air/sizes.hpp"

namespace airloom::air {

namespace {

namespace fs = std::filesystem;

using named_texts = std::vector<std::pair<fs::path, std::string>>;

/// What the two files of deployment say; nothing where they are not asked for.
named_texts deployment_files(const rank_graphs& ranks, const std::string& name, const deployment& deploy) {
  if (!deploy.write_files || groups_in_use(ranks).empty()) return {};
  return {{"model_relation_config.json", model_relation_text(name, ranks, deploy)},
          {"numa_config.json", numa_text(ranks.size(), deploy)}};
}

}  // namespace

std::vector<fs::path> export_ranks(const rank_graphs& ranks, const export_ranks_options& options) {
  if (ranks.size() == 0)
    throw error{error_code::usage, "There is no rank to export.", "Give the graph of every rank."};
  const std::string name = model_name(options.model.name);
  check_target(options.model.target);
  for (std::size_t rank = 0; rank != ranks.size(); ++rank) throw_first_error(verify(ranks[rank]));
  throw_first_error(check_ranks(ranks));
  const named_texts texts = deployment_files(ranks, name, options.deploy);
  std::deque<graph_files> files;
  std::deque<graph> written;
  std::vector<manifest_model> described;
  for (std::size_t rank = 0; rank != ranks.size(); ++rank) {
    const std::string model = fmt::format("{}{}.air", name, rank);
    files.emplace_back(ranks[rank], graph_place{model, fmt::format("rank_{}", rank)}, options.model);
    written.push_back(with_chosen_sizes(ranks[rank], options.model.sizes));
    described.push_back({model, &written.back()});
  }
  export_folder folder{options.model.path, options.model.manifest};
  for (const graph_files& of_rank : files) of_rank.write_to(folder);
  for (const auto& file : texts)
    folder.write_text(file.first, [&](std::ostream& out) { out << file.second; });
  if (options.model.manifest) write_manifest(folder, described);
  return folder.commit();
}

}  // namespace airloom::air
