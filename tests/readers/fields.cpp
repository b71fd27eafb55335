// fields CASE RANK THEIRS OURS: holds two models that protoc has decoded, TorchAir's of a case and ours of
// the same graph, against each other field by field. Nothing of airloom reads them: the text is taken apart
// as it stands. Differences have to be in the tables of docs/differences.md. Exit code: 0 nothing else
// differs, 1 something does.

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "torchair/differences.hpp"

namespace {

// --- what protoc prints ---

/// A message: its scalars and the messages in it, by the names of their fields.
struct message {
  std::string name;
  std::vector<std::pair<std::string, std::string>> scalars;
  std::vector<message> parts;

  std::vector<std::string> texts(const std::string& field) const;
  std::string text(const std::string& field) const {
    const std::vector<std::string> all = texts(field);
    return all.empty() ? "" : all.front();
  }
  std::vector<const message*> all(const std::string& field) const {
    std::vector<const message*> found;
    for (const message& part : parts)
      if (part.name == field) found.push_back(&part);
    return found;
  }
};

std::string without_quotes(const std::string& text) {
  const bool is_quoted = text.size() > 1 && text.front() == '"' && text.back() == '"';
  return is_quoted ? text.substr(1, text.size() - 2) : text;
}

std::vector<std::string> message::texts(const std::string& field) const {
  std::vector<std::string> found;
  for (const auto& [field_name, value] : scalars)
    if (field_name == field) found.push_back(without_quotes(value));
  return found;
}

/// One field a line: `name: value`, or `name {` … `}`.
message parsed(std::istream& in, const std::string& name) {
  message result{name, {}, {}};
  for (std::string line; std::getline(in, line);) {
    line.erase(0, line.find_first_not_of(' '));
    if (line == "}") return result;
    if (line.ends_with(" {")) {
      result.parts.push_back(parsed(in, line.substr(0, line.size() - 2)));
      continue;
    }
    const std::size_t colon = line.find(": ");
    if (colon == std::string::npos) throw std::runtime_error{"no field: " + line};
    result.scalars.emplace_back(line.substr(0, colon), line.substr(colon + 2));
  }
  return result;
}

// --- a message as fields ---

using test::fields;

/// All that a message says, under a prefix: "input_desc 0 layout", "attribute transpose_x1". Fields in
/// `apart` are left out: they are compared by themselves.
void flatten(fields& to, const std::string& prefix, const message& of,
             const std::vector<std::string>& apart = {}) {
  const auto is_apart = [&](const std::string& name) {
    return std::find(apart.begin(), apart.end(), name) != apart.end();
  };
  for (const auto& [name, value] : of.scalars)
    if (!is_apart(name)) to[prefix + name] = fmt::format("{}", fmt::join(of.texts(name), ", "));
  std::map<std::string, int> numbers;
  for (const message& part : of.parts) {
    if (is_apart(part.name)) continue;
    const bool is_attribute = part.name == "attr";
    const std::string name = is_attribute ? "attribute " + part.text("key")
                                          : fmt::format("{} {}", part.name, numbers[part.name]++);
    const message& told = is_attribute ? *part.all("value").at(0) : part;
    const bool is_one_scalar = is_attribute && told.parts.empty() && told.scalars.size() == 1;
    to[prefix + name] = is_one_scalar ? without_quotes(told.scalars[0].second) : "there";
    if (is_one_scalar)
      to[prefix + "kind of " + name] = told.scalars[0].first;
    else
      flatten(to, prefix + name + " ", told);
  }
}

// --- a graph ---

using operators = std::vector<const message*>;

class side {
 public:
  explicit side(const message& model) : model_{model}, graph_{*model.all("graph").at(0)} {
    for (const message* op : graph_.all("op")) by_name_[op->text("name")] = op;
    reach(by_name_.at("NetOutput"));
  }

  const message& model() const { return model_; }
  const message& graph() const { return graph_; }
  operators all() const { return graph_.all("op"); }
  const message* find(const std::string& name) const {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : found->second;
  }
  /// What each edge into an operator comes from; null where an input is not fed.
  operators sources(const message& op) const {
    operators found;
    for (const std::string& edge : op.texts("input")) found.push_back(find(edge.substr(0, edge.rfind(':'))));
    return found;
  }
  bool is_read(const message* op) const { return read_.contains(op); }

