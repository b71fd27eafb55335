// Our descriptions of TorchAir's models compute what PyTorch computed.

#include <doctest/doctest.h>
#include <airloom/compare/compare.hpp>
#include <airloom/compare/statistics.hpp>
#include <airloom/error.hpp>
#include <airloom/host/engine.hpp>
#include <algorithm>
#include <cmath>
#include <cstring>

#include "cases.hpp"

namespace al = airloom;
using al::weights::named_array;

namespace {

const al::weights::array& get(const std::vector<named_array>& arrays, const std::string& name) {
  const al::weights::array* found = al::weights::find(arrays, name);
  REQUIRE_MESSAGE(found != nullptr, name);
  return *found;
}

/// What is fed: the sample inputs, and for a state that PyTorch keeps as a buffer of the module its first
/// value.
std::vector<named_array> fed_to(const test::torchair_case& facts) {
  std::vector<named_array> fed = facts.arrays("inputs.npz");
  for (named_array& weight : facts.arrays("weights.npz")) fed.push_back(std::move(weight));
  return fed;
}

std::size_t gear_of(const al::host::engine& engine, const std::vector<named_array>& fed) {
  for (std::size_t gear = 0; gear != engine.gears(); ++gear)
    if (std::all_of(engine.inputs().begin(), engine.inputs().end(), [&](const al::host::tensor_port& port) {
          return get(fed, port.name).shape == port.shapes[gear];
        }))
      return gear;
  FAIL("no gear has the shapes of the sample inputs");
  return 0;
}

/// A new value of a state is called after.<state>, as in expected.npz.
std::string name_of(const al::host::tensor_port& output) {
  return (output.updates >= 0 ? "after." : "") + output.name;
}

std::vector<named_array> results(const al::host::engine& engine, const std::vector<named_array>& fed) {
  const std::size_t gear = gear_of(engine, fed);
  std::vector<al::host::input_buffer> in;
  std::vector<al::blob> kept;
  for (const al::host::tensor_port& port : engine.inputs()) {
    const al::weights::array& array = get(fed, port.name);
    kept.push_back(al::blob::copy_of(array.bytes.span()));
    in.emplace_back(kept.back().data, kept.back().size, array.type);
  }
  std::vector<std::vector<std::byte>> out;
  std::vector<al::host::output_buffer> buffers;
  for (const al::host::tensor_port& port : engine.outputs()) out.emplace_back(port.bytes(gear));
  for (std::size_t k = 0; k != out.size(); ++k)
    buffers.emplace_back(out[k].data(), out[k].size(), engine.outputs()[k].type);
  const al::host::status status = engine.make_context().run(gear, in, buffers);
  REQUIRE_MESSAGE(status.ok(), status.message());
  std::vector<named_array> named;
  for (std::size_t k = 0; k != out.size(); ++k)
    named.push_back(
        {name_of(engine.outputs()[k]),
         {engine.outputs()[k].type, engine.outputs()[k].shapes[gear], al::blob::copy_of(out[k])}});
  return named;
}

/// Within a few roundings of the type at the size of the largest element: what two orders of summing may
/// differ by. Whole numbers and truth values are equal.
al::compare::thresholds allowed(const al::weights::array& golden) {
  const al::compare::statistics values = al::compare::statistics_of(golden);
  const double magnitude = std::max(std::abs(values.minimum), std::abs(values.maximum));
  const double rounding = golden.type == al::f16 ? 0x1p-11 : golden.type == al::bf16 ? 0x1p-8 : 0x1p-24;
  const bool is_real =
      golden.type == al::f16 || golden.type == al::bf16 || golden.type == al::f32 || golden.type == al::f64;
  return {.absolute = is_real ? 16 * rounding * magnitude : 0.0};
}

/// A tensor of PyTorch's results; the numbers and None beside them are none.
std::vector<std::string> tensors_among(const nlohmann::json& outputs) {
  std::vector<std::string> names;
  for (const nlohmann::json& output : outputs)
    if (!output.contains("python")) names.push_back(output.at("name"));
  return names;
}

bool is_measured(al::dtype type) {
  return type != al::dtype::f8_e4m3fn && type != al::dtype::f8_e5m2;
}
bool are_same_bytes(const al::weights::array& a, const al::weights::array& b) {
  return a.type == b.type && a.shape == b.shape && a.bytes.size == b.bytes.size &&
         std::memcmp(a.bytes.data, b.bytes.data, a.bytes.size) == 0;
}

void check(const std::string& where, const al::weights::array& golden, const al::weights::array& mine) {
  CHECK_MESSAGE(golden.type == mine.type, where);
  if (!is_measured(golden.type)) {
    CHECK_MESSAGE(are_same_bytes(golden, mine), where);
    return;
  }
  const al::compare::tensor_comparison verdict = al::compare::compare(golden, mine, allowed(golden));
  for (const std::string& reason : verdict.reasons) FAIL_CHECK(where << ": " << reason);
}

/// Every tensor that PyTorch returned or changed is among ours: under its name, or, where it is one that was
/// changed in place and returned too, under its new value's.
void check_all(const test::torchair_case& facts, const std::vector<named_array>& mine) {
  const std::vector<named_array> golden = facts.arrays("expected.npz");
  for (const std::string& name : tensors_among(facts.facts().at("outputs"))) {
    const al::weights::array& wanted = get(golden, name);
    const auto is_wanted = [&](const named_array& other) {
      return al::weights::find(mine, other.name) != nullptr && are_same_bytes(other.value, wanted);
    };
    if (const al::weights::array* found = al::weights::find(mine, name); found != nullptr)
      check(facts.name() + " " + name, wanted, *found);
    else
      CHECK_MESSAGE(std::any_of(golden.begin(), golden.end(), is_wanted), facts.name(), " lacks ", name);
  }
}

}  // namespace

TEST_CASE("our models compute what PyTorch's do, with either kind of kernel") {
  for (const test::described& ours : test::all_described()) {
    const test::torchair_case facts{ours.name};
    try {
      const al::model model = test::model_of(ours, facts);
      for (const auto kind : {al::host::kernels::fast, al::host::kernels::reference})
        check_all(facts, results(al::host::engine{model, {kind}}, fed_to(facts)));
    } catch (const al::error& e) {
      FAIL_CHECK(facts.name() << ": " << e.what());
    }
  }
}
