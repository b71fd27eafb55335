#include <fmt/format.h>
#include <fmt/ranges.h>

#include <airloom/error.hpp>
#include <airloom/weights/bind.hpp>
#include <algorithm>
#include <set>

#include "text.hpp"

namespace airloom::weights {

namespace {

std::string words_of(dtype type, const std::vector<std::int64_t>& shape) {
  return fmt::format("{} [{}]", name_of(type), fmt::join(shape, ", "));
}

/// The parameter's name, and the source's where it is another.
std::string words_of(const request& wanted, const std::string& name_in_source) {
  if (name_in_source == wanted.name) return in_quotes(wanted.name);
  return fmt::format("{} (there: {})", in_quotes(wanted.name), in_quotes(name_in_source));
}

std::string list_of(std::vector<std::string> problems) {
  constexpr std::size_t most = 20;
  std::ranges::sort(problems);
  const std::size_t rest = problems.size() - std::min(problems.size(), most);
  problems.resize(problems.size() - rest);
  if (rest != 0) problems.push_back(fmt::format("and {} more", rest));
  return fmt::format("\n  {}\n", fmt::join(problems, "\n  "));
}

class binding {
 public:
  explicit binding(const weights_source& source) : source_{source} {}

  array bind(const request& wanted) {
    const std::string name = source_.name_in_source(wanted.name);
    used_.insert(name);
    std::optional<array> found = source_.find(wanted);
    if (!found) {
      problems_.push_back(fmt::format("{} is missing; it has to be {}", words_of(wanted, name),
                                      words_of(wanted.type, wanted.shape)));
      return {};
    }
    if (found->type != wanted.type || found->shape != wanted.shape)
      problems_.push_back(fmt::format("{} is {} and has to be {}", words_of(wanted, name),
                                      words_of(found->type, found->shape),
                                      words_of(wanted.type, wanted.shape)));
    return std::move(*found);
  }

  void finish() {
    if (!source_.allows_unused()) add_unused();
    if (problems_.empty()) return;
    throw error{error_code::weights_do_not_fit,
                fmt::format("The weights in {} do not fit the model ({} in all):{}",
                            in_quotes(source_.origin()), problems_.size(), list_of(problems_)),
                "Correct the file or the model; renamed() maps names, and {.allow_unused = true} passes over "
                "those that the model does not ask for."};
  }

 private:
  void add_unused() {
    for (const std::string& name : source_.names())
      if (!used_.contains(name))
        problems_.push_back(fmt::format("{} is there, and the model does not ask for it", in_quotes(name)));
  }

  const weights_source& source_;
  std::set<std::string, std::less<>> used_;
  std::vector<std::string> problems_;
};

}  // namespace

std::vector<array> bind(std::span<const request> requests, const weights_source& source) {
  binding all{source};
  std::vector<array> arrays;
  arrays.reserve(requests.size());
  for (const request& wanted : requests) arrays.push_back(all.bind(wanted));
  all.finish();
  return arrays;
}

}  // namespace airloom::weights