 private:
  void reach(const message* op) {
    if (op == nullptr || !read_.insert(op).second) return;
    for (const message* source : sources(*op)) reach(source);
  }

  const message& model_;
  const message& graph_;
  std::map<std::string, const message*> by_name_;
  std::set<const message*> read_;
};

// --- both ---

/// How TorchAir names what we name x and linear1.weight.
std::map<std::string, std::string> names_in(const nlohmann::json& facts, std::size_t rank) {
  const nlohmann::json& holder = facts.contains("ranks") ? facts.at("ranks").at(rank) : facts;
  std::map<std::string, std::string> names;
  for (const nlohmann::json& each : holder.at("p_inputs")) {
    const auto source = each.at("source").get<std::string>();  // "input x", "weight linear1.weight"
    names[each.at("op")] = source.substr(source.find(' ') + 1);
  }
  return names;
}

/// Pairs the operators of both sides, and says in what they differ.
class comparison {
 public:
  comparison(std::string name, const std::map<std::string, std::string>& names, const side& theirs,
             const side& ours)
      : case_{std::move(name)}, theirs_{theirs}, ours_{ours} {
    for (const auto& [their_name, our_name] : names) {
      const message* source = theirs_.find(their_name);
      pair(source, ours_.find(our_name));
      if (!paired_.contains(source))
        found_.push_back(fmt::format("{} | {} has no partner named {}", case_, their_name, our_name));
    }
    pair(theirs_.find("NetOutput"), ours_.find("NetOutput"));
  }

  std::vector<std::string> run() {
    compare_whole();
    for (const auto& [their_op, our_op] : paired_) compare_pair(*their_op, *our_op);
    compare_rewritten();
    return std::move(found_);
  }
  std::size_t pairs() const { return paired_.size(); }
  std::size_t compared() const { return compared_; }

 private:
  /// Operators of one type, and then what they read.
  void pair(const message* theirs, const message* ours) {
    if (theirs == nullptr || ours == nullptr || paired_.contains(theirs) || our_paired_.contains(ours) ||
        theirs->text("type") != ours->text("type"))
      return;
    paired_[theirs] = ours;
    our_paired_.insert(ours);
    const operators left = theirs_.sources(*theirs), right = ours_.sources(*ours);
    for (std::size_t i = 0; i != std::min(left.size(), right.size()); ++i) pair(left[i], right[i]);
  }

  void compare(const std::string& type, const fields& theirs, const fields& ours) {
    compared_ += theirs.size();
    for (std::string& row : document_.unexplained(case_, type, theirs, ours))
      found_.push_back(std::move(row));
  }

  void compare_whole() {
    fields theirs, ours;
    flatten(theirs, "model ", theirs_.model(), {"graph"});
    flatten(ours, "model ", ours_.model(), {"graph"});
    flatten(theirs, "", theirs_.graph(), {"op", "input"});
    flatten(ours, "", ours_.graph(), {"op", "input"});
    theirs["input"] = fmt::format("{}", fmt::join(edges(theirs_, theirs_.graph()), ", "));
    ours["input"] = fmt::format("{}", fmt::join(edges(ours_, ours_.graph()), ", "));
    compare("graph", theirs, ours);
  }

  void compare_pair(const message& their_op, const message& our_op) {
    fields theirs, ours;
    flatten(theirs, "", their_op, {"name", "input"});
    flatten(ours, "", our_op, {"name", "input"});
    theirs["input"] = fmt::format("{}", fmt::join(edges(theirs_, their_op), ", "));
    ours["input"] = fmt::format("{}", fmt::join(edges(ours_, our_op), ", "));
    compare(their_op.text("type"), theirs, ours);
  }
  /// Edges in our names; what the two sides write differently has no name of its own.
  std::vector<std::string> edges(const side& of, const message& reader) const {
    std::vector<std::string> named;
    for (const std::string& edge : reader.texts("input")) {
      const std::size_t colon = std::min(edge.rfind(':'), edge.size());
      const message* source = of.find(edge.substr(0, colon));
      const auto found = paired_.find(source);
      const message* ours = found != paired_.end() ? found->second : source;
      const bool is_paired = found != paired_.end() || our_paired_.contains(source);
      named.push_back(
          source == nullptr ? edge : (is_paired ? ours->text("name") : "rewritten") + edge.substr(colon));
    }
    return named;
  }

