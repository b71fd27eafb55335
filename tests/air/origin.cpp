#include <doctest/doctest.h>
#include <airloom/airloom.hpp>
#include <regex>
#include <set>

#include "air/exported_form.hpp"
#include "air/origin.hpp"
#include "files.hpp"
#include "support/graphs.hpp"
#include "support/temporary_folder.hpp"

namespace al = airloom;

// The model of TorchAir's case s_module_stack.
struct Mlp {
  al::nn::linear<4, 8> up;
  al::nn::relu act;
  al::nn::linear<8, 4> down;
  constexpr auto operator()(auto x) const { return down(act(up(x))); }
};
BOOST_HANA_ADAPT_STRUCT(Mlp, up, act, down);

struct Layer {
  al::nn::layer_norm<4> norm;
  al::module<Mlp> mlp;
  constexpr auto operator()(auto x) const { return x + mlp(norm(x)); }
};
BOOST_HANA_ADAPT_STRUCT(Layer, norm, mlp);

struct Model {
  al::repeat<2, Layer> layers;
  al::nn::linear<4, 3> head;
  constexpr auto operator()(auto x) const { return head(layers(x * 2.0)); }
};
BOOST_HANA_ADAPT_STRUCT(Model, layers, head);

namespace {

namespace hidden {
template <int Width>
struct scaled {
  al::parameter<al::f32, Width> by;
  constexpr auto operator()(auto x) const { return x * by; }
};
struct pair {
  al::module<scaled<4>> first;
  constexpr auto operator()(auto x) const { return first(x); }
};
}  // namespace hidden

al::graph stacked_model() {
  return al::trace(Model{}, al::input<al::static_model, al::f32, 3, 4>("x"), al::ones());
}

std::string stack_of(const al::node& n) {
  const al::attribute* stack = n.find("nn_module_stack");
  return stack == nullptr ? "" : *stack->get<std::string>();
}

/// All stacks of operators of one type, in order; empty for those that have none.
std::vector<std::string> stacks_of(const al::graph& g, std::string_view type) {
  std::vector<std::string> stacks;
  for (const al::node& n : g.nodes)
    if (n.type == type) stacks.push_back(stack_of(n));
  return stacks;
}

/// A stack without its keys and with our names for PyTorch's layers.
std::string comparable(std::string stack) {
  const std::pair<std::regex, std::string> words[]{
      {std::regex{"'[^']*': \\("}, "("},
      {std::regex{"torch\\.nn\\.modules\\.linear\\.Linear"}, "airloom.nn.linear_layer"},
      {std::regex{"torch\\.nn\\.modules\\.normalization\\.LayerNorm"}, "airloom.nn.layer_norm_layer"},
      {std::regex{"torch\\.nn\\.modules\\.activation\\.ReLU"}, "airloom.nn.relu_layer"}};
  for (const auto& [word, ours] : words) stack = std::regex_replace(stack, word, ours);
  return stack;
}

std::vector<std::string> comparable(std::vector<std::string> stacks) {
  for (std::string& stack : stacks) stack = comparable(stack);
  return stacks;
}

std::set<std::string> different_stacks(const al::graph& g) {
  std::set<std::string> stacks;
  for (const al::node& n : g.nodes) stacks.insert(comparable(stack_of(n)));
  return stacks;
}

const al::node& named(const al::graph& g, std::string_view name) {
  return g.nodes.at(static_cast<std::size_t>(g.find(name)));
}

}  // namespace

BOOST_HANA_ADAPT_STRUCT(hidden::scaled<4>, by);
BOOST_HANA_ADAPT_STRUCT(hidden::pair, first);

TEST_CASE("the module stack of a model is TorchAir's of the same model, with keys that stay the same") {
  al::graph ours = al::air::exported_form(stacked_model());
  al::air::write_module_stacks(ours);
  const al::graph theirs = test::load_alone(test::data() / "torchair/s_module_stack/export.air");
  // A layer, its norm, and three layers of its Mlp, twice; the head; none.
  CHECK(different_stacks(theirs).size() == 2 * 5 + 2);
  CHECK(different_stacks(ours) == different_stacks(theirs));
  for (const std::string type : {"LayerNormV4", "Relu", "MatMulV2"}) {
    CAPTURE(type);
    CHECK(comparable(stacks_of(ours, type)) == comparable(stacks_of(theirs, type)));
  }
}

TEST_CASE("a module stack reads as Python prints one") {
  al::graph g = stacked_model();
  al::air::write_module_stacks(g);
  CHECK(stack_of(named(g, "layers.1.mlp.down.MatMulV2")) ==
        "{'layers.1': (\"L['self']._modules['layers']._modules['1']\", <class '__main__.Layer'>), "
        "'layers.1.mlp': (\"L['self']._modules['layers']._modules['1'].mlp\", <class '__main__.Mlp'>), "
        "'layers.1.mlp.down': (\"L['self']._modules['layers']._modules['1'].mlp.down\", "
        "<class 'airloom.nn.linear_layer'>)}");
}

