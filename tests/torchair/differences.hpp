#pragma once
// The tables of docs/differences.md, and whether what was found stands in them.

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace test {

/// Operators by type, and how many of each.
using operator_counts = std::map<std::string, int>;

/// What is said of an operator or a graph, by the names of the fields.
using fields = std::map<std::string, std::string>;

/// One row of a table: its cells, and whether something found needed it.
struct difference_row {
  std::vector<std::string> cells;
  bool needed = false;

  /// Whether the first cell names the case: "*", names with commas between them, "m_*".
  bool is_for(const std::string& name_of_case) const;
};

class differences {
 public:
  /// Reads docs/differences.md.
  differences();

  /// Whether a row of "Operators" lists operators of these types after `kind` ("unread", "sizes").
  bool explains_kind(const std::string& name_of_case, const std::string& kind, const operator_counts& found);
  /// Whether the rows of "Operators" turn TorchAir's operators into ours; marks those that do.
  bool explains_operators(const std::string& name_of_case, const operator_counts& theirs,
                          const operator_counts& ours);
  /// The fields of an operator that differ and that no row of "Fields" explains, as rows. A field that one
  /// side lacks has the value "–" there.
  std::vector<std::string> unexplained(const std::string& name_of_case, const std::string& type,
                                       const fields& theirs, const fields& ours);
  /// Whether the case stands under "Left out".
  bool leaves_out(const std::string& name_of_case);

  /// The rows that nothing needed, as they stand in the document.
  std::vector<std::string> not_needed() const;

 private:
  /// Whether a row of "Fields" has this operator, field, and these values.
  bool explains_field(const std::string& name_of_case, const std::string& type, const std::string& field,
                      const std::string& theirs, const std::string& ours);

  std::map<std::string, std::vector<difference_row>> tables_;
};

}  // namespace test
