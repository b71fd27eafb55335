// Our exports of TorchAir's models, held against TorchAir's own.

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <airloom/air/export.hpp>
#include <airloom/graph/graph.hpp>
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "air/airloom_ir.pb.h"
#include "cases.hpp"
#include "differences.hpp"
#include "support/temporary_folder.hpp"

namespace ir = airloom::ir;

namespace {

namespace fs = std::filesystem;

std::string content_of(const fs::path& path) {
  const std::ifstream file{path, std::ios::binary};
  std::stringstream bytes;
  bytes << file.rdbuf();
  return std::move(bytes).str();
}

ir::ModelDef read_model(const fs::path& path) {
  ir::ModelDef model;
  REQUIRE(model.ParseFromString(content_of(path)));
  return model;
}

// --- what a message says, as fields

using test::fields;

std::string kind_of(const ir::AttrDef& attribute) {
  if (attribute.value_case() != ir::AttrDef::kList)
    return ir::AttrDef::descriptor()->FindFieldByNumber(attribute.value_case())->name();
  return fmt::format("list {}", static_cast<int>(attribute.list().val_type()));
}

std::string words_of(const ir::AttrDef& attribute) {
  switch (attribute.value_case()) {
    case ir::AttrDef::kI:
      return std::to_string(attribute.i());
    case ir::AttrDef::kB:
      return attribute.b() ? "true" : "false";
    case ir::AttrDef::kS:
      return attribute.s();
    case ir::AttrDef::kDt:
      return fmt::format("type {}", attribute.dt());
    case ir::AttrDef::kList:
      return fmt::format("[{}]", fmt::join(attribute.list().i(), ", "));
    default:
      return kind_of(attribute);
  }
}

/// A whole description, under a prefix.
void add_description(fields& to, const std::string& prefix, const ir::TensorDescriptor& description) {
  to[prefix + "dtype"] = ir::DataType_Name(description.dtype());
  to[prefix + "shape"] = fmt::format("[{}]", fmt::join(description.shape().dim(), ", "));
  to[prefix + "layout"] = description.layout();
  to[prefix + "device_type"] = description.device_type();
  for (const auto& [name, value] : description.attr()) to[prefix + "attribute " + name] = words_of(value);
}

/// All that is said of an operator: its attributes and descriptions.
fields whole(const ir::OpDef& op) {
  fields all;
  for (const auto& [name, value] : op.attr()) {
    if (!name.starts_with("_input_name") && !name.starts_with("_output_name"))
      all["attribute " + name] = words_of(value);
    if (value.has_t()) {
      add_description(all, "value ", value.t().desc());
      all["value data"] =
          fmt::format("{} bytes {:x}", value.t().data().size(), std::hash<std::string>{}(value.t().data()));
    }
  }
  for (const auto& description : op.input_desc()) add_description(all, "input ", description);
  for (const auto& description : op.output_desc()) add_description(all, "output ", description);
  return all;
}

/// What the operators of one type have in common with those of the other side: which attributes of which
/// kind, and which values the fields of descriptions take, but for element types and shapes, of which
/// TorchAir's intermediate ones say nothing true.
using signature = std::map<std::string, std::set<std::string>>;

void add_to_signature(signature& to, const std::string& prefix, const ir::TensorDescriptor& description) {
  to[prefix + "layout"].insert(description.layout());
  to[prefix + "device_type"].insert(description.device_type());
  for (const auto& [name, value] : description.attr())
    to[prefix + "attribute " + name].insert(kind_of(value));
}
void add_to_signature(signature& to, const ir::OpDef& op) {
  for (const auto& [name, value] : op.attr()) to["attribute " + name].insert(kind_of(value));
  for (const auto& description : op.input_desc()) add_to_signature(to, "input ", description);
  for (const auto& description : op.output_desc()) {
    add_to_signature(to, "output ", description);
    if (op.type() != "Const")
      to["output shape"].insert(description.shape().dim_size() == 0 ? "none" : "there");
  }
}

// --- the two sides of one case

/// The operator that stands for an input or a weight on either side; null where it has none.
struct pair_of_operators {
  std::string name;
  const ir::OpDef* theirs = nullptr;
  const ir::OpDef* ours = nullptr;
};

/// One graph: its operators by name, and what is left when sources and what nobody reads are put aside.
class side {
 public:
  explicit side(const ir::GraphDef& graph) : graph_{graph} {
    for (const ir::OpDef& op : graph.op()) by_name_[op.name()] = &op;
    for (const ir::OpDef& op : graph.op())
      if (op.type() == "NetOutput") reach(op);
    find_sizes();
  }