TEST_CASE("every operator of a module carries the stack, and nothing else does") {
  al::graph g = stacked_model();
  al::air::write_module_stacks(g);
  for (const al::node& n : g.nodes) {
    CAPTURE(n.name);
    const bool made_by_module =
        n.type != "Const" && n.type != "Data" && n.name.find('.') != std::string::npos;
    CHECK(!stack_of(n).empty() == made_by_module);
  }
}

TEST_CASE("a model without modules has no stack, as TorchAir's") {
  const al::graph theirs = test::load_alone(test::data() / "torchair/s_module_stack_flat/export.air");
  CHECK(different_stacks(theirs) == std::set<std::string>{""});
  al::graph ours = al::trace(hidden::scaled<4>{}, al::input<al::static_model, al::f32, 4>("x"), al::ones());
  al::air::write_module_stacks(ours);
  CHECK(different_stacks(ours) == std::set<std::string>{""});
}

TEST_CASE("names of classes leave out what compilers spell differently") {
  const al::graph g = al::trace(hidden::pair{}, al::input<al::static_model, al::f32, 4>("x"), al::ones());
  REQUIRE(named(g, "first.Mul").modules.size() == 1);
  CHECK(named(g, "first.Mul").modules[0].class_name == "hidden::scaled");
}

TEST_CASE("outputs of operators carry the name that msit looks for, and those who take them repeat it") {
  const al::graph g = al::air::exported_form(stacked_model());
  const auto name_on = [](const al::tensor_description& description) {
    const auto found = description.attributes.find("_fx_tensor_name");
    return found == description.attributes.end() ? "" : *found->second.get<std::string>();
  };
  const al::node& norm = named(g, "layers.0.norm.LayerNormV4");
  for (std::size_t i = 0; i != 3; ++i)
    CHECK(name_on(norm.output_descriptions.at(i)) ==
          "layers.0.norm.LayerNormV4-airloom.LayerNormV4.OUTPUT." + std::to_string(i));
  CHECK(name_on(norm.input_descriptions.at(0)) == "Mul-airloom.Mul.OUTPUT.0");
  CHECK(name_on(named(g, "NetOutput").input_descriptions.at(0)) == "head.MatMulV2-airloom.MatMulV2.OUTPUT.0");
  for (const al::node& n : g.nodes)
    if (n.type == "Const" || n.type == "Data")
      for (const auto& description : n.output_descriptions) CHECK(name_on(description).empty());
}

TEST_CASE("a graph whose maker named its tensors keeps their names") {
  const al::graph theirs = test::load_alone(test::data() / "torchair/m_mlp_f32/export.air");
  const al::graph form = al::air::exported_form(theirs);
  for (std::size_t i = 0; i != theirs.nodes.size(); ++i)
    for (std::size_t k = 0; k != theirs.nodes[i].output_descriptions.size(); ++k) {
      const auto& before = theirs.nodes[i].output_descriptions[k].attributes;
      const auto& after = form.nodes[i].output_descriptions[k].attributes;
      CHECK(before.contains("_fx_tensor_name") == after.contains("_fx_tensor_name"));
    }
}

TEST_CASE("source lines are written when asked for, and loaded") {
  const test::temporary_folder folder;
  const al::graph model = stacked_model();
  const auto loaded = [&](bool wanted) {
    al::air::export_options options;
    options.path = folder / "out";
    options.source_lines = wanted;
    al::air::export_model(model, options);
    return al::air::load(options.path / "export.air");
  };
  const al::graph with = loaded(true), without = loaded(false);
  std::size_t known = 0;
  for (const al::node& n : model.nodes) {
    CAPTURE(n.name);
    CHECK(named(with, n.name).where.file == n.where.file);
    CHECK(named(with, n.name).where.line == (n.where.file.empty() ? 0 : n.where.line));
    CHECK(named(without, n.name).where.file.empty());
    known += static_cast<std::size_t>(n.where.file.ends_with("origin.cpp"));
  }
  CHECK(known >= 13);  // every operator
  CHECK(named(with, "layers.0.Add").where.line == named(with, "layers.1.Add").where.line);
  CHECK(test::content_of(folder / "out/export.air").find("origin.cpp") == std::string::npos);
}

TEST_CASE("source lines that make no sense are no lines") {
  const auto line_of = [](al::attribute file, al::attribute line) {
    return al::air::read_source_line(
        {{"_airloom_source_file", std::move(file)}, {"_airloom_source_line", std::move(line)}});
  };
  const al::attribute name{std::string{"a.cpp"}}, number{std::int64_t{7}};
  CHECK(line_of(name, number).file == "a.cpp");
  CHECK(line_of(name, number).line == 7);
  for (const std::int64_t wrong : {std::int64_t{-1}, std::int64_t{1} << 32})
    CHECK(line_of(name, {wrong}).file.empty());
  CHECK(line_of(number, number).file.empty());
  CHECK(line_of(name, name).file.empty());
  CHECK(al::air::read_source_line({{"_airloom_source_file", name}}).file.empty());
}
