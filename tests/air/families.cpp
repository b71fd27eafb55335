// The families of TorchAir's own export tests (Ascend/torchair, tests/st/torchair_export_st.py) that make
// sense without PyTorch, each on a model of ours. They count pieces of text, so spacing is part of the
// promise. Elsewhere: collectives (E3 to E6, E8) in the tests of many ranks, weights in files of their own
// (E7) with the export, inputs that are written to (E12 to E14) with the models that TorchAir exported. E17
// exchanges converters of PyTorch's, which nothing here has.

#include <doctest/doctest.h>
#include <airloom/airloom.hpp>

#include "files.hpp"
#include "support/temporary_folder.hpp"

namespace al = airloom;

namespace {

inline constexpr struct rows final : al::axis<rows> {
} rows;
inline constexpr auto traffic = rows.in<3, 6>;
inline constexpr auto twice = rows + rows;

struct sum {
  constexpr auto operator()(auto x, auto y) const { return x + y; }
};

/// The sum, and a tensor whose shape needs the number of rows twice.
struct sum_and_sizes {
  constexpr auto operator()(auto x, auto y) const {
    auto added = x + y;
    return al::outputs(added, al::broadcast_to<rows, rows, 4>(added), al::broadcast_to<rows, rows, 4>(y));
  }
};

struct half_weight {
  al::parameter<al::f16, 10, 10, 10> p1;
  constexpr auto operator()(auto x, auto y) const { return x + y + p1; }
};

struct mixed_types {
  al::parameter<al::bf16, 10> p1;

  constexpr auto operator()(auto x, auto y) const {
    auto half = al::cast<al::f16>(x + y);
    auto with_ones = al::cast<al::f32>(half + al::fill_like(half, 1));
    return al::outputs(with_ones, al::as_tensor(p1, x) * 2.0);
  }
};

struct chunks {
  constexpr auto operator()(auto x) const {
    auto [left, right] = al::split<-1, 2>(x);
    return left + right;
  }
};
struct outer_module {
  al::module<chunks> inner;
  constexpr auto operator()(auto x) const { return al::relu(inner(x)); }
};

/// Sizes that TorchAir's model takes as integers are axes here: x is twice the rows.
struct sizes_in_packs {
  constexpr auto operator()(auto z, auto p, auto m, auto n) const {
    auto b = al::reshape<twice>(p) + al::reshape<twice>(z) + al::reshape<twice>(z);
    auto c = al::sum<0, 1>(al::reshape<twice, twice>(m));
    auto a = al::pack<0>(n, n, n, n);
    auto d = al::sum<0, 1, 2>(al::reshape<4, rows, rows>(m) + a);
    return b + c - d;
  }
};

struct eight_bits {
  constexpr auto operator()(auto x, auto z) const {
    auto a = al::cast<al::f32>(al::cast<al::dtype::f8_e4m3fn>(x));
    return al::outputs(al::cast<al::dtype::f8_e5m2>(a), al::cast<al::f32>(z));
  }
};

struct copies {
  constexpr auto operator()(auto x, auto y) const { return al::outputs(al::identity(x), al::identity(y)); }
};

template <al::dtype Type>
constexpr auto matrix(std::string_view name) {
  return al::input<al::static_model, Type, 2, 4>(name);
}

struct exported {
  std::string model;
  std::string text;

  std::size_t count(std::string_view piece) const {
    std::size_t times = 0;
    for (std::size_t at = text.find(piece); at != std::string::npos; at = text.find(piece, at + piece.size()))
      ++times;
    return times;
  }
  std::size_t nodes(std::string_view type) const {
    return count(std::string{"op: \""}.append(type).append("\""));
  }
};

exported exporting(const al::model& model, al::air::export_options options = {}) {
  const test::temporary_folder folder;
  options.path = folder / "export_file";
  al::air::export_model(model, options);
  return {test::content_of(options.path / "export.air"), test::content_of(options.path / "dynamo.pbtxt")};
}

}  // namespace

BOOST_HANA_ADAPT_STRUCT(half_weight, p1);
BOOST_HANA_ADAPT_STRUCT(mixed_types, p1);
BOOST_HANA_ADAPT_STRUCT(outer_module, inner);

TEST_CASE("E1: a static sum has two inputs and reads no sizes; the first field of the model is its graph") {
  const exported e = exporting(al::trace(sum{}, matrix<al::f32>("x"), matrix<al::f32>("y")));
  CHECK(e.nodes("Data") == 2);
  CHECK(e.nodes("Shape") == 0);
  CHECK(e.count(" dim: -1") == 0);
  const al::ir::ModelDef model = test::message_of(e.model);
  CHECK(model.name().empty());
  CHECK(model.version() == 0);
  constexpr char tag_of_graph = 7 << 3 | 2;
  CHECK(e.model.at(0) == tag_of_graph);
}

