#include <fmt/format.h>
#include <airloom/air/gears_file.hpp>
#include <airloom/weights/map_file.hpp>
#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "air/atc_run.hpp"
#include "air/messages.hpp"
#include "graph/extent_text.hpp"
#include "graph/gear_numbers.hpp"
#include "text.hpp"

namespace airloom::air {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using nlohmann::ordered_json;

constexpr std::size_t largest_file = 4U << 20U;
constexpr int deepest_nesting = 4;
constexpr std::int64_t largest_size = std::numeric_limits<std::int32_t>::max();

// --- writing ---

ordered_json json_of_input(const node& input, const gear_set& gears) {
  const shape_value& shape = shape_of_input(input);
  ordered_json dims = ordered_json::array(), extents = ordered_json::array();
  for (std::size_t i = 0; i != shape.rank; ++i) {
    dims.push_back(dimension_in_file(shape[i], gears.view()));
    extents.push_back(text_of_extent(shape[i], gears));
  }
  return {
      {"name", input.name}, {"dtype", name_of(type_of_input(input))}, {"dims", dims}, {"extents", extents}};
}

ordered_json json_of_gear(const gear_set& gears, std::size_t gear) {
  ordered_json sizes = ordered_json::object();
  for (std::size_t axis = 0; axis != gears.axes.size(); ++axis)
    sizes[gears.axes[axis]] = gears.view().size(gear, axis);
  return sizes;
}

ordered_json json_of(const graph& g, const gear_options& options) {
  ordered_json inputs = ordered_json::array(), gears = ordered_json::array();
  for (const int input : g.inputs())
    inputs.push_back(json_of_input(g.nodes[static_cast<std::size_t>(input)], g.gears));
  for (std::size_t gear = 0; gear != g.gears.gears; ++gear) gears.push_back(json_of_gear(g.gears, gear));
  ordered_json result{{"inputs", inputs}, {"axes", g.gears.axes}, {"gears", gears}};
  for (const auto& [name, value] : ge_options(g)) result[name] = value;
  result["--input_shape"] = options.input_shape;
  result["--dynamic_dims"] = options.dynamic_dims;
  return result;
}

// --- reading ---

/// What is wrong with a file; who reads it says which file that is.
struct malformed {
  std::string what;
};

[[noreturn]] void refuse(const std::string& what) {
  throw malformed{what};
}

const json& member(const json& object, const char* name) {
  if (!object.is_object() || !object.contains(name)) refuse(fmt::format("the key '{}' is missing", name));
  return object.at(name);
}

const json& list(const json& object, const char* name) {
  const json& found = member(object, name);
  if (!found.is_array()) refuse(fmt::format("'{}' is no list", name));
  return found;
}

std::string text(const json& value, const char* name) {
  if (!value.is_string()) refuse(fmt::format("'{}' is no text", name));
  return value.get<std::string>();
}

std::int64_t size(const json& value, const std::string& axis) {
  if (!value.is_number_integer() || value.get<std::int64_t>() < 1 || value.get<std::int64_t>() > largest_size)
    refuse(fmt::format("the axis {} has a size that is no whole number from 1 to {}", in_quotes(axis),
                       largest_size));
  return value.get<std::int64_t>();
}

std::vector<std::string> read_axes(const json& file) {
  std::vector<std::string> axes;
  for (const json& axis : list(file, "axes")) {
    axes.push_back(text(axis, "axes"));
    if (axes.back().empty() || axes.back().find_first_of("+*0123456789-") == 0 ||
        axes.back().find_first_of("+*") != std::string::npos)
      refuse(fmt::format("{} is no name of an axis", in_quotes(axes.back())));
  }
  if (axes.empty() || axes.size() > max_axes) refuse(fmt::format("there are {} axes", axes.size()));
  if (std::set(axes.begin(), axes.end()).size() != axes.size()) refuse("an axis stands there twice");
  return axes;
}

gear_set read_gear_set(const json& file) {
  gear_set gears{read_axes(file), {}, 0};
  std::set<std::vector<std::int64_t>> rows;
  for (const json& gear : list(file, "gears")) {
    if (!gear.is_object() || gear.size() != gears.axes.size())
      refuse("a gear does not have one size an axis");
    std::vector<std::int64_t> row;
    for (const std::string& axis : gears.axes) row.push_back(size(member(gear, axis.c_str()), axis));
    gears.sizes.insert(gears.sizes.end(), row.begin(), row.end());
    if (!rows.insert(std::move(row)).second) refuse("a gear stands there twice");
    if (++gears.gears > ascend_950_gear_limit) refuse("there are more gears than any chip takes");
  }
  if (gears.gears < 2) refuse("there are fewer than two gears");
  return gears;
}

shape_value read_shape(const json& input, const gear_set& gears) {
  shape_value shape;
  const json& extents = list(input, "extents");
  if (extents.size() > max_rank) refuse(fmt::format("an input has more than {} dimensions", max_rank));
  for (const json& written : extents) {
    const std::optional<extent> read = extent_of_text(text(written, "extents"), gears);
    if (!read) refuse(fmt::format("{} is no size over the axes", in_quotes(text(written, "extents"))));
    shape.push(*read);
  }
  return shape;
}

tensor_summary read_input(const json& input, const gear_set& gears) {
  tensor_summary result{text(member(input, "name"), "name"), from_name(text(member(input, "dtype"), "dtype")),
                        read_shape(input, gears)};
  std::vector<std::int64_t> dims;
  for (std::size_t i = 0; i != result.shape.rank; ++i)
    dims.push_back(dimension_in_file(result.shape[i], gears.view()));
  if (list(input, "dims") != json(dims))
    refuse(fmt::format("'dims' and 'extents' of the input {} differ", in_quotes(result.name)));
  return result;
}

std::vector<std::string> read_models(const json& file, std::size_t gears) {
  std::vector<std::string> models;
  if (!file.contains("models")) return models;
  for (const json& model : list(file, "models")) {
    models.push_back(text(model, "models"));
    const fs::path path{models.back()};
    if (path.empty() || path.is_absolute() || std::find(path.begin(), path.end(), "..") != path.end() ||
        models.back().find('\0') != std::string::npos)
      refuse(fmt::format("the model {} lies outside the folder", in_quotes(models.back())));
  }
  if (models.size() != gears) refuse("there is not one model a gear");
  return models;
}

/// The inputs as the Data of a graph, of which gears_of() tells the options.
graph graph_of_inputs(const gears_file& file) {
  graph g;
  g.gears = file.gears;
  for (const tensor_summary& input : file.inputs) {
    node data;
    data.name = input.name;
    data.type = "Data";
    data.attributes["index"].value = static_cast<std::int64_t>(g.nodes.size());
    data.output_descriptions.resize(1);
    data.output_descriptions[0].type = input.type;
    data.output_descriptions[0].shape = input.shape;
    g.nodes.push_back(std::move(data));
  }
  return g;
}

std::optional<gear_options> options_of(const graph& g) {
  try {
    return gears_of(g);
  } catch (const error& wrong) {
    refuse(wrong.happened());
  }
}

gears_file read_object(const json& object) {
  gears_file file;
  file.gears = read_gear_set(object);
  for (const json& input : list(object, "inputs")) file.inputs.push_back(read_input(input, file.gears));
  file.models = read_models(object, file.gears.gears);
  const graph g = graph_of_inputs(file);
  const std::optional<gear_options> options = options_of(g);
  if (!options) refuse("no size of an input moves");
  file.options = *options;
  std::map<std::string, std::string> said = ge_options(g);
  said["--input_shape"] = options->input_shape;
  said["--dynamic_dims"] = options->dynamic_dims;
  for (const auto& [name, value] : said)
    if (text(member(object, name.c_str()), name.c_str()) != value)
      refuse(fmt::format("'{}' does not say the same as inputs and gears", name));
  return file;
}

json parse_json(const fs::path& path) {
  const blob content = weights::map_file(path.string());
  if (content.size > largest_file) refuse("it is larger than 4 MB");
  const auto check_depth = [](int depth, json::parse_event_t /*event*/, json& /*parsed*/) {
    if (depth > deepest_nesting) refuse("it is nested too deep");
    return true;
  };
  const auto* const first = reinterpret_cast<const char*>(content.data);
  json parsed = json::parse(first, first + content.size, check_depth, false);
  if (parsed.is_discarded()) refuse("it is no JSON");
  return parsed;
}

// --- joining it with its model ---

bool fits(const shape_value& in_file, const shape_value& declared, const gear_view& gears) {
  if (!in_file.rank_known) return true;
  if (in_file.rank != declared.rank) return false;
  for (std::size_t i = 0; i != in_file.rank; ++i) {
    const std::int64_t dimension = dimension_in_file(declared[i], gears);
    if (!(in_file[i].is_known() ? in_file[i].is(dimension) : dimension == -1)) return false;
  }
  return true;
}

[[noreturn]] void throw_other_inputs(const std::string& what) {
  throw error{error_code::file_malformed, "The file of gears belongs to another model: " + what,
              "Export the model again, so that both files are of one export."};
}

}  // namespace