  const ir::OpDef* find(const std::string& name) const {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : found->second;
  }
  const ir::OpDef& result() const {
    for (const ir::OpDef& op : graph_.op())
      if (op.type() == "NetOutput") return op;
    throw std::runtime_error{"no NetOutput"};
  }
  const ir::GraphDef& graph() const { return graph_; }

  test::operator_counts unread() const {
    return counted([this](const ir::OpDef& op) { return !reached_.contains(&op); });
  }
  test::operator_counts sizes() const {
    return counted([this](const ir::OpDef& op) { return sizes_.contains(&op) && op.type() != "Const"; });
  }
  test::operator_counts work() const {
    return counted([this](const ir::OpDef& op) {
      return reached_.contains(&op) && !sizes_.contains(&op) && op.type() != "Const" &&
             op.type() != "FileConstant" && op.type() != "NetOutput";
    });
  }

 private:
  template <class Wanted>
  test::operator_counts counted(Wanted wanted) const {
    test::operator_counts counts;
    for (const ir::OpDef& op : graph_.op())
      if (op.type() != "Data" && op.type() != "RefData" && wanted(op)) ++counts[op.type()];
    return counts;
  }
  const ir::OpDef* source_of(const std::string& edge) const {
    return edge.empty() ? nullptr : find(edge.substr(0, edge.rfind(':')));
  }
  void reach(const ir::OpDef& op) {
    if (!reached_.insert(&op).second) return;
    for (const std::string& edge : op.input())
      if (const ir::OpDef* source = source_of(edge); source != nullptr) reach(*source);
  }

  /// The inputs of operators that take sizes.
  static bool takes_sizes(const ir::OpDef& op, int input) {
    static const std::map<std::string, std::set<int>> places{
        {"Reshape", {1}}, {"BroadcastTo", {1}}, {"Fill", {0}}, {"StridedSliceV2", {1, 2}}, {"SplitV", {1}}};
    const auto found = places.find(op.type());
    return found != places.end() && found->second.contains(input);
  }
  /// What is read only as sizes, and what only such operators read.
  void find_sizes() {
    std::map<const ir::OpDef*, bool> only_sizes;
    for (bool changed = true; changed;) {
      changed = false;
      std::set<const ir::OpDef*> otherwise;
      for (const ir::OpDef* op : reached_)
        for (int i = 0; i != op->input_size(); ++i)
          if (const ir::OpDef* source = source_of(op->input(i)); source != nullptr)
            if (!takes_sizes(*op, i) && !sizes_.contains(op)) otherwise.insert(source);
      for (const ir::OpDef* op : reached_)
        if (!otherwise.contains(op) && op->type() != "NetOutput" && op->type() != "Data" &&
            op->type() != "RefData")
          changed = sizes_.insert(op).second || changed;
    }
  }

  const ir::GraphDef& graph_;
  std::map<std::string, const ir::OpDef*> by_name_;
  std::set<const ir::OpDef*> reached_, sizes_;
};

/// Everything in which two exports of one model differ, held against the document's tables.
class comparison {
 public:
  comparison(const test::torchair_case& facts, const ir::ModelDef& theirs, const ir::ModelDef& ours,
             const std::vector<std::string>& parameters, test::differences& document)
      : case_{facts},
        theirs_{theirs.graph(0)},
        ours_{ours.graph(0)},
        parameters_{parameters},
        document_{document} {}

  std::vector<std::string> run() {
    compare_graphs();
    compare_sources();
    compare_results();
    compare_operators();
    compare_types();
    return std::move(found_);
  }

 private:
  void say(const std::string& type, const std::string& field, const std::string& theirs,
           const std::string& ours) {
    compare_fields(type, {{field, theirs}}, {{field, ours}});
  }
  void compare_fields(const std::string& type, const fields& theirs, const fields& ours) {
    for (std::string& row : document_.unexplained(case_.name(), type, theirs, ours))
      found_.push_back(std::move(row));
  }

  /// What is said of the whole graph.
  void compare_graphs() {
    const auto attributes = [](const ir::GraphDef& graph) {
      fields all;
      for (const auto& [name, value] : graph.attr()) all["attribute " + name] = words_of(value);
      return all;
    };
    compare_fields("graph", attributes(theirs_.graph()), attributes(ours_.graph()));
  }

  // --- inputs and weights