TEST_CASE("E2: moving sizes are read from a graph input by one Shape, however often they are needed") {
  const exported e = exporting(al::trace(sum_and_sizes{}, al::input<traffic, al::f32, rows, 4>("x"),
                                         al::input<traffic, al::f32, rows, 4>("y")));
  CHECK(e.nodes("Data") == 2);
  CHECK(e.nodes("Shape") == 1);
  CHECK(e.count("key: \"[i]input0\"") == 1);
  // Both sides of two Data, where Add and BroadcastTo and Shape take them, and 1 + 2 + 2 in three results.
  CHECK(e.count(" dim: -1") == 4 + 2 + 1 + 1 + 5);
}

TEST_CASE("E7: a weight in a file of its own is f32 without a shape to its description, whatever it is") {
  constexpr auto input = [](const char* name) { return al::input<al::static_model, al::f16, 10>(name); };
  al::air::export_options options;
  options.weights.limit = 10;  // bytes
  const exported e = exporting(al::trace(half_weight{}, input("x"), input("y"), al::ones()), options);
  CHECK(e.nodes("FileConstant") == 1);
  CHECK(e.nodes("Data") == 2);
  CHECK(e.nodes("Shape") == 0);
  const al::ir::ModelDef model = test::message_of(e.model);
  const auto& ops = model.graph(0).op();
  const auto weight =
      std::find_if(ops.begin(), ops.end(), [](const auto& op) { return op.type() == "FileConstant"; });
  REQUIRE(weight != ops.end());
  CHECK(weight->output_desc(0).dtype() == 1);
  CHECK(weight->output_desc(0).layout() == "ND");
  CHECK(weight->output_desc(0).shape().dim().empty());
  CHECK(weight->output_desc(0).attr().at("format_for_int").i() == 2);
}

TEST_CASE("E9: bf16 stays bf16, and descriptions are spaced as protobuf prints them") {
  const exported e =
      exporting(al::trace(mixed_types{}, matrix<al::bf16>("x"), matrix<al::bf16>("y"), al::ones()));
  CHECK(e.nodes("Const") == 3);
  CHECK(e.nodes("Data") == 2);
  CHECK(e.nodes("Shape") == 0);
  CHECK(e.count("dtype: DT_BF16") == 13);
  CHECK(e.count("  dim: 10") == 4);
}

TEST_CASE("E10: with the module stack, operators name the modules that made them") {
  const auto model = al::trace(outer_module{}, matrix<al::f32>("x"));
  const exported e = exporting(model, {.module_stack = true});
  CHECK(e.count("key: \"nn_module_stack\"") == 2);  // SplitD and Add; Relu stands in the root
  CHECK(e.count("chunks") == 2);
  CHECK(exporting(model).count("nn_module_stack") == 0);
}

TEST_CASE("E11: sizes that no constant can say are packed") {
  const exported e = exporting(al::trace(
      sizes_in_packs{}, al::input<traffic, al::f32, 2, rows>("z"), al::input<traffic, al::f32, rows, 2>("p"),
      al::input<traffic, al::f32, twice * twice>("m"), al::input<traffic, al::f32, rows, rows>("n")));
  CHECK(e.nodes("Data") == 4);  // TorchAir's six hold two packed lists of integers, which are no inputs here
  CHECK(e.nodes("Pack") == 3);  // and two of its Packs became those inputs; one stacks n in both
  CHECK(e.nodes("Shape") == 1);
}

TEST_CASE("E15: eight-bit floating-point types have TorchAir's names") {
  const exported e =
      exporting(al::trace(eight_bits{}, matrix<al::f32>("x"), matrix<al::dtype::f8_e4m3fn>("z")));
  CHECK(e.nodes("Data") == 2);
  CHECK(e.count("dtype: DT_FLOAT8_E4M3FN") == 5);
  CHECK(e.count("DT_FLOAT8_E5M2") == 2);
}

TEST_CASE("E16: unsigned integers have TorchAir's names") {
  const auto texts = [](const auto& x, const auto& y) { return exporting(al::trace(copies{}, x, y)); };
  // Each input on both sides, where Identity takes and gives it, and in NetOutput.
  CHECK(texts(matrix<al::u16>("x"), matrix<al::u16>("y")).count("dtype: DT_UINT16") == 10);
  CHECK(texts(matrix<al::dtype::u32>("x"), matrix<al::u16>("y")).count("dtype: DT_UINT32") == 5);
  CHECK(texts(matrix<al::dtype::u64>("x"), matrix<al::u16>("y")).count("dtype: DT_UINT64") == 5);
  CHECK(texts(matrix<al::u16>("x"), matrix<al::u16>("y")).nodes("Data") == 2);
}
