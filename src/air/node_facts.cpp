#include "air/node_facts.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>

#include "graph/contents.hpp"
#include "sha256.hpp"

namespace airloom::air {

namespace {

template <std::size_t Count>
bool is_one_of(std::string_view name, const std::array<std::string_view, Count>& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Facts joined so that two different lists of them never give the same text.
class facts {
 public:
  void add(std::string_view fact) { text_ += fmt::format("{}:{}", fact.size(), fact); }
  void add(const tensor_contents& contents, const gear_view& gears) {
    add(serialise(description_without_names(contents.description, gears)));
    add(sha256_of(contents.data.span()));
  }
  void add(const std::vector<tensor_description>& descriptions, const gear_view& gears) {
    add(std::to_string(descriptions.size()));
    for (const tensor_description& description : descriptions)
      add(serialise(description_without_names(description, gears)));
  }
  void add(const std::vector<std::string>& names) {
    add(std::to_string(names.size()));
    for (const std::string& name : names) add(name);
  }
  std::string hash() const { return sha256_of(std::as_bytes(std::span{text_})); }

 private:
  static ir::TensorDescriptor description_without_names(const tensor_description& description,
                                                        const gear_view& gears) {
    ir::TensorDescriptor message = encode_description(description, gears);
    message.mutable_attr()->erase("_fx_tensor_name");
    return message;
  }

  std::string text_;
};

}  // namespace

bool is_constant(const node& n) {
  return n.type == "Const" || n.type == "Constant" || n.type == "FileConstant";
}

const tensor_contents* contents_of(const node& n) {
  if (!is_constant(n)) return nullptr;
  const attribute* value = n.find("value");
  const auto* contents = value == nullptr ? nullptr : value->get<tensor_contents>();
  if (contents == nullptr) return nullptr;
  return bytes_of(contents->description) == contents->data.size ? contents : nullptr;
}

bool repeats_a_name(std::string_view attribute_name) {
  constexpr std::array<std::string_view, 3> names{"_fx_tensor_name", "_origin_data_name", "nn_module_stack"};
  return is_one_of(attribute_name, names);
}

bool tells_place_of_contents(const node& n, std::string_view attribute_name) {
  constexpr std::array<std::string_view, 6> places{"value",    "file_path", "file_id",
                                                   "location", "offset",    "length"};
  constexpr std::array<std::string_view, 2> of_file_constant{"shape", "dtype"};
  return is_one_of(attribute_name, places) ||
         (n.type == "FileConstant" && is_one_of(attribute_name, of_file_constant));
}

std::string hash_without_names(const node& n, const gear_view& gears) {
  facts all;
  const tensor_contents* contents = contents_of(n);
  all.add(contents != nullptr ? "Const" : n.type);
  if (contents != nullptr)
    all.add(*contents, gears);
  else
    all.add(n.output_descriptions, gears);
  for (const auto& [name, value] : n.attributes) {
    if (repeats_a_name(name) || (contents != nullptr && tells_place_of_contents(n, name))) continue;
    all.add(name);
    if (const auto* tensor = value.get<tensor_contents>())
      all.add(*tensor, gears);
    else
      all.add(serialise(encode_attribute(value, gears)));
  }
  all.add(n.input_names);
  all.add(n.subgraphs);
  all.add(n.rest);
  return all.hash();
}

}  // namespace airloom::air
