#include "air/origin.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <limits>

namespace airloom::air {

namespace {

constexpr const char* file_attribute = "_airloom_source_file";
constexpr const char* line_attribute = "_airloom_source_line";

bool is_constant(const node& n) {
  return n.type == "Const" || n.type == "Constant" || n.type == "FileConstant";
}
bool is_operator(const node& n) {
  return !is_constant(n) && n.type != "Data" && n.type != "RefData" && n.type != "NetOutput";
}

std::vector<std::string> split_at_dots(std::string_view path) {
  std::vector<std::string> names;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('.', begin), path.size());
    names.emplace_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  return names;
}

/// The Python expression that leads to a module, as PyTorch writes it down.
std::string path_text(std::string_view path) {
  const std::vector<std::string> names = split_at_dots(path);
  const auto is_number = [](const std::string& name) {
    return !name.empty() && name.find_first_not_of("0123456789") == std::string::npos;
  };
  std::string text = "L['self']";
  for (std::size_t i = 0; i != names.size(); ++i) {
    const bool in_list = is_number(names[i]) || (i + 1 != names.size() && is_number(names[i + 1]));
    text += in_list ? fmt::format("._modules['{}']", names[i]) : "." + names[i];
  }
  return text;
}

std::string class_text(const std::string& name) {
  std::string text = name.find("::") == std::string::npos ? "__main__." + name : name;
  for (std::size_t at = text.find("::"); at != std::string::npos; at = text.find("::", at))
    text.replace(at, 2, ".");
  return text;
}

bool names_tensors(const graph& g) {
  return std::any_of(g.nodes.begin(), g.nodes.end(), [](const node& n) {
    return std::any_of(n.output_descriptions.begin(), n.output_descriptions.end(),
                       [](const auto& output) { return output.attributes.contains(tensor_name_attribute); });
  });
}

}  // namespace

std::string module_stack_text(const std::vector<module_frame>& modules) {
  std::vector<std::string> entries;
  for (const module_frame& frame : modules)
    entries.push_back(fmt::format("'{}': (\"{}\", <class '{}'>)", frame.path, path_text(frame.path),
                                  class_text(frame.class_name)));
  return fmt::format("{{{}}}", fmt::join(entries, ", "));
}

void write_module_stacks(graph& g) {
  for (node& n : g.nodes)
    if (!n.modules.empty() && !n.output_descriptions.empty() && !is_constant(n))
      n.attributes["nn_module_stack"].value = module_stack_text(n.modules);
}

void name_tensors(graph& g) {
  if (names_tensors(g)) return;
  for (node& n : g.nodes)
    for (std::size_t i = 0; is_operator(n) && i != n.output_descriptions.size(); ++i)
      n.output_descriptions[i].attributes[tensor_name_attribute].value =
          fmt::format("{}-airloom.{}.OUTPUT.{}", n.name, n.type, i);
}

void write_source_lines(graph& g) {
  for (node& n : g.nodes) {
    if (n.where.file.empty()) continue;
    n.attributes[file_attribute].value = n.where.file;
    n.attributes[line_attribute].value = std::int64_t{n.where.line};
  }
}

source_line read_source_line(const attribute_map& attributes) {
  const auto file = attributes.find(file_attribute), line = attributes.find(line_attribute);
  if (file == attributes.end() || line == attributes.end()) return {};
  const auto* name = file->second.get<std::string>();
  const auto* number = line->second.get<std::int64_t>();
  if (name == nullptr || number == nullptr || *number < 0 || *number > std::numeric_limits<unsigned>::max())
    return {};
  return {*name, static_cast<unsigned>(*number)};
}

}  // namespace airloom::air