fs::path gears_file_of(const fs::path& model) {
  fs::path file = model;
  return file.replace_extension(".gears.json");
}

std::optional<std::string> gears_text(const graph& g, const std::vector<std::string>& models,
                                      std::size_t limit) {
  const std::optional<gear_options> options = gears_of(g, limit);
  if (!options) return std::nullopt;
  ordered_json file = json_of(g, *options);
  if (!models.empty()) file["models"] = models;
  return file.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

gears_file read_gears(const fs::path& file) {
  try {
    return read_object(parse_json(file));
  } catch (const malformed& wrong) {
    throw error{error_code::file_malformed,
                fmt::format("{} is no file of gears: {}.", in_quotes(file.string()), wrong.what),
                "Export the model again."};
  }
}

void check_same_inputs(const graph& g, const gears_file& file) {
  const std::vector<int> inputs = g.inputs();
  if (inputs.size() != file.inputs.size())
    throw_other_inputs(fmt::format("it has {} inputs, the model {}.", file.inputs.size(), inputs.size()));
  for (std::size_t i = 0; i != inputs.size(); ++i) {
    const node& input = g.nodes[static_cast<std::size_t>(inputs[i])];
    const tensor_summary& said = file.inputs[i];
    if (input.name != said.name || type_of_input(input) != said.type ||
        !fits(shape_of_input(input), said.shape, file.gears.view()))
      throw_other_inputs(
          fmt::format("its input {} is not {} of the model.", in_quotes(said.name), in_quotes(input.name)));
  }
}

graph with_gears(const graph& g, const gears_file& file) {
  check_same_inputs(g, file);
  graph result = g;
  result.gears = file.gears;
  const std::vector<int> inputs = result.inputs();
  for (std::size_t i = 0; i != inputs.size(); ++i)
    set_shape_of_input(result.nodes[static_cast<std::size_t>(inputs[i])], file.inputs[i].shape);
  throw_first_error(infer(result));
  return result;
}

}  // namespace airloom::air
