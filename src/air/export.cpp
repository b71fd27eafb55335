#include <airloom/air/export.hpp>

#include <airloom/graph/graph.hpp>

#include "air/export_folder.hpp"
#include "air/graph_files.hpp"
#include "air/manifest.hpp"
#include "air/sizes.hpp"

namespace airloom::air {

std::vector<std::filesystem::path> export_model(const graph& model, const export_options& options) {
  const std::string name = model_name(options.name);
  check_target(options.target);
  const graph_files files{model, {name + ".air", ""}, options};
  export_folder folder{options.path, options.manifest};
  files.write_to(folder);
  const graph written = with_chosen_sizes(model, options.sizes);
  const manifest_model described{name + ".air", &written};
  if (options.manifest) write_manifest(folder, {&described, 1});
  return folder.commit();
}

}  // namespace airloom::air
