#include "air/weight_placement.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <filesystem>
#include <set>

#include "air/exported_form.hpp"
#include "air/graph_message.hpp"
#include "graph/contents.hpp"
#include "text.hpp"

namespace airloom::air {

namespace {

constexpr std::size_t smallest_nameless_weight = 1024;

struct weight {
  std::size_t node = 0;
  std::string name;  ///< of the parameter
  tensor_contents contents;
  bool outside = false;
};

// --- which constants are weights ---

bool is_constant(const node& n) {
  return n.type == "Const" || n.type == "Constant";
}

const tensor_contents* contents_of(const node& n) {
  const attribute* value = n.find("value");
  return value == nullptr ? nullptr : value->get<tensor_contents>();
}

/// Recording gives the contents of a parameter its name (graph/from_tape.hpp).
bool is_parameter(const node& n) {
  const tensor_contents* contents = is_constant(n) ? contents_of(n) : nullptr;
  return contents != nullptr && !contents->description.name.empty();
}

bool is_nameless_weight(const node& n) {
  if (has_contents_elsewhere(n)) return true;
  const tensor_contents* contents = is_constant(n) ? contents_of(n) : nullptr;
  return contents != nullptr && contents->data.size >= smallest_nameless_weight &&
         n.find("_readable_value") == nullptr;
}

std::string name_of(const node& n) {
  if (is_parameter(n)) return contents_of(n)->description.name;
  const attribute* path = n.type == "FileConstant" ? n.find("file_path") : nullptr;
  const std::string* text = path == nullptr ? nullptr : path->get<std::string>();
  return text == nullptr || text->empty() ? n.name : text->substr(text->rfind('/') + 1);
}

void check_contents(const weight& w) {
  const std::optional<std::uint64_t> needed = bytes_of(w.contents.description);
  if (needed && *needed == w.contents.data.size) return;
  throw error{error_code::weights_do_not_fit,
              fmt::format("The weight {} has {} bytes of contents where its shape and element type need {}.",
                          in_quotes(w.name), w.contents.data.size, needed ? std::to_string(*needed) : "some"),
              "Bind the model's weights before it is exported, or load it with its weights."};
}

std::vector<weight> weights_of(const graph& g) {
  const bool has_parameters = std::any_of(g.nodes.begin(), g.nodes.end(), is_parameter);
  std::vector<weight> weights;
  for (std::size_t i = 0; i != g.nodes.size(); ++i) {
    const node& n = g.nodes[i];
    if (has_parameters ? !is_parameter(n) && !has_contents_elsewhere(n) : !is_nameless_weight(n)) continue;
    weight w{i, name_of(n), {}, false};
    if (const tensor_contents* contents = contents_of(n)) w.contents = *contents;
    check_contents(w);
    weights.push_back(std::move(w));
  }
  return weights;
}

// --- where each of them goes ---

void check_exceptions(const std::vector<weight>& weights, const weight_options& options) {
  std::set<std::string_view> names;
  for (const weight& w : weights) names.insert(w.name);
  for (const auto& [name, place] : options.of)
    if (!names.contains(name))
      throw error{error_code::usage, fmt::format("The model has no weight {}.", in_quotes(name)),
                  fmt::format("Its weights are: {}.", fmt::join(names, ", "))};
}

weight_place place_of(const weight& w, const weight_options& options) {
  const auto exception = options.of.find(w.name);
  const bool is_exception = exception != options.of.end() && exception->second != weight_place::automatic;
  return is_exception ? exception->second : options.place;
}

/// TorchAir counts before it replaces weights, when they are still inputs.
std::uint64_t bytes_with_weights_as_inputs(graph g, const std::vector<weight>& weights) {
  auto index = static_cast<std::int64_t>(g.inputs().size());
  for (const weight& w : weights) {
    node& n = g.nodes[w.node];
    n.type = "Data";
    n.attributes = {{"index", attribute{index++}}};
    n.inputs = {value_reference{}};
    n.input_names = {"x"};
    n.output_names = {"y"};
    n.output_descriptions = {w.contents.description};
    n.output_descriptions[0].name.clear();
    n.input_descriptions = n.output_descriptions;
  }
  return encode_graph(exported_form(std::move(g))).size();
}

void decide(const graph& g, std::vector<weight>& weights, const weight_options& options) {
  check_exceptions(weights, options);
  std::uint64_t total = 0;
  bool any_automatic = false;
  for (weight& w : weights) {
    const weight_place place = place_of(w, options);
    w.outside = place == weight_place::outside;
    any_automatic |= place == weight_place::automatic;
    if (!w.outside) total += w.contents.data.size;
  }
  if (!any_automatic || total + bytes_with_weights_as_inputs(g, weights) <= options.limit) return;
  for (weight& w : weights) w.outside |= place_of(w, options) == weight_place::automatic;
}

// --- the nodes ---

tensor_description without_name(tensor_description description) {
  description.name.clear();
  return description;
}

void become_constant(node& n, const weight& w) {
  if (n.type == "FileConstant") n.output_names = {""};  // the one output of a Const has no name
  if (has_contents_elsewhere(n)) {
    n.type = "Const";
    n.definition = find_operator(n.type);
    n.output_descriptions = {without_name(w.contents.description)};
    n.attributes = {{"value", attribute{w.contents}}};
  }
}

void become_file_constant(node& n, const weight& w, std::string path) {
  std::vector<std::int64_t> sizes;
  for (std::size_t i = 0; i != w.contents.description.shape.rank; ++i)
    sizes.push_back(w.contents.description.shape[i].constant());
  n.type = "FileConstant";
  n.definition = find_operator(n.type);
  n.output_names = {"y"};
  n.output_descriptions = {without_name(w.contents.description)};
  n.attributes = {{"shape", attribute{std::move(sizes)}},
                  {"dtype", attribute{w.contents.description.type}},
                  {"file_path", attribute{std::move(path)}},
                  {"file_id", attribute{std::string{}}}};
}

// --- the files ---

std::string file_name_of(const weight& w) {
  constexpr std::size_t longest = 255;  // NAME_MAX
  std::string name = w.name;
  std::replace(name.begin(), name.end(), '.', '_');
  const auto is_unfit = [](char character) {
    return character == '/' || static_cast<unsigned char>(character) < 0x20 || character == 0x7F;
  };
  if (name.empty() || name.size() > longest || std::any_of(name.begin(), name.end(), is_unfit))
    throw error{error_code::weights_do_not_fit,
                fmt::format("The weight {} cannot lie in a file of its own: its name is none for a file.",
                            in_quotes(w.name)),
                "Rename the parameter, or keep this weight inside the model."};
  return name;
}

class filing {
 public:
  std::vector<weight_file> files;

