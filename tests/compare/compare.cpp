#include <doctest/doctest.h>
#include <airloom/compare/compare.hpp>
#include <airloom/error.hpp>
#include <limits>
#include "arrays.hpp"

using namespace airloom;
using compare::report;
using compare::tensor_comparison;
using weights::named_array;

namespace {

using names = std::vector<std::string>;

bool speaks_of(const tensor_comparison& pair, std::string_view words) {
  for (const std::string& reason : pair.reasons)
    if (reason.find(words) != std::string::npos) return true;
  return false;
}

}  // namespace

TEST_CASE("tensors are paired by name, whatever their order") {
  const std::vector<named_array> golden{
      {"a", test::f32s({1, 2})}, {"b", test::f32s({3})}, {"c", test::f32s({4})}};
  const std::vector<named_array> mine{
      {"d", test::f32s({5})}, {"b", test::f32s({3})}, {"a", test::f32s({1, 2})}};
  const report result = compare::compare(golden, mine);
  REQUIRE(result.tensors.size() == 2);
  CHECK(result.tensors[0].name == "a");
  CHECK(result.tensors[1].name == "b");
  CHECK(result.tensors[0].agrees());
  CHECK(result.missing == names{"c"});
  CHECK(result.extra == names{"d"});
  CHECK_FALSE(result.agrees());

  const report swapped = compare::compare(mine, golden);
  CHECK(swapped.missing == result.extra);
  CHECK(swapped.extra == result.missing);
}

TEST_CASE("every set of tensors is the same as itself") {
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  constexpr float infinity = std::numeric_limits<float>::infinity();
  const std::vector<named_array> all{{"plain", test::f32s({0.1F, -0.7F, 1e30F, 1e-30F})},
                                     {"odd", test::f32s({nan, infinity, -infinity, 1})},
                                     {"zero", test::f64s({0, 0})},
                                     {"none", test::f64s({})},
                                     {"tokens", test::vector_of<std::int64_t>(i64, {7, 1 << 20})}};
  const report result = compare::compare(all, all);
  CHECK(result.agrees());
  for (const tensor_comparison& pair : result.tensors) {
    CAPTURE(pair.name);
    CHECK(pair.measured->cosine == doctest::Approx(1).epsilon(1e-15));
    CHECK(pair.measured->relative_distance == 0);
  }
}

TEST_CASE("one missing or one extra tensor makes the verdict negative") {
  const std::vector<named_array> one{{"a", test::f32s({1})}},
      two{{"a", test::f32s({1})}, {"b", test::f32s({1})}};
  CHECK_FALSE(compare::compare(one, two).agrees());
  CHECK_FALSE(compare::compare(two, one).agrees());
}

TEST_CASE("shapes have to be equal, not only the numbers of elements") {
  const tensor_comparison pair = compare::compare(test::tensor<float>(f32, {1, 2, 3, 4, 5, 6}, {2, 3}),
                                                  test::tensor<float>(f32, {1, 2, 3, 4, 5, 6}, {3, 2}));
  CHECK_FALSE(pair.agrees());
  CHECK_FALSE(pair.measured);
  CHECK(speaks_of(pair, "The golden shape is [2, 3] and mine is [3, 2]."));
}

TEST_CASE("element types may differ") {
  CHECK(compare::compare(test::f64s({0.5, 1.5}), test::f32s({0.5F, 1.5F})).agrees());
}

TEST_CASE("a wrong direction, a wrong scale and a wrong zero are all noticed by default") {
  CHECK(speaks_of(compare::compare(test::f32s({1, 2, 2}), test::f32s({1, 2, 3})), "cosine similarity"));
  CHECK(speaks_of(compare::compare(test::f32s({1, 2}), test::f32s({2, 4})), "relative distance"));
  CHECK(speaks_of(compare::compare(test::f32s({0, 1}), test::f32s({0.1F, 1})), "relative distance"));
  CHECK(compare::compare(test::f32s({1, 2, 2}), test::f32s({1, 2, 2.001F})).agrees());
}

TEST_CASE("each limit can be set") {
  const weights::array golden = test::f32s({100, 200, 0}), mine = test::f32s({100, 201, 0.25F});
  CHECK(compare::compare(golden, mine).agrees());
  CHECK(speaks_of(compare::compare(golden, mine, {.cosine = 0.9999999}), "cosine similarity"));
  CHECK(speaks_of(compare::compare(golden, mine, {.relative_distance = 0.001}), "relative distance"));
  CHECK(speaks_of(compare::compare(golden, mine, {.absolute = 0.5}), "largest absolute error is 1 "));
  CHECK(speaks_of(compare::compare(golden, mine, {.absolute = 0.1}), "golden value is 0 is 0.25"));
  CHECK(speaks_of(compare::compare(golden, mine, {.relative = 0.001}), "largest relative error is 0.005"));
  CHECK(compare::compare(golden, mine, {.absolute = 1, .relative = 0.0051}).agrees());
}

TEST_CASE("indexes and truth values have to be met exactly, unless a limit says otherwise") {
  const weights::array golden = test::vector_of<std::int64_t>(i64, {1000, 1001});
  const weights::array mine = test::vector_of<std::int64_t>(i64, {1000, 1002});
  CHECK_FALSE(compare::compare(golden, mine).agrees());
  CHECK(compare::compare(golden, mine, {.absolute = 1}).agrees());
  CHECK(compare::compare(test::vector_of<std::int8_t>(i8, {100, 101}),
                         test::vector_of<std::int8_t>(i8, {100, 102}))
            .agrees());
}

TEST_CASE("a value that is not finite has to stand on both sides") {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  CHECK(compare::compare(test::f32s({1, -infinity}), test::f32s({1, -infinity})).agrees());
  CHECK(speaks_of(compare::compare(test::f32s({1, -infinity}), test::f32s({1, infinity})), "not finite"));
  CHECK_FALSE(compare::compare(test::f32s({1, 2}), test::f32s({1, infinity})).agrees());
}

TEST_CASE("a tensor that cannot be measured does not agree, and says why") {
  const weights::array complex = test::vector_of<double>(dtype::c64, {1});
  CHECK(speaks_of(compare::compare(complex, complex), "c64"));
}

TEST_CASE("nothing to compare with is an error") {
  const std::vector<named_array> some{{"a", test::f32s({1})}};
  CHECK_THROWS_WITH(compare::compare({}, some), doctest::Contains("AL601"));
}
