// The models of many ranks at once: TorchAir's JSON files to the byte, and its two-card example field by
// field.

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <airloom/air/export_ranks.hpp>
#include <airloom/air/gears_file.hpp>
#include <airloom/air/verify_export.hpp>
#include <airloom/graph/graph.hpp>
#include <airloom/model/trace_ranks.hpp>
#include <airloom/weights/array.hpp>
#include <cstring>
#include <map>
#include <set>

#include "../examples/models/all_reduce.hpp"
#include "files.hpp"
#include "support/temporary_folder.hpp"

namespace al = airloom;
namespace ir = airloom::ir;

namespace {

/// A case of TorchAir's that several ranks exported.
struct many_ranks {
  test::fs::path folder;
  nlohmann::json facts;

  std::size_t ranks() const { return facts.at("world_size").get<std::size_t>(); }
  std::string name() const { return facts.at("export_name").get<std::string>(); }
  test::fs::path exported(std::size_t rank) const {
    return folder / (rank == 0 ? "export.air" : fmt::format("export_rank{}.air", rank));
  }
  /// A file that TorchAir wrote, in the folder of the export.
  test::fs::path file(const std::string& file_name) const {
    return folder / "files" / test::fs::path{facts.at("export_path").get<std::string>()}.lexically_normal() /
           file_name;
  }
  std::vector<al::graph> graphs() const {
    std::vector<al::graph> all;
    for (std::size_t rank = 0; rank != ranks(); ++rank) all.push_back(al::air::load(exported(rank)));
    return all;
  }
};

std::vector<many_ranks> all_cases() {
  std::vector<many_ranks> cases;
  for (const test::fs::path& file : test::files_below(test::data() / "torchair", "case.json")) {
    many_ranks each{file.parent_path(), nlohmann::json::parse(test::content_of(file))};
    if (each.facts.value("world_size", 1) > 1) cases.push_back(std::move(each));
  }
  return cases;
}

std::string refused(const al::rank_graphs& ranks, const al::air::export_ranks_options& options) {
  try {
    al::air::export_ranks(ranks, options);
    return "written";
  } catch (const al::error& e) {
    return e.what();
  }
}

std::vector<al::model> two_cards() {
  return al::trace_ranks<2>(all_reduce::net{}, all_reduce::x, all_reduce::y, al::ones());
}

ir::ModelDef message_of(const test::fs::path& file) {
  ir::ModelDef message;
  REQUIRE(message.ParseFromString(test::content_of(file)));
  return message;
}

std::vector<std::string> tree(const test::fs::path& folder) {
  std::vector<std::string> files;
  for (const test::fs::path& file : test::files_below(folder, ""))
    files.push_back(file.lexically_relative(folder).string());
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

TEST_CASE("TorchAir's ranks meet") {
  for (const many_ranks& each : all_cases()) {
    CAPTURE(each.folder);
    const std::vector<al::graph> graphs = each.graphs();
    for (const al::diagnostic& found : al::check_ranks(graphs)) FAIL_CHECK(found.message);
  }
}

TEST_CASE("the files of deployment are TorchAir's to the byte, but for groups that rank 0 does not use") {
  std::size_t equal = 0, longer = 0;
  for (const many_ranks& each : all_cases()) {
    if (!test::fs::exists(each.file("numa_config.json"))) continue;
    CAPTURE(each.folder);
    const std::vector<al::graph> graphs = each.graphs();
    CHECK(al::air::numa_text(graphs.size()) == test::content_of(each.file("numa_config.json")));
    const std::string ours = al::air::model_relation_text(each.name(), graphs);
    const std::string theirs = test::content_of(each.file("model_relation_config.json"));
    if (ours == theirs) {
      ++equal;
      continue;
    }
    ++longer;
    nlohmann::json mine = nlohmann::json::parse(ours);
    const nlohmann::json other = nlohmann::json::parse(theirs);
    nlohmann::json& groups = mine.at("comm_group");
    std::set<std::string> named;
    for (const al::graph& g : graphs)
      for (const al::rank_group& group : al::groups_in_use(std::vector{g})) named.insert(group.name);
    CHECK(groups.size() == named.size());
    CHECK(groups.size() > other.at("comm_group").size());
    groups.erase(groups.begin() + static_cast<std::ptrdiff_t>(other.at("comm_group").size()), groups.end());
    CHECK(mine == other);
  }
  CHECK(equal > 0);
  CHECK(longer > 0);
}

TEST_CASE("ranks are placed on machines") {
  al::air::deployment deploy{.write_files = true};
  deploy.nodes = {{.id = 3, .type = "ATLAS900", .address = "10.0.0.1", .port = 1234, .ranks = {1}},
                  {.id = 5, .address = "узел", .ranks = {0}}};
  const auto ranks = two_cards();
  const auto relation = nlohmann::json::parse(al::air::model_relation_text("m", ranks, deploy));
  CHECK(relation["deploy_config"][0]["deploy_device_id_list"] == "0:5:0");
  CHECK(relation["deploy_config"][1]["deploy_device_id_list"] == "0:3:0");
  const std::string numa = al::air::numa_text(2, deploy);
  const auto nodes = nlohmann::json::parse(numa)["cluster"][0]["cluster_nodes"];
  CHECK(nodes.size() == 2);
  CHECK(nodes[0] == nlohmann::json{{"node_id", 3},
                                   {"node_type", "ATLAS900"},
                                   {"ipaddr", "10.0.0.1"},
                                   {"port", 1234},
                                   {"item_list", {{{"item_id", 0}}}}});
  CHECK(numa.find("узел") != std::string::npos);  // as Python with ensure_ascii=False
}

TEST_CASE("a placement that does not hold every rank once is refused") {
  const auto refused_nodes = [](std::vector<al::air::cluster_node> nodes) {
    al::air::deployment deploy;
    deploy.nodes = std::move(nodes);
    try {
      return al::air::numa_text(2, deploy);
    } catch (const al::error& e) {
      CHECK(e.code() == al::error_code::usage);
      return e.happened();
    }
  };
  CHECK(refused_nodes({{.ranks = {0}}}) == "Rank 1 is on no node.");
  CHECK(refused_nodes({{.ranks = {0, 1, 1}}}) == "Rank 1 is placed twice.");
  CHECK(refused_nodes({{.ranks = {0, 1, 2}}}) == "Node 0 has rank 2, but the ranks are 0 to 1.");
  CHECK(refused_nodes({{.ranks = {0}}, {.ranks = {1}}}) == "Two nodes have the id 0.");
  CHECK(refused_nodes({{.id = -1, .ranks = {0, 1}}}) == "A node has the id -1.");
  CHECK(refused_nodes({{.port = 65536, .ranks = {0, 1}}}) == "Node 0 has the port 65536.");
  CHECK(refused_nodes({{.port = 0, .ranks = {0, 1}}}) == "Node 0 has the port 0.");
  CHECK(refused_nodes({{.address = "", .ranks = {0, 1}}}).starts_with("The address of node 0 is"));
  CHECK(refused_nodes({{.type = "\xFF", .ranks = {0, 1}}}).starts_with("The type of node 0 is"));
}

TEST_CASE("what is written for two ranks") {
  const test::temporary_folder folder;
  const auto ranks = two_cards();
  const auto names = [&](const al::air::export_ranks_options& options) {
    std::vector<std::string> all;
    for (const test::fs::path& file : al::air::export_ranks(ranks, options)) {
      CHECK(test::fs::is_regular_file(file));
      all.push_back(file.lexically_relative(options.model.path).string());
    }
    std::sort(all.begin(), all.end());
    return all;
  };
  CHECK(names({.model = {.path = folder / "a", .name = "m"}}) ==
        std::vector<std::string>{"m0.air", "m1.air", "manifest.json", "rank_0/dynamo.pbtxt",
                                 "rank_1/dynamo.pbtxt"});
  CHECK(names({.model = {.path = folder / "b", .name = "m"}, .deploy = {.write_files = true}}) ==
        std::vector<std::string>{"m0.air", "m1.air", "manifest.json", "model_relation_config.json",
                                 "numa_config.json", "rank_0/dynamo.pbtxt", "rank_1/dynamo.pbtxt"});
  CHECK(test::content_of(folder / "b/numa_config.json") == al::air::numa_text(2));
}

TEST_CASE("without a collective there is nothing to deploy") {
  const test::temporary_folder folder;
  const auto ranks =
      al::trace_ranks<2>([](auto x) { return x + x; }, al::input<al::static_model, al::f32, 2>("x"));
  for (const test::fs::path& file :
       al::air::export_ranks(ranks, {.model = {.path = folder / "a"}, .deploy = {.write_files = true}}))
    CHECK(file.filename() != "numa_config.json");
}

TEST_CASE("nothing is written where ranks do not meet") {
  const test::temporary_folder folder;
  const auto x = al::input<al::static_model, al::f32, 2>("x");
  const std::vector<al::model> ranks{al::trace([](auto a) { return al::all_reduce<al::world<2>>(a); }, x),
                                     al::trace([](auto a) { return al::all_gather<al::world<2>>(a); }, x)};
  const std::string said = refused(ranks, {.model = {.path = folder / "a"}});
  CHECK(said.starts_with("[AL204]"));
  CHECK(said.find("HcomAllReduce on rank 0") != std::string::npos);
  CHECK(said.find("export_ranks.cpp:") != std::string::npos);
  CHECK(!test::fs::exists(folder / "a"));
  CHECK(refused(two_cards(),
                {.model = {.path = folder / "a"}, .deploy = {.write_files = true, .nodes = {{.ranks = {0}}}}})
            .starts_with("[AL701] Rank 1 is on no node."));
  CHECK(refused(two_cards(), {.model = {.path = folder / "a", .name = "a/.."}}).starts_with("[AL701]"));
  CHECK(refused(std::vector<al::model>{}, {.model = {.path = folder / "a"}}).starts_with("[AL701]"));
  CHECK(!test::fs::exists(folder / "a"));
}

namespace {

/// What PyTorch writes beside the model: its own words for a tensor, and where the sample inputs lay.
void drop_words_of_torch(ir::TensorDescriptor& tensor) {
  tensor.mutable_attr()->erase("_meta");
  tensor.mutable_attr()->erase("_fx_tensor_name");
  tensor.set_device_type("NPU");
}

/// The one graph of a file with its operators in order of their names, named by `names` where it has them.
ir::GraphDef comparable(const test::fs::path& file, const std::map<std::string, std::string>& names) {
  ir::GraphDef g = message_of(file).graph(0);
  const auto renamed = [&](const std::string& edge) {
    const std::size_t colon = edge.rfind(':');
    const auto found = names.find(edge.substr(0, colon));
    return found == names.end() ? edge
                                : found->second + (colon == std::string::npos ? "" : edge.substr(colon));
  };
  for (std::string& input : *g.mutable_input()) input = renamed(input);
  for (ir::OpDef& op : *g.mutable_op()) {
    op.set_name(renamed(op.name()));
    for (std::string& input : *op.mutable_input()) input = renamed(input);
    for (ir::TensorDescriptor& tensor : *op.mutable_input_desc()) drop_words_of_torch(tensor);
    for (ir::TensorDescriptor& tensor : *op.mutable_output_desc()) drop_words_of_torch(tensor);
    if (op.type() == "Const") drop_words_of_torch(*(*op.mutable_attr())["value"].mutable_t()->mutable_desc());
  }
  std::sort(g.mutable_op()->pointer_begin(), g.mutable_op()->pointer_end(),
            [](const ir::OpDef* a, const ir::OpDef* b) { return a->name() < b->name(); });
  return g;
}

/// How TorchAir names what we name x, y, p1 and p2.
std::map<std::string, std::string> names_of_torch(const nlohmann::json& rank) {
  std::map<std::string, std::string> names;
  for (const nlohmann::json& each : rank.at("p_inputs")) {
    const auto source = each.at("source").get<std::string>();
    names[each.at("op").get<std::string>()] = source.substr(source.find(' ') + 1);
  }
  return names;
}

}  // namespace

TEST_CASE("TorchAir's two-card example comes out tree and content") {
  std::size_t cases = 0;
  for (const many_ranks& each : all_cases()) {
    if (!each.folder.filename().string().starts_with("ex3_allreduce_2rank")) continue;
    CAPTURE(each.folder);
    ++cases;
    const test::temporary_folder folder;
    const auto option = [&](const char* name) { return each.facts.at("config").value(name, false); };
    const bool deploy = option("export.experimental.auto_atc_config_generated");
    const auto ranks = al::trace_ranks<2>(all_reduce::net{}, all_reduce::x, all_reduce::y, [&](int rank) {
      return al::npz((each.folder / (rank == 0 ? "weights.npz" : "weights_rank1.npz")).string());
    });
    al::air::export_ranks(
        ranks, {.model = {.path = folder / "mp",
                          .name = each.name(),
                          .module_stack = option("export.experimental.enable_record_nn_module_stack")},
                .deploy = {.write_files = deploy}});
    std::vector<std::string> expected{each.name() + "0.air", each.name() + "1.air", "manifest.json"};
    for (const std::string& file : tree(each.file(""))) expected.push_back(file);
    std::sort(expected.begin(), expected.end());
    CHECK(tree(folder / "mp") == expected);
    for (const std::string& file : tree(each.file("")))
      if (file.ends_with(".json"))
        CHECK(test::content_of(folder / ("mp/" + file)) == test::content_of(each.file(file)));
    for (std::size_t rank = 0; rank != 2; ++rank) {
      CAPTURE(rank);
      const ir::GraphDef theirs =
          comparable(each.exported(rank), names_of_torch(each.facts.at("ranks").at(rank)));
      const ir::GraphDef ours = comparable(folder / fmt::format("mp/{}{}.air", each.name(), rank), {});
      std::string difference;
      google::protobuf::util::MessageDifferencer differencer;
      differencer.ReportDifferencesToString(&difference);
      CHECK_MESSAGE(differencer.Compare(theirs, ours), difference);
    }
  }
  CHECK(cases > 0);
}

namespace {

/// Rank 0 sends what it has, rank 1 adds it to its own.
template <int Rank>
struct sent_and_added {
  constexpr auto operator()(auto x) const {
    if constexpr (Rank == 0) {
      al::send<al::world<2>, 1>(x);
      return al::outputs();
    } else
      return al::receive<al::world<2>, 0, al::f32, al::shape<2>>(x) + x;
  }
};

}  // namespace

TEST_CASE("an operator that is waited for and has no output is marked, so that GE keeps it") {
  const test::temporary_folder folder;
  const auto ranks = al::trace_each_rank<2>([](auto rank) {
    return al::trace(sent_and_added<rank>{}, al::input<al::static_model, al::f32, 2>("x"));
  });
  al::air::export_ranks(ranks, {.model = {.path = folder / "a", .name = "m"}});
  const auto marks = [&](const char* file) {
    const ir::ModelDef model = message_of(folder / file);
    std::map<std::string, bool> marked;
    for (const ir::OpDef& op : model.graph(0).op())
      if (op.attr().contains("_force_skip_prune")) marked[op.type()] = op.attr().at("_force_skip_prune").b();
    return marked;
  };
  // As Ascend/torchair writes it in auto_generated_ge_raw_ops.py, for this operator alone.
  CHECK(marks("a/m0.air") == std::map<std::string, bool>{{"HcomSend", true}});
  CHECK(marks("a/m1.air").empty());
}

// --- ranks in gears ---

namespace ranks_in_gears {

inline constexpr struct batch final : al::axis<batch> {
} batch;

/// Each rank has rows of its own, multiplies them, and gets the products of all.
struct gathered {
  al::parameter<al::f32, 3, 2> weight;
  constexpr auto operator()(auto x) const {
    return al::wait(al::all_gather<al::world<2>>(al::matmul(x, weight)));
  }
};

}  // namespace ranks_in_gears

BOOST_HANA_ADAPT_STRUCT(ranks_in_gears::gathered, weight);

namespace {

std::vector<al::model> geared_cards() {
  return al::trace_ranks<2>(
      ranks_in_gears::gathered{},
      al::input<ranks_in_gears::batch.in<2, 4>, al::f32, ranks_in_gears::batch, 3>("x"), [](int rank) {
        const std::vector<float> numbers(6, 1.0F + static_cast<float>(rank));
        return al::in_memory(
            {{"weight", {al::f32, {3, 2}, al::blob::copy_of(std::as_bytes(std::span{numbers}))}}});
      });
}

/// The rows of the only input and the only result, and the first number of the only weight.
struct figures {
  al::extent in, out;
  float weight = 0;
  bool operator==(const figures&) const = default;
};

figures figures_of(const al::graph& g) {
  const auto shape = [&](const al::value_reference& value) {
    return g.nodes[static_cast<std::size_t>(value.node)]
        .output_descriptions[static_cast<std::size_t>(value.output)]
        .shape[0];
  };
  figures result{shape({g.inputs().at(0), 0}), shape(g.outputs().at(0)), 0};
  for (const al::node& n : g.nodes)
    if (n.type == "Const" || n.type == "FileConstant") {
      const auto* contents = n.find("value")->get<al::tensor_contents>();
      REQUIRE(contents->data.size == 6 * sizeof(float));
      std::memcpy(&result.weight, contents->data.data, sizeof(float));
    }
  return result;
}

al::graph inferred(al::graph g) {
  al::throw_first_error(al::infer(g));
  return g;
}

}  // namespace

TEST_CASE("ranks in gears: each has its gears beside it and, where ATC takes none, a static model a gear") {
  using al::air::weight_path;
  using al::air::weight_place;
  struct asked {
    const char* cann;
    weight_place place;
    weight_path path;
  };
  const asked all[]{{"8.5.0", weight_place::inside, weight_path::export_path},
                    {"8.5.0", weight_place::outside, weight_path::export_path},
                    {"8.0.0", weight_place::inside, weight_path::export_path},
                    {"8.0.0", weight_place::outside, weight_path::export_path},
                    {"8.0.0", weight_place::outside, weight_path::model_folder}};
  const auto ranks = geared_cards();
  for (const asked& each : all) {
    CAPTURE(each.cann);
    CAPTURE(static_cast<int>(each.place));
    CAPTURE(static_cast<int>(each.path));
    const test::temporary_folder folder;
    const test::fs::path out = folder / "mp";
    al::air::export_ranks(ranks, {.model = {.path = out,
                                            .name = "m",
                                            .weights = {.place = each.place, .path = each.path},
                                            .target = {.cann = each.cann}}});
    const bool has_models = each.cann == std::string{"8.0.0"};
    std::vector<std::string> expected{"m0.air",
                                      "m0.gears.json",
                                      "m1.air",
                                      "m1.gears.json",
                                      "manifest.json",
                                      "rank_0/dynamo.pbtxt",
                                      "rank_1/dynamo.pbtxt"};
    if (has_models)
      for (const char* model :
           {"gears/0_2/m0.air", "gears/0_2/m1.air", "gears/1_4/m0.air", "gears/1_4/m1.air"})
        expected.emplace_back(model);
    if (each.place == weight_place::outside)
      for (const char* weight : {"rank_0/weight", "rank_1/weight"}) expected.emplace_back(weight);
    std::sort(expected.begin(), expected.end());
    CHECK(tree(out) == expected);
    CHECK(al::air::verify_export(out).empty());

    for (int rank = 0; rank != 2; ++rank) {
      CAPTURE(rank);
      const float weight = 1.0F + static_cast<float>(rank);
      const auto load = [&](const std::string& model) {
        return al::air::load(out / model, {.weights_folder = out});
      };
      const al::air::gears_file gears = al::air::read_gears(out / fmt::format("m{}.gears.json", rank));
      CHECK(gears.options.input_shape == "x:-1,3");
      CHECK(gears.options.dynamic_dims == "2;4");
      const al::graph in_gears = al::air::with_gears(load(fmt::format("m{}.air", rank)), gears);
      CHECK(figures_of(in_gears) == figures{al::extent::of_axis(0), al::extent::of_axis(0) * 2, weight});

      std::vector<std::string> models;
      if (has_models)
        models = {fmt::format("gears/0_2/m{}.air", rank), fmt::format("gears/1_4/m{}.air", rank)};
      CHECK(gears.models == models);
      for (std::size_t gear = 0; gear != models.size(); ++gear) {
        const al::extent rows = gear == 0 ? 2 : 4;
        CHECK(figures_of(inferred(load(models[gear]))) == figures{rows, rows * 2, weight});
        if (each.path != weight_path::model_folder) continue;
        const al::graph unread =
            al::air::load(out / models[gear], {.weights_folder = {}, .read_weights = false});
        for (const al::node& n : unread.nodes)
          if (n.type == "FileConstant")
            CHECK(*n.find("file_path")->get<std::string>() == fmt::format("../../rank_{}/weight", rank));
      }
    }
  }
}