  std::vector<pair_of_operators> sources() const {
    std::vector<pair_of_operators> pairs;
    for (const nlohmann::json& input : case_.facts().at("p_inputs")) {
      const std::string name = name_of(input.at("source"));
      if (!name.empty()) pairs.push_back({name, theirs_.find(input.at("op")), ours_.find(name)});
    }
    return pairs;
  }
  /// "input x", "weight fc.bias", or "value 7": the Python number that is an argument.
  std::string name_of(const std::string& source) const {
    const std::string kind = source.substr(0, source.find(' ')), name = source.substr(source.find(' ') + 1);
    if (kind == "input" || kind == "weight") return name;
    for (const nlohmann::json& input : case_.facts().at("inputs"))
      if (kind == "value" && input.contains("value") && input.at("value").dump() == name)
        return input.at("name");
    return {};
  }
  void compare_sources() {
    std::set<std::string> named;
    for (const pair_of_operators& pair : sources()) {
      named.insert(pair.name);
      weights_.insert(pair.theirs);
      weights_.insert(pair.ours);
      if (pair.ours == nullptr)
        say(pair.theirs->type(), "presence", pair.name, "–");
      else {
        say(pair.theirs->type(), "type", pair.theirs->type(), pair.ours->type());
        compare_fields(pair.theirs->type(), whole(*pair.theirs), whole(*pair.ours));
      }
    }
    for (const ir::OpDef& op : ours_.graph().op()) {
      const bool is_parameter =
          std::find(parameters_.begin(), parameters_.end(), op.name()) != parameters_.end();
      if (is_parameter) weights_.insert(&op);
      const bool is_source = is_parameter || op.type() == "Data" || op.type() == "RefData";
      if (is_source && !named.contains(op.name())) say(op.type(), "presence", "–", op.name());
    }
  }

  // --- results

  /// Both sides' results in order. One of ours that TorchAir does not have is passed over, and said.
  void compare_results() {
    const ir::OpDef &theirs = theirs_.result(), &ours = ours_.result();
    int k = 0;
    for (int mine = 0; mine != ours.input_desc_size(); ++mine) {
      const bool is_next =
          k != theirs.input_desc_size() && is_same(theirs.input_desc(k), ours.input_desc(mine));
      if (!is_next) {
        say("NetOutput", "presence", "–", "a result");
        continue;
      }
      fields left, right;
      add_description(left, "input ", theirs.input_desc(k++));
      add_description(right, "input ", ours.input_desc(mine));
      compare_fields("NetOutput", left, right);
    }
    for (; k != theirs.input_desc_size(); ++k) say("NetOutput", "presence", "a result", "–");
  }
  /// As far as one can tell: sizes that move on one side may be numbers on the other.
  static bool is_same(const ir::TensorDescriptor& a, const ir::TensorDescriptor& b) {
    const auto agree = [](std::int64_t left, std::int64_t right) {
      return left == right || left < 0 || right < 0;
    };
    const auto &left = a.shape().dim(), &right = b.shape().dim();
    return a.dtype() == b.dtype() && std::equal(left.begin(), left.end(), right.begin(), right.end(), agree);
  }

  // --- operators

  void compare_operators() {
    hold("unread", theirs_.unread());
    if (!ours_.unread().empty()) found_.push_back(case_.name() + " | ours has unread operators");
    if (theirs_.sizes() != ours_.sizes()) hold("sizes", theirs_.sizes());
    if (!document_.explains_operators(case_.name(), theirs_.work(), ours_.work()))
      found_.push_back(fmt::format("{} | operators | {} | {}", case_.name(), theirs_.work(), ours_.work()));
  }
  void hold(const std::string& kind, const test::operator_counts& counts) {
    if (!document_.explains_kind(case_.name(), kind, counts))
      found_.push_back(fmt::format("{} | {}: {}", case_.name(), kind, counts));
  }

  void compare_types() {
    const std::map<std::string, signature> theirs = signatures(theirs_), ours = signatures(ours_);
    for (const auto& [type, their_fields] : theirs) {
      const auto found = ours.find(type);
      if (found == ours.end()) continue;
      signature names = their_fields;
      names.insert(found->second.begin(), found->second.end());
      for (const auto& [name, unused] : names)
        say(type, name, joined(their_fields, name), joined(found->second, name));
    }
  }
  static std::string joined(const signature& of, const std::string& name) {
    const auto found = of.find(name);
    return found == of.end() ? "–" : fmt::format("{}", fmt::join(found->second, ", "));
  }
  std::map<std::string, signature> signatures(const side& of) const {
    std::map<std::string, signature> all;
    for (const ir::OpDef& op : of.graph().op())
      if (!weights_.contains(&op) && op.type() != "NetOutput") add_to_signature(all[op.type()], op);
    return all;
  }