  /// The name of the file of a weight, which may be that of a weight with the same bytes.
  std::string file(const weight& w) {
    const blob& bytes = w.contents.data;
    const auto same_bytes = std::find_if(files.begin(), files.end(), [&](const weight_file& other) {
      return bytes.size != 0 && other.bytes.data == bytes.data && other.bytes.size == bytes.size;
    });
    if (same_bytes != files.end()) return same_bytes->name;
    std::string name = file_name_of(w);
    const auto [owner, is_new] = owners_.try_emplace(name, w.name);
    if (!is_new)
      throw error{error_code::weights_do_not_fit,
                  fmt::format("The weights {} and {} would both lie in the file {}.",
                              in_quotes(owner->second), in_quotes(w.name), in_quotes(name)),
                  "Rename one of the parameters, or keep one of them inside the model."};
    files.push_back({name, bytes});
    return name;
  }

 private:
  std::map<std::string, std::string> owners_;
};

}  // namespace

placed_weights place_weights(graph g, const weight_options& options, const std::string& folder) {
  std::vector<weight> weights = weights_of(g);
  decide(g, weights, options);
  filing outside;
  for (const weight& w : weights) {
    node& n = g.nodes[w.node];
    if (!w.outside) {
      become_constant(n, w);
      continue;
    }
    const std::string name = outside.file(w);
    become_file_constant(n, w, folder.empty() ? name : (std::filesystem::path{folder} / name).string());
  }
  return {std::move(g), std::move(outside.files)};
}

}  // namespace airloom::air
