#include "air/external_weights.hpp"

#include <fmt/format.h>
#include <airloom/weights/map_file.hpp>

#include "air/messages.hpp"
#include "graph/contents.hpp"
#include "text.hpp"

namespace airloom::air {

namespace {

namespace fs = std::filesystem;

const std::string* text_of(const node& n, std::string_view name) {
  const attribute* found = n.find(name);
  return found == nullptr ? nullptr : found->get<std::string>();
}

const std::int64_t* number_of(const node& n, std::string_view name) {
  const attribute* found = n.find(name);
  return found == nullptr ? nullptr : found->get<std::int64_t>();
}

// --- where contents are ---

std::uint64_t byte_count(const char* attribute_name, std::int64_t value) {
  if (value < 0)
    throw error{error_code::air_malformed, fmt::format("The attribute '{}' is {}.", attribute_name, value),
                "Write a number of bytes from 0 on."};
  return static_cast<std::uint64_t>(value);
}

// --- which file that is ---

/// The names on a path, without "." and empty ones. Leading ".." are dropped where `may_lead_up`: they are
/// the part of a path that only held where the model was exported.
std::vector<std::string> names_on(const std::string& path, bool may_lead_up) {
  std::vector<std::string> names;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string name = path.substr(begin, end - begin);
    begin = end + 1;
    if (name.empty() || name == "." || (name == ".." && names.empty() && may_lead_up)) continue;
    if (name == ".." || name.find('\0') != std::string::npos)
      throw error{error_code::path_refused,
                  fmt::format("The path {} leaves the folder of the weights.", in_quotes(path)),
                  "Put the file into that folder, and name it without '..'."};
    names.push_back(name);
  }
  return names;
}

/// The file with these names below `folder`; an empty path where there is none. Throws path_refused at a
/// link.
fs::path regular_file_below(const fs::path& folder, std::span<const std::string> names) {
  fs::path path = folder;
  for (const std::string& name : names) {
    path /= name;
    std::error_code ignored;
    const fs::file_status status = fs::symlink_status(path, ignored);
    if (fs::is_symlink(status))
      throw error{error_code::path_refused, fmt::format("{} is a link.", in_quotes(path.string())),
                  "Put the file itself there: links are not followed."};
    if (!fs::exists(status)) return {};
  }
  return path;
}

/// The file that a path means. One path is relative to the model's folder; the other begins wherever the
/// model was exported, so its longest tail counts that names a file.
fs::path find_file(const fs::path& folder, const place_in_file& place) {
  const std::vector<std::string> names = names_on(place.path, !place.length);
  const std::span<const std::string> all{names};
  const std::size_t tails = place.length ? std::min<std::size_t>(1, names.size()) : names.size();
  for (std::size_t begin = 0; begin != tails; ++begin) {
    fs::path found = regular_file_below(folder, all.subspan(begin));
    if (!found.empty()) return found;
  }
  throw error{error_code::file_unreadable,
              fmt::format("The file {} of its contents is not in the folder {}.", in_quotes(place.path),
                          in_quotes(folder.string())),
              "Put the file there, name the folder that has it, or load without weights."};
}

// --- which tensor that is ---

/// What a FileConstant's attributes say of its contents.
std::optional<tensor_description> description_of_file_constant(const node& n) {
  const attribute* shape = n.find("shape");
  const attribute* type = n.find("dtype");
  const auto* dims = shape == nullptr ? nullptr : shape->get<std::vector<std::int64_t>>();
  const auto* element = type == nullptr ? nullptr : type->get<dtype>();
  if (dims == nullptr || element == nullptr) return std::nullopt;
  if (dims->size() > max_rank)
    throw error{error_code::rank_unsupported, fmt::format("Its shape has {} dimensions.", dims->size()),
                fmt::format("A tensor has at most {}; merge some.", max_rank)};
  tensor_description description;
  description.type = *element;
  for (const std::int64_t size : *dims) {
    if (size < 0) return std::nullopt;
    description.shape.push(size);
  }
  return description;
}

class reading {
 public:
  explicit reading(const fs::path& folder) : folder_{folder} {}

