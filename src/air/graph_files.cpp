#include "air/graph_files.hpp"

#include <fmt/format.h>
#include <airloom/air/gears_file.hpp>
#include <airloom/graph/specialise_to_gear.hpp>
#include <algorithm>

#include "air/exported_form.hpp"
#include "air/graph_message.hpp"
#include "air/origin.hpp"
#include "air/sizes.hpp"
#include "text.hpp"

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

graph form_of(graph g, const export_options& options) {
  graph form = exported_form(std::move(g));
  if (options.module_stack) write_module_stacks(form);
  if (options.source_lines) write_source_lines(form);
  return form;
}

/// Lets paths that begin in the folder of the model begin in one below it.
void lead_from(const fs::path& folder, graph& g) {
  for (node& n : g.nodes) {
    const auto found = n.type == "FileConstant" ? n.attributes.find("file_path") : n.attributes.end();
    if (found == n.attributes.end()) continue;
    if (auto* path = std::get_if<std::string>(&found->second.value);
        path != nullptr && fs::path{*path}.is_relative())
      *path = fs::path{*path}.lexically_relative(folder).string();
  }
}

void write_message(const message_pieces& message, output_file& file) {
  message.write([&file](std::span<const std::byte> bytes) { file.write(bytes); });
}

bool is_fit_for_a_file(const std::string& name) {
  const auto is_unfit = [](char character) {
    return character == ':' || static_cast<unsigned char>(character) < 0x20 || character == 0x7F;
  };
  return !name.empty() && std::none_of(name.begin(), name.end(), is_unfit);
}

}  // namespace

std::string model_name(const std::string& name) {
  const fs::path path{name};
  const bool leads_elsewhere =
      std::any_of(path.begin(), path.end(), [](const fs::path& part) { return part == "." || part == ".."; });
  const std::string last = path.filename().string();
  if (!leads_elsewhere && is_fit_for_a_file(last)) return last;
  throw error{
      error_code::usage, fmt::format("{} is no name for a model's file.", in_quotes(name)),
      "Choose a name without '..', ':' and control characters that does not end in '/'; the folder is "
      "chosen by 'path'."};
}

graph_files::graph_files(const graph& model, graph_place place, const export_options& options)
    : place_{std::move(place)}, text_{options.text} {
  throw_first_error(verify(model));
  placed_weights placed = place_weights(model, options.weights, weights_folder(place_, options));
  weights_ = std::move(placed.files);
  if (options.sizes.form == size_form::in_gears) add_gears(placed.g, options);
  form_ = form_of(with_chosen_sizes(placed.g, options.sizes), options);
  message_ = encode_model(form_);
}

void graph_files::add_gears(const graph& model, const export_options& options) {
  const std::size_t limit = gear_limit(options.target);
  if (!gears_of(model, limit)) return;
  std::vector<std::string> names;
  const bool wants_static_models = options.sizes.static_models.value_or(!takes_gears(options.target));
  for (std::size_t gear = 0; wants_static_models && gear != model.gears.gears; ++gear) {
    names.push_back(folder_of_gear(model.gears, gear) + "/" + place_.model);
    graph one = specialise_to_gear(model, gear);
    if (options.weights.path == weight_path::model_folder)
      lead_from(fs::path{names.back()}.parent_path(), one);
    static_models_.push_back({names.back(), encode_model(form_of(std::move(one), options))});
  }
  gears_ = gears_text(model, names, limit);
}

void graph_files::write_to(export_folder& folder) const {
  if (!place_.shared_weights)
    for (const weight_file& weight : weights_)
      folder.write(place_.folder / weight.name,
                   [&weight](output_file& file) { file.write(weight.bytes.span()); });
  folder.write(place_.model, [this](output_file& file) { write_message(message_, file); });
  folder.write_text(place_.folder / "dynamo.pbtxt",
                    [this](std::ostream& out) { write_pbtxt(form_, out, text_); });
  if (gears_) folder.write(gears_file_of(place_.model), [this](output_file& file) { file.write(*gears_); });
  for (const model_file& model : static_models_)
    folder.write(model.name, [&model](output_file& file) { write_message(model.message, file); });
}

}  // namespace airloom::air
