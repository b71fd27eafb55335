#include "differences.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fnmatch.h>
#include <algorithm>
#include <fstream>
#include <sstream>

namespace test {

namespace {

std::string trimmed(std::string text) {
  std::erase(text, '`');
  const std::size_t begin = text.find_first_not_of(' ');
  return begin == std::string::npos ? "" : text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> pieces;
  std::istringstream in{text};
  for (std::string piece; std::getline(in, piece, separator);) pieces.push_back(trimmed(piece));
  return pieces;
}

/// Whether a cell says this: the same words, or with "*" for any.
bool matches(const std::string& pattern, const std::string& text) {
  return pattern == text || ::fnmatch(pattern.c_str(), text.c_str(), 0) == 0;
}
/// Whether one of the patterns in a cell, with commas between them, does.
bool one_matches(const std::string& cell, const std::string& text) {
  const std::vector<std::string> patterns = split(cell, ',');
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return matches(pattern, text); });
}

/// "Reshape, Reshape, Transpose"; "–" is none.
operator_counts counts_of(const std::string& cell) {
  operator_counts counts;
  if (cell != "–")
    for (const std::string& type : split(cell, ',')) ++counts[type];
  return counts;
}

int count(const operator_counts& counts, const std::string& type) {
  const auto found = counts.find(type);
  return found == counts.end() ? 0 : found->second;
}

/// Looks for how often each rewriting has to be applied.
class rewriting {
 public:
  struct rule {
    operator_counts theirs, ours;
    difference_row* row;
  };
  rewriting(std::vector<rule> rules, operator_counts theirs, operator_counts ours)
      : rules_{std::move(rules)}, theirs_{std::move(theirs)}, ours_{std::move(ours)} {
    for (const auto& [type, number] : theirs_) left_[type] += number;
    for (const auto& [type, number] : ours_) left_[type] -= number;
  }

  bool run(std::size_t first = 0) {
    if (first == rules_.size())
      return std::all_of(left_.begin(), left_.end(), [](const auto& entry) { return entry.second == 0; });
    if (!can_still_succeed(first)) return false;
    const rule& now = rules_[first];
    for (int times = most(now); times >= 0; --times) {
      apply(now, times);
      const bool done = run(first + 1);
      apply(now, -times);
      if (!done) continue;
      if (times != 0) now.row->needed = true;
      return true;
    }
    return false;
  }

 private:
  int most(const rule& now) const {
    int times = 64;
    for (const auto& [type, number] : now.theirs) times = std::min(times, count(theirs_, type) / number);
    for (const auto& [type, number] : now.ours) times = std::min(times, count(ours_, type) / number);
    return times;
  }
  void apply(const rule& now, int times) {
    for (const auto& [type, number] : now.theirs) left_[type] -= times * number;
    for (const auto& [type, number] : now.ours) left_[type] += times * number;
  }
  bool can_still_succeed(std::size_t first) const {
    return std::all_of(left_.begin(), left_.end(), [&](const auto& entry) {
      return entry.second == 0 || std::any_of(rules_.begin() + static_cast<std::ptrdiff_t>(first),
                                              rules_.end(), [&](const rule& later) {
                                                return later.theirs.contains(entry.first) ||
                                                       later.ours.contains(entry.first);
                                              });
    });
  }

  std::vector<rule> rules_;
  operator_counts theirs_, ours_, left_;
};

}  // namespace

bool difference_row::is_for(const std::string& name_of_case) const {
  return one_matches(cells[0], name_of_case);
}

differences::differences() {
  std::ifstream document{AIRLOOM_SOURCE "/docs/differences.md"};
  std::string heading;
  for (std::string line; std::getline(document, line);) {
    if (line.starts_with("## ")) heading = line.substr(3);
    if (!line.starts_with("| ")) continue;
    std::vector<std::string> cells = split(line.substr(1), '|');
    if (cells[0] != "Case") tables_[heading].push_back({cells});
  }
}

bool differences::explains_kind(const std::string& name_of_case, const std::string& kind,
                                const operator_counts& found) {
  operator_counts left = found;
  for (difference_row& row : tables_["Operators"]) {
    if (!row.cells[1].starts_with(kind + ": ") || !row.is_for(name_of_case)) continue;
    for (const std::string& type : split(row.cells[1].substr(kind.size() + 2), ','))
      if (left.erase(type) != 0) row.needed = true;
  }
  return left.empty();
}

bool differences::explains_operators(const std::string& name_of_case, const operator_counts& theirs,
                                     const operator_counts& ours) {
  std::vector<rewriting::rule> rules;
  for (difference_row& row : tables_["Operators"])
    if (row.is_for(name_of_case) && row.cells[1].find(':') == std::string::npos)
      rules.push_back({counts_of(row.cells[1]), counts_of(row.cells[2]), &row});
  return rewriting{std::move(rules), theirs, ours}.run();
}

bool differences::explains_field(const std::string& name_of_case, const std::string& type,
                                 const std::string& field, const std::string& theirs,
                                 const std::string& ours) {
  for (difference_row& row : tables_["Fields"])
    if (row.is_for(name_of_case) && one_matches(row.cells[1], type) && matches(row.cells[2], field) &&
        matches(row.cells[3], theirs) && matches(row.cells[4], ours)) {
      row.needed = true;
      return true;
    }
  return false;
}

std::vector<std::string> differences::unexplained(const std::string& name_of_case, const std::string& type,
                                                  const fields& theirs, const fields& ours) {
  const auto value = [](const fields& of, const std::string& name) {
    const auto found = of.find(name);
    return found == of.end() ? std::string{"–"} : found->second;
  };
  fields names = theirs;
  names.insert(ours.begin(), ours.end());
  std::vector<std::string> rows;
  for (const auto& [name, unused] : names) {
    const std::string left = value(theirs, name), right = value(ours, name);
    if (left != right && !explains_field(name_of_case, type, name, left, right))
      rows.push_back(fmt::format("{} | {} | {} | {} | {}", name_of_case, type, name, left, right));
  }
  return rows;
}

bool differences::leaves_out(const std::string& name_of_case) {
  for (difference_row& row : tables_["Left out"])
    if (row.is_for(name_of_case)) {
      row.needed = true;
      return true;
    }
  return false;
}

std::vector<std::string> differences::not_needed() const {
  std::vector<std::string> rows;
  for (const auto& [heading, table] : tables_)
    for (const difference_row& row : table)
      if (!row.needed) rows.push_back(fmt::format("{}: {}", heading, fmt::join(row.cells, " | ")));
  return rows;
}

}  // namespace test
