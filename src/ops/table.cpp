#include "ops/operators.hpp"

#include <algorithm>
#include <array>

namespace airloom {

namespace {

/// No operator has more parts than this.
constexpr std::size_t max_parts = 32;

/// The name of an enumerator as its declaration spells it (`else_` is `else`); "" for a number that is none.
/// g++ and clang print an enumerator by its path and any other number as a cast.
template <auto Value>
constexpr std::string_view name_of_enumerator() {
  const std::string_view text = __PRETTY_FUNCTION__;
  const std::size_t begin = text.find("Value = ") + 8;
  std::string_view value = text.substr(begin, text.find_first_of(";]", begin) - begin);
  if (value.back() == '_') value.remove_suffix(1);
  return value.front() == '(' ? std::string_view{} : value.substr(value.rfind(':') + 1);
}

template <class Part, std::size_t... I>
constexpr std::array<std::string_view, max_parts> names_of_parts(std::index_sequence<I...>) {
  return {name_of_enumerator<static_cast<Part>(I)>()...};
}

template <class Part>
constexpr auto part_names = names_of_parts<Part>(std::make_index_sequence<max_parts>{});

template <class Part>
std::string_view part_name(int part) {
  return part >= 0 && part < static_cast<int>(max_parts) ? part_names<Part>[static_cast<std::size_t>(part)]
                                                         : std::string_view{};
}

template <class... Operators>
struct table_of {
  static constexpr auto entries = [] {
    std::array<operator_entry, sizeof...(Operators)> all{
        operator_entry{&Operators::ir, part_name<typename Operators::part>}...};
    std::sort(all.begin(), all.end(),
              [](const operator_entry& a, const operator_entry& b) { return a.ir->type < b.ir->type; });
    return all;
  }();
};

constexpr const auto& table = list_of_operators<table_of>::entries;

}  // namespace

operator_span all_operators() {
  return {table.data(), table.size()};
}

const operator_entry* find_operator(std::string_view type) {
  const auto found = std::lower_bound(
      table.begin(), table.end(), type,
      [](const operator_entry& entry, std::string_view wanted) { return entry.ir->type < wanted; });
  return found != table.end() && found->ir->type == type ? &*found : nullptr;
}

}  // namespace airloom
