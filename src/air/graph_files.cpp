#include "air/graph_files.hpp"

#include "air/exported_form.hpp"
#include "air/graph_message.hpp"
#include "air/origin.hpp"

namespace airloom::air {

namespace {

namespace fs = std::filesystem;

/// What the paths of weights begin with.
std::string weights_folder(const graph_place& place, const export_options& options) {
  const fs::path folder = place.shared_weights.value_or(place.folder);
  if (options.weights.path == weight_path::export_path) return (options.path / folder).string();
  const fs::path from_model = folder.lexically_relative(fs::path{place.model}.parent_path());
  return from_model == "." ? "" : from_model.string();
}

}  // namespace

graph_files::graph_files(const graph& model, graph_place place, const export_options& options)
    : place_{std::move(place)}, text_{options.text} {
  throw_first_error(verify(model));
  placed_weights placed = place_weights(model, options.weights, weights_folder(place_, options));
  weights_ = std::move(placed.files);
  form_ = exported_form(std::move(placed.g));
  if (options.module_stack) write_module_stacks(form_);
  if (options.source_lines) write_source_lines(form_);
  message_ = encode_model(form_);
}

void graph_files::write_to(export_folder& folder) const {
  if (!place_.shared_weights)
    for (const weight_file& weight : weights_)
      folder.write(place_.folder / weight.name,
                   [&weight](output_file& file) { file.write(weight.bytes.span()); });
  folder.write(place_.model, [this](output_file& file) {
    message_.write([&file](std::span<const std::byte> bytes) { file.write(bytes); });
  });
  folder.write_text(place_.folder / "dynamo.pbtxt",
                    [this](std::ostream& out) { write_pbtxt(form_, out, text_); });
}

}  // namespace airloom::air
