// Weights inside the model and in files of their own.

#include "air/weight_placement.hpp"

#include <doctest/doctest.h>
#include <sys/mman.h>
#include <airloom/air/export.hpp>
#include <airloom/graph/from_tape.hpp>

#include "air/exported_form.hpp"
#include "air/graph_files.hpp"
#include "files.hpp"
#include "support/graphs.hpp"
#include "support/temporary_folder.hpp"

using airloom::blob;
using airloom::error;
using airloom::graph;
using airloom::air::export_options;
using airloom::air::weight_options;
using airloom::air::weight_place;

namespace ir = airloom::ir;

namespace {

std::string text_of(const blob& bytes) {
  return {reinterpret_cast<const char*>(bytes.data), bytes.size};
}

blob blob_of(std::string_view text) {
  return blob::copy_of(std::as_bytes(std::span{text}));
}

/// x + each of the parameters in turn, which are u8[4].
graph sum_of(const std::vector<std::pair<std::string, blob>>& parameters) {
  test::graph_builder builder;
  const auto shape = test::shape({4});
  int sum = builder.input("x", airloom::u8, shape);
  for (const auto& [name, bytes] : parameters) {
    const int weight = builder.constant(name, airloom::u8, shape, blob{});
    airloom::set_contents(builder.g, {name, airloom::u8, {4}, weight}, bytes);
    sum = builder.node("Add", {sum, weight});
    for (auto* side : {&builder[sum].input_descriptions, &builder[sum].output_descriptions})
      for (auto& description : *side) description = test::description(airloom::u8, shape);
    builder[sum].input_names = {"x1", "x2"};
    builder[sum].output_names = {"y"};
  }
  builder.result({sum});
  builder.g.nodes.back().input_descriptions = {test::description(airloom::u8, shape)};
  return builder.g;
}

std::vector<std::string> names_of(const airloom::air::placed_weights& placed) {
  std::vector<std::string> names;
  for (const auto& file : placed.files) names.push_back(file.name);
  return names;
}

struct refusal {
  std::string code = "none";
  std::string happened;
};

refusal refused(const std::function<void()>& call) {
  try {
    call();
  } catch (const error& e) {
    return {std::to_string(static_cast<int>(e.code())), e.happened()};
  }
  return {};
}

refusal refused(const std::vector<std::string>& names, const weight_options& options) {
  std::vector<std::pair<std::string, blob>> parameters;
  for (const std::string& name : names) parameters.emplace_back(name, blob_of("abcd"));
  return refused([&] { airloom::air::place_weights(sum_of(parameters), options, ""); });
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

ir::ModelDef placed_message(const graph& g, const weight_options& options, const std::string& folder) {
  return test::message_of(
      test::saved(airloom::air::exported_form(airloom::air::place_weights(g, options, folder).g)));
}

/// Without what PyTorch says of tensors (TorchAir gives it to inputs, and weights were some), and without the
/// shapes of results, which a loaded file does not give to what computes them.
ir::ModelDef without_words_of_pytorch(ir::ModelDef message) {
  message.mutable_graph(0)->clear_attr();
  for (auto& op : *message.mutable_graph(0)->mutable_op()) {
    if (op.type() == "NetOutput")
      for (auto& description : *op.mutable_input_desc()) description.clear_shape();
    for (auto* side : {op.mutable_input_desc(), op.mutable_output_desc()})
      for (auto& description : *side) {
        description.mutable_attr()->erase("_meta");
        description.mutable_attr()->erase("_fx_tensor_name");
        description.clear_device_type();  // where PyTorch had the tensor
      }
  }
  return message;
}

/// Bytes of read-only zeros that take no memory.
blob zeros(std::size_t size) {
  void* const start = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  REQUIRE(start != MAP_FAILED);
  std::shared_ptr<const void> owner{start, [size](void* mapped) { ::munmap(mapped, size); }};
  return {std::move(owner), static_cast<const std::byte*>(start), size};
}

}  // namespace

TEST_CASE("TorchAir's exports with weights inside become those with weights outside, and back") {
  const auto folder = test::data() / "torchair";
  const graph inside = airloom::air::load(folder / "w_threshold_edge_below/export.air");
  const graph outside = airloom::air::load(folder / "w_threshold_edge_above/export.air",
                                           {.weights_folder = folder / "w_threshold_edge_above/files"});
  const auto message = [&](const char* name) {
    return without_words_of_pytorch(test::message_of(test::content_of(folder / name / "export.air")));
  };
  weight_options options{.place = weight_place::inside};
  CHECK(test::difference(message("w_threshold_edge_below"),
                         without_words_of_pytorch(placed_message(outside, options, ""))) == "");
  // A file names no parameters, and these weights are small: the test names them.
  graph named = inside;
  for (const auto& [node, name] : {std::pair{"arg0_1", "p1"}, {"arg1_1", "p2"}}) {
    auto& value = named.nodes.at(static_cast<std::size_t>(named.find(node))).attributes.at("value").value;
    std::get<airloom::tensor_contents>(value).description.name = name;
  }
  options.place = weight_place::outside;
  CHECK(test::difference(message("w_threshold_edge_above"),
                         without_words_of_pytorch(placed_message(named, options, "export_file"))) == "");
  const auto placed = airloom::air::place_weights(named, options, "export_file");
  REQUIRE(placed.files.size() == 2);
  for (const auto& file : placed.files)
    CHECK(text_of(file.bytes) ==
          test::content_of(folder / "w_threshold_edge_above/files/export_file" / file.name));
}

TEST_CASE("weights that TorchAir wrote to files are written to the same files again") {
  int cases = 0;
  for (const auto& file : test::files_of_torchair()) {
    const std::string name = file.parent_path().filename().string();
    if (!name.starts_with("w_external") && name != "u_e7_external_fp16") continue;
    ++cases;
    const graph g = airloom::air::load(file, {.weights_folder = file.parent_path() / "files"});
    const std::string path = test::json_of(file.parent_path() / "case.json")["export_path"];
    const auto placed = airloom::air::place_weights(g, {.place = weight_place::outside}, path);
    CHECK(test::difference(
              without_words_of_pytorch(test::message_of(test::content_of(file))),
              without_words_of_pytorch(placed_message(g, {.place = weight_place::outside}, path))) == "");
    std::map<std::string, std::string> theirs, ours;
    for (const auto& written : test::files_below(file.parent_path() / "files", ""))
      if (written.filename() != "dynamo.pbtxt")
        theirs[written.filename().string()] = test::content_of(written);
    for (const auto& weight : placed.files) ours[weight.name] = text_of(weight.bytes);
    CHECK(ours == theirs);
  }
  CHECK(cases >= 4);
}

TEST_CASE("weights go outside when graph and weights together are one byte over the limit") {
  const graph g = sum_of({{"p1", blob_of("abcd")}, {"p2", blob_of("efgh")}});
  // The same graph with inputs in the place of weights, as it would be written.
  test::graph_builder builder;
  const auto shape = test::shape({4});
  graph inputs = g;
  for (const char* name : {"p1", "p2"}) {
    airloom::node& n = inputs.nodes[static_cast<std::size_t>(inputs.find(name))];
    builder.input("x", airloom::u8, shape);
    builder.input(name, airloom::u8, shape);
    n = builder.g.nodes.back();
    n.attributes["index"].value = std::int64_t{name == std::string{"p1"} ? 1 : 2};
  }
  const std::uint64_t total =
      test::message_of(test::saved(airloom::air::exported_form(inputs))).graph(0).ByteSizeLong() + 8;
  const auto files = [&](std::uint64_t limit) {
    return names_of(airloom::air::place_weights(g, {.limit = limit}, ""));
  };
  CHECK(files(total).empty());
  CHECK(files(total - 1) == std::vector<std::string>{"p1", "p2"});
  CHECK(airloom::air::torchair_weight_limit == (2048 - 200) * 1024 * 1024ULL);
  // An exception does not count; and what is left is decided as one.
  weight_options options{.of = {{"p1", weight_place::outside}}, .limit = total - 4};
  CHECK(names_of(airloom::air::place_weights(g, options, "")) == std::vector<std::string>{"p1"});
  options = {.of = {{"p1", weight_place::inside}}, .limit = 0};
  CHECK(names_of(airloom::air::place_weights(g, options, "")) == std::vector<std::string>{"p2"});
}

TEST_CASE("a weight outside is a FileConstant as TorchAir writes it, and a raw file") {
  const test::temporary_folder folder;
  const graph g = sum_of({{"layers.0.w", blob_of("abcd")}});
  export_options options{.path = folder / "out", .name = "m"};
  options.weights.place = weight_place::outside;
  const auto files = airloom::air::export_model(g, options);
  CHECK(files == std::vector<test::fs::path>{folder / "out/layers_0_w", folder / "out/m.air",
                                             folder / "out/dynamo.pbtxt", folder / "out/manifest.json"});
  CHECK(test::content_of(files[0]) == "abcd");
  const auto path_in = [](const test::fs::path& file) {
    const ir::ModelDef message = test::message_of(test::content_of(file));
    const auto& op = message.graph(0).op(1);
    CHECK(op.type() == "FileConstant");
    CHECK(op.name() == "layers.0.w");
    CHECK(op.output_desc(0).dtype() == 1);
    CHECK(op.output_desc(0).shape().dim().empty());
    CHECK(op.attr().at("dtype").dt() == 4);
    CHECK(op.attr().at("shape").list().i(0) == 4);
    CHECK(op.attr().at("file_id").s().empty());
    CHECK(!op.attr().contains("value"));
    return op.attr().at("file_path").s();
  };
  CHECK(path_in(files[1]) == folder / "out/layers_0_w");
  options.weights.path = airloom::air::weight_path::model_folder;
  airloom::air::export_model(g, options);
  CHECK(path_in(files[1]) == "layers_0_w");
  const graph loaded = airloom::air::load(files[1]);
  const auto& value = *loaded.nodes[1].find("value")->get<airloom::tensor_contents>();
  CHECK(text_of(value.data) == "abcd");
  CHECK(value.description.type == airloom::u8);
}

TEST_CASE("names that meet in one file, that are none for a file, or that no weight has are refused") {
  const weight_options outside{.place = weight_place::outside};
  const refusal meet = refused({"a.b_c", "a_b.c"}, outside);
  CHECK(meet.code == "303");
  CHECK((holds(meet.happened, "'a.b_c'") || holds(meet.happened, "\"a.b_c\"")));
  CHECK((holds(meet.happened, "'a_b.c'") || holds(meet.happened, "\"a_b.c\"")));
  CHECK(refused({"a.b_c", "a_b.c"}, {.place = weight_place::inside}).code == "none");
  CHECK(refused({"a.b_c", "a_b.c"}, {.of = {{"a.b_c", weight_place::outside}}}).code == "none");
  for (const char* name : {"a/b", "../a", "a\nb", "/"})
    CHECK_MESSAGE(refused({name}, outside).code == "303", name);
  CHECK(refused({std::string(256, 'a')}, outside).code == "303");
  CHECK(refused({std::string(255, 'a')}, outside).code == "none");
  const refusal unknown = refused({"a"}, {.of = {{"b", weight_place::outside}}});
  CHECK(unknown.code == "701");
}

TEST_CASE("weights that share their bytes share one file") {
  const blob shared = blob_of("abcdefgh");
  const graph g =
      sum_of({{"emb.w", shared.part(0, 4)}, {"head.w", shared.part(0, 4)}, {"view", shared.part(4, 4)}});
  const auto placed = airloom::air::place_weights(g, {.place = weight_place::outside}, "f");
  REQUIRE(names_of(placed) == std::vector<std::string>{"emb_w", "view"});
  CHECK(text_of(placed.files[1].bytes) == "efgh");
  const auto path_of = [&](const char* name) {
    return *placed.g.nodes[static_cast<std::size_t>(placed.g.find(name))]
                .find("file_path")
                ->get<std::string>();
  };
  CHECK(path_of("emb.w") == "f/emb_w");
  CHECK(path_of("head.w") == "f/emb_w");
  CHECK(path_of("view") == "f/view");
}

TEST_CASE("weights without contents, or with too many, are refused") {
  CHECK(refused([] {
          airloom::air::place_weights(sum_of({{"w", blob_of("abcde")}}), {}, "");
        }).code == "303");
  const auto file = test::data() / "torchair/w_external_relative/export.air";
  CHECK(refused([&] { airloom::air::place_weights(test::load_alone(file), {}, ""); }).code == "303");
}

TEST_CASE("over 2 GiB: refused inside before anything is written, and one weight may be larger outside") {
  const test::temporary_folder folder;
  constexpr std::int64_t size = 2'300'000'000;
  test::graph_builder builder;
  const int weight = builder.constant("w", airloom::u8, test::shape({size}), blob{});
  airloom::set_contents(builder.g, {"w", airloom::u8, {size}, weight}, zeros(size));
  builder.result({weight});
  builder.g.nodes.back().input_descriptions = {test::description(airloom::u8, test::shape({size}))};
  export_options options{.path = folder / "out"};
  options.weights.place = weight_place::inside;
  const refusal inside = refused([&] { airloom::air::export_model(builder.g, options); });
  CHECK(inside.code == "402");
  CHECK(holds(inside.happened, "2147483647"));
  CHECK(!test::fs::exists(folder / "out"));
  const auto placed = airloom::air::place_weights(builder.g, {}, "");
  REQUIRE(placed.files.size() == 1);  // by itself: it is over the limit
  CHECK(placed.files[0].bytes.size == size);
}

TEST_CASE("a loaded graph's constants of some size are weights, named after their nodes") {
  test::graph_builder builder;
  builder.constant("large", airloom::u8, test::shape({1024}), blob_of(std::string(1024, 'l')));
  builder.constant("small", airloom::u8, test::shape({4}), blob_of("abcd"));
  builder.constant("written", airloom::u8, test::shape({1024}), blob_of(std::string(1024, 'w')));
  builder.g.nodes[2].attributes["_readable_value"].value = std::string{"[…]"};
  const graph g = test::parse_text(test::saved(builder.g));
  CHECK(names_of(airloom::air::place_weights(g, {.place = weight_place::outside}, "")) ==
        std::vector<std::string>{"large"});
}

TEST_CASE("an unknown release of CANN or chip is refused with the known ones, and nothing is written") {
  const test::temporary_folder folder;
  const graph g = sum_of({{"w", blob_of("abcd")}});
  for (const airloom::air::target_options& target :
       {airloom::air::target_options{"9.9.RC9", ""}, airloom::air::target_options{"", "Ascend910Z"}}) {
    export_options options{.path = folder / "out"};
    options.target = target;
    try {
      airloom::air::export_model(g, options);
      FAIL("accepted");
    } catch (const error& e) {
      CHECK(e.code() == airloom::error_code::usage);
      CHECK(holds(e.remedy(), target.cann.empty() ? "Ascend910B1" : "8.2.RC1"));
    }
  }
  CHECK(!test::fs::exists(folder / "out"));
  export_options options{.path = folder / "out"};
  options.target = {"8.2.RC1", "Ascend910B4-1"};
  CHECK_NOTHROW(airloom::air::export_model(g, options));
}

TEST_CASE("graphs of one export may share the files of their weights") {
  const test::temporary_folder place;
  const graph g = sum_of({{"w", blob_of("abcd")}});
  export_options options{.path = place / "out"};
  options.weights.place = weight_place::outside;
  const auto write = [&] {
    const airloom::air::graph_files model{g, {"m.air", ""}, options};
    const airloom::air::graph_files gear{g, {"gears/0_4/m.air", "gears/0_4", ""}, options};
    airloom::air::export_folder folder{options.path};
    model.write_to(folder);
    gear.write_to(folder);
    folder.commit();
  };
  const auto path_in = [&](const char* file) {
    const graph written = test::load_alone(options.path / file);
    return *written.nodes[1].find("file_path")->get<std::string>();
  };
  write();
  CHECK(test::files_below(options.path, "/w") == std::vector{options.path / "w"});
  CHECK(path_in("gears/0_4/m.air") == place / "out/w");
  options.weights.path = airloom::air::weight_path::model_folder;
  write();
  CHECK(path_in("m.air") == "w");
  CHECK(path_in("gears/0_4/m.air") == "../../w");
}
