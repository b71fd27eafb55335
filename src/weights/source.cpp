#include <fmt/format.h>

#include <airloom/error.hpp>
#include <airloom/weights/bind.hpp>
#include <airloom/weights/npy.hpp>
#include <airloom/weights/npz.hpp>
#include <airloom/weights/safetensors.hpp>
#include <airloom/weights/source.hpp>
#include <algorithm>
#include <filesystem>
#include <map>
#include <system_error>

#include "text.hpp"
#include "weights/constant.hpp"

namespace airloom {

namespace {

/// The index of each name in `arrays`.
std::map<std::string, std::size_t, std::less<>> index_of(const std::vector<weights::named_array>& arrays) {
  std::map<std::string, std::size_t, std::less<>> index;
  for (const weights::named_array& item : arrays) {
    if (index.emplace(item.name, index.size()).second) continue;
    throw error{error_code::weights_do_not_fit,
                fmt::format("Two arrays have the name {}.", in_quotes(item.name)),
                "Give every array a name of its own."};
  }
  return index;
}

}  // namespace

struct weights_source::content {
  std::string origin;
  weights_options options;
  std::vector<weights::named_array> arrays;
  std::map<std::string, std::size_t, std::less<>> index;
  std::shared_ptr<weights::constant> constant;              ///< of filled(), which has no arrays
  std::map<std::string, std::string, std::less<>> renames;  ///< from the model's name to the source's
};

namespace {

weights_source source_of(std::string origin, std::vector<weights::named_array> arrays,
                         weights_options options) {
  auto index = index_of(arrays);
  return weights_source{std::make_shared<const weights_source::content>(
      weights_source::content{std::move(origin), options, std::move(arrays), std::move(index), nullptr, {}})};
}

[[noreturn]] void refuse_folder(const std::string& path, const std::string& reason) {
  throw error{error_code::file_unreadable,
              fmt::format("The folder {} cannot be read: {}.", in_quotes(path), reason),
              "Check the path and its permissions."};
}

/// Sorted, so that the order does not depend on the file system.
std::vector<std::filesystem::path> npy_files(const std::string& path) {
  std::error_code problem;
  std::filesystem::directory_iterator entries{path, problem};
  std::vector<std::filesystem::path> files;
  for (; !problem && entries != std::filesystem::directory_iterator{}; entries.increment(problem))
    if (entries->path().extension() == ".npy") files.push_back(entries->path());
  if (problem) refuse_folder(path, problem.message());
  std::ranges::sort(files);
  return files;
}

}  // namespace

const std::string& weights_source::origin() const {
  return content_->origin;
}

std::vector<std::string> weights_source::names() const {
  std::vector<std::string> names;
  for (const weights::named_array& item : content_->arrays) names.push_back(item.name);
  return names;
}

std::string weights_source::name_in_source(std::string_view parameter) const {
  const auto found = content_->renames.find(parameter);
  return found == content_->renames.end() ? std::string{parameter} : found->second;
}

bool weights_source::allows_unused() const {
  return content_->options.allow_unused;
}

std::optional<weights::array> weights_source::find(const weights::request& wanted) const {
  if (content_->constant) return content_->constant->fill(wanted);
  const auto found = content_->index.find(name_in_source(wanted.name));
  if (found == content_->index.end()) return std::nullopt;
  return content_->arrays[found->second].value;
}

weights_source safetensors(const std::string& path, weights_options options) {
  return source_of(path, weights::read_safetensors(path).tensors, options);
}

weights_source npz(const std::string& path, weights_options options) {
  return source_of(path, weights::read_npz(path), options);
}

weights_source npy_folder(const std::string& path, weights_options options) {
  std::vector<weights::named_array> arrays;
  for (const std::filesystem::path& file : npy_files(path))
    arrays.push_back({file.stem().string(), weights::read_npy(file.string())});
  return source_of(path, std::move(arrays), options);
}

weights_source in_memory(std::vector<weights::named_array> arrays, weights_options options) {
  return source_of("the program's own arrays", std::move(arrays), options);
}

weights_source filled(double value) {
  weights_source::content content;
  content.origin = fmt::format("the constant {}", value);
  content.constant = std::make_shared<weights::constant>(value);
  return weights_source{std::make_shared<const weights_source::content>(std::move(content))};
}

weights_source renamed(const weights_source& source, std::vector<std::pair<std::string, std::string>> names) {
  weights_source::content content = *source.content_;
  for (auto& [ours, theirs] : names) content.renames.insert_or_assign(std::move(ours), std::move(theirs));
  return weights_source{std::make_shared<const weights_source::content>(std::move(content))};
}

}  // namespace airloom