  void give_contents(node& n) {
    const bool is_file_constant = n.type == "FileConstant";
    if (!is_file_constant && n.type != "Const" && n.type != "Constant") return;
    const std::optional<place_in_file> place = place_of_contents(n);
    if (!place) return;
    if (is_file_constant) {
      // Without shape and dtype there is nothing to give contents to; verify() reports that they are missing.
      if (auto description = description_of_file_constant(n))
        n.attributes["value"].value = tensor_contents{*description, contents_at(*place, *description)};
      return;
    }
    attribute& value = n.attributes["value"];
    auto* constant = std::get_if<tensor_contents>(&value.value);
    if (constant == nullptr)
      throw error{error_code::air_malformed,
                  "Its contents lie in a file, but it has no tensor to describe them.",
                  "Write the attribute 'value' with a description."};
    constant->data = contents_at(*place, constant->description);
  }

 private:
  blob contents_at(const place_in_file& place, const tensor_description& description) {
    const std::optional<std::uint64_t> needed = bytes_of(description);
    if (place.length && needed && *place.length != *needed)
      throw error{
          error_code::weights_do_not_fit,
          fmt::format("Its tensor has {} bytes, but its attribute 'length' is {}.", *needed, *place.length),
          "Export the model again: the two have to be equal."};
    if (folder_.empty())
      throw error{error_code::file_unreadable,
                  fmt::format("Its contents lie in the file {}.", in_quotes(place.path)),
                  "Name the folder that has it, or load without weights."};
    const fs::path path = find_file(folder_, place);
    const blob file = map(path);
    if (place.length) return part_of(file, place, path);
    if (needed && file.size != *needed)
      throw error{error_code::weights_do_not_fit,
                  fmt::format("Its tensor has {} bytes, but the file {} has {}.", *needed,
                              in_quotes(path.string()), file.size),
                  "Put the file there that was exported with the model."};
    return file;
  }

  static blob part_of(const blob& file, const place_in_file& place, const fs::path& path) {
    if (place.offset <= file.size && *place.length <= file.size - place.offset)
      return file.part(place.offset, *place.length);
    throw error{error_code::weights_do_not_fit,
                fmt::format("Its contents are {} bytes from {} on, but the file {} has {}.", *place.length,
                            place.offset, in_quotes(path.string()), file.size),
                "Put the file there that was exported with the model."};
  }

  const blob& map(const fs::path& path) {
    const auto [entry, is_new] = mapped_.try_emplace(path);
    if (is_new) entry->second = weights::map_file(path.string());
    return entry->second;
  }

  const fs::path& folder_;
  std::map<fs::path, blob> mapped_;  // many constants may lie in one file
};

}  // namespace

std::filesystem::path weights_file_below(const std::filesystem::path& folder, const std::string& file_path) {
  return find_file(folder, {file_path, 0, std::nullopt}).lexically_relative(folder);
}

std::optional<place_in_file> place_of_contents(const node& n) {
  const std::string* location = text_of(n, "location");
  const std::int64_t* length = number_of(n, "length");
  if (location != nullptr && length != nullptr) {
    const std::int64_t* offset = number_of(n, "offset");
    return place_in_file{*location, byte_count("offset", offset == nullptr ? 0 : *offset),
                         byte_count("length", *length)};
  }
  const std::string* path = n.type == "FileConstant" ? text_of(n, "file_path") : nullptr;
  if (path == nullptr || path->empty()) return std::nullopt;
  return place_in_file{*path, 0, std::nullopt};
}

void read_external_weights(graph& g, const std::filesystem::path& folder) {
  reading contents{folder};
  for (node& n : g.nodes) {
    try {
      contents.give_contents(n);
    } catch (const error& e) {
      throw at_node(n.name, n.type, e);
    }
  }
}

}  // namespace airloom::air