  // --- what the two sides write differently: the rows of operators explain it, but fields stay the same

  void compare_rewritten() {
    operators theirs, ours;
    test::operator_counts unread;
    for (const message* op : theirs_.all()) {
      if (paired_.contains(op)) continue;
      if (theirs_.is_read(op))
        theirs.push_back(op);
      else
        ++unread[op->text("type")];
    }
    for (const message* op : ours_.all())
      if (!our_paired_.contains(op)) ours.push_back(op);
    if (!document_.explains_kind(case_, "unread", unread))
      found_.push_back(fmt::format("{} | unread: {}", case_, unread));
    if (!document_.explains_operators(case_, counts(theirs), counts(ours)))
      found_.push_back(fmt::format("{} | operators | {} | {}", case_, counts(theirs), counts(ours)));
    for (const auto& [type, their_signature] : signatures(theirs)) {
      const auto all = signatures(ours);
      if (const auto found = all.find(type); found != all.end())
        compare(type, their_signature, found->second);
    }
  }
  /// Constants belong to the operators that read them.
  static test::operator_counts counts(const operators& all) {
    test::operator_counts result;
    for (const message* op : all)
      if (op->text("type") != "Const") ++result[op->text("type")];
    return result;
  }
  /// The fields that operators of a type have: which there are, of which kind, and what layouts and devices
  /// say.
  static std::map<std::string, fields> signatures(const operators& all) {
    std::map<std::string, std::map<std::string, std::set<std::string>>> found;
    for (const message* op : all) {
      fields of_op;
      flatten(of_op, "", *op, {"name", "input"});
      for (const auto& [name, value] : of_op) {
        const bool tells = name.ends_with(" layout") || name.ends_with(" device_type") ||
                           name.find("kind of ") != std::string::npos;
        found[op->text("type")][without_number(name)].insert(tells ? value : "there");
      }
    }
    std::map<std::string, fields> result;
    for (const auto& [type, names] : found)
      for (const auto& [name, values] : names)
        result[type][name] = fmt::format("{}", fmt::join(values, ", "));
    return result;
  }
  /// "input_desc 2 layout" is a field of every input.
  static std::string without_number(std::string name) {
    const std::size_t begin = name.find("put_desc ");
    if (begin == std::string::npos) return name;
    const std::size_t number = begin + std::string_view{"put_desc "}.size();
    return name.erase(number, std::min(name.find(' ', number), name.size() - 1) + 1 - number);
  }

  std::string case_;
  const side &theirs_, &ours_;
  std::map<const message*, const message*> paired_;
  std::set<const message*> our_paired_;
  std::vector<std::string> found_;
  std::size_t compared_ = 0;
  test::differences document_;
};

message decoded(const char* file) {
  std::ifstream in{file};
  return parsed(in, "model");
}

}  // namespace

int main(int /*words*/, char** word) {
  const std::filesystem::path folder = word[1];
  std::ifstream file{folder / "case.json"};
  const nlohmann::json facts = nlohmann::json::parse(file);
  const message their_model = decoded(word[3]), our_model = decoded(word[4]);
  const side theirs{their_model}, ours{our_model};
  comparison both{folder.filename().string(), names_in(facts, std::stoul(word[2])), theirs, ours};
  const std::vector<std::string> differences = both.run();
  for (const std::string& difference : differences) std::cout << difference << '\n';
  std::cout << fmt::format("{}: {} fields, {} of {} operators have a partner, {} unexplained differences\n",
                           folder.filename().string(), both.compared(), both.pairs(), ours.all().size(),
                           differences.size());
  return differences.empty() ? 0 : 1;
}