  const test::torchair_case& case_;
  side theirs_, ours_;
  const std::vector<std::string>& parameters_;
  test::differences& document_;
  std::set<const ir::OpDef*> weights_;
  std::vector<std::string> found_;
};

/// The folder in which the test works, for as long as this lives: relative paths are written into files.
class working_folder {
 public:
  explicit working_folder(const fs::path& path) : before_{fs::current_path()} { fs::current_path(path); }
  ~working_folder() { fs::current_path(before_); }
  working_folder(const working_folder&) = delete;
  working_folder& operator=(const working_folder&) = delete;

 private:
  fs::path before_;
};

bool has_weights_outside(const test::torchair_case& theirs) {
  const nlohmann::json& all = theirs.facts().at("p_inputs");
  return std::any_of(all.begin(), all.end(),
                     [](const nlohmann::json& input) { return input.at("type") == "FileConstant"; });
}

/// The same call as TorchAir's, below the working folder where TorchAir's path is absolute.
airloom::air::export_options options_of(const test::torchair_case& theirs) {
  const nlohmann::json& facts = theirs.facts();
  const fs::path path = facts.at("export_path").get<std::string>();
  airloom::air::export_options options{.path = path.is_absolute() ? fs::absolute("outside") : path,
                                       .name = facts.at("export_name")};
  options.module_stack = facts.at("config").contains("export.experimental.enable_record_nn_module_stack");
  if (has_weights_outside(theirs)) options.weights.place = airloom::air::weight_place::outside;
  return options;
}

/// Every file of a weight that TorchAir left is among ours, byte for byte.
void check_files(const test::torchair_case& theirs, const fs::path& ours) {
  for (const std::string& file : theirs.facts().at("files").get<std::vector<std::string>>()) {
    const fs::path name = fs::path{file}.filename();
    if (name != "dynamo.pbtxt")
      CHECK_MESSAGE(content_of(ours / name) == content_of(theirs.file("files") / file), theirs.name(), " ",
                    file);
  }
}

/// Two of its weights would share a file: TorchAir lets the later one overwrite the earlier.
constexpr const char* colliding = "w_tied_and_collision";

}  // namespace

TEST_CASE("our exports are TorchAir's, but for the differences that the document names") {
  test::differences document;
  const auto& all = test::all_described();
  for (const test::described& ours : all) {
    const test::torchair_case theirs{ours.name};
    if (theirs.facts().at("semantically_wrong_export") || theirs.name() == colliding) continue;
    const airloom::model model = test::model_of(ours, theirs);
    const test::temporary_folder folder;
    const working_folder here{folder.path()};
    const airloom::air::export_options options = options_of(theirs);
    airloom::air::export_model(model, options);
    const ir::ModelDef mine = read_model(options.path / (options.name + ".air"));
    const ir::ModelDef golden = read_model(theirs.file("export.air"));
    const std::vector<std::string> parameters = model.parameter_names();
    for (const std::string& difference : comparison{theirs, golden, mine, parameters, document}.run())
      FAIL_CHECK(difference);
    check_files(theirs, options.path);
  }
  for (const std::string& name : test::names_of_cases()) {
    const bool is_described =
        std::any_of(all.begin(), all.end(), [&](const test::described& one) { return one.name == name; });
    CHECK_MESSAGE(is_described != document.leaves_out(name), name);
  }
  for (const std::string& row : document.not_needed()) FAIL_CHECK("no case needs this row: " << row);
}

TEST_CASE("where TorchAir overwrites one weight with another, ours refuses and names both") {
  const auto& all = test::all_described();
  const auto ours =
      std::find_if(all.begin(), all.end(), [](const test::described& one) { return one.name == colliding; });
  REQUIRE(ours != all.end());
  const test::torchair_case theirs{colliding};
  const test::temporary_folder folder;
  const working_folder here{folder.path()};
  try {
    airloom::air::export_model(test::model_of(*ours, theirs), options_of(theirs));
    FAIL("exported");
  } catch (const airloom::error& e) {
    CHECK(e.happened().find("a_b") != std::string::npos);
    CHECK(e.happened().find("a.b") != std::string::npos);
  }
  CHECK(fs::is_empty(folder.path()));
}
