#include "graph/extent_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <charconv>

namespace airloom {

namespace {

std::string text_of_monomial(const monomial& term, const gear_set& gears) {
  std::vector<std::string> factors;
  for (std::size_t axis = 0; axis != gears.axes.size(); ++axis)
    for (unsigned power = term.power(axis); power != 0; --power) factors.push_back(gears.axes[axis]);
  if (factors.empty() || term.coefficient != 1)
    factors.insert(factors.begin(), std::to_string(term.coefficient));
  return fmt::format("{}", fmt::join(factors, "*"));
}

std::vector<std::string_view> parts(std::string_view text, char between) {
  std::vector<std::string_view> found;
  while (true) {
    const std::size_t end = text.find(between);
    found.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return found;
    text.remove_prefix(end + 1);
  }
}

/// A number or the name of an axis.
std::optional<extent> factor_of_text(std::string_view text, const gear_set& gears) {
  const auto axis = std::find(gears.axes.begin(), gears.axes.end(), text);
  if (axis != gears.axes.end()) return extent::of_axis(static_cast<std::size_t>(axis - gears.axes.begin()));
  std::int64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc{} || read.ptr != text.data() + text.size()) return std::nullopt;
  return extent{number};
}

}  // namespace

std::string text_of_extent(const extent& size, const gear_set& gears) {
  if (!size.is_known()) return size.state == extent_state::unknown ? "-1" : "?";
  if (size.count == 0) return "0";
  std::vector<std::string> terms;
  for (std::size_t i = 0; i != size.count; ++i) terms.push_back(text_of_monomial(size.terms[i], gears));
  return fmt::format("{}", fmt::join(terms, "+"));
}

std::optional<extent> extent_of_text(std::string_view text, const gear_set& gears) {
  extent sum{0};
  for (const std::string_view term : parts(text, '+')) {
    extent product{1};
    for (const std::string_view word : parts(term, '*')) {
      const std::optional<extent> factor = factor_of_text(word, gears);
      if (!factor) return std::nullopt;
      product = product * *factor;
    }
    sum = sum + product;
  }
  return sum.is_known() ? std::optional{sum} : std::nullopt;
}

}  // namespace airloom
