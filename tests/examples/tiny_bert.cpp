#include <doctest/doctest.h>

#include "../examples/models/tiny_bert.hpp"
#include "models.hpp"

namespace al = airloom;

namespace {

al::model traced() {
  return al::trace(bert::classifier_model{}, bert::input_ids, bert::attention_mask, bert::token_type_ids,
                   al::safetensors((test::data() / "models/tiny_bert/weights.safetensors").string()));
}

/// The gear's golden files: b1_s64, b1_s128, b4_s64, b4_s128 in the order of the gears.
constexpr const char* cases[]{"b1_s64", "b1_s128", "b4_s64", "b4_s128"};

}  // namespace

TEST_CASE("tiny_bert gives PyTorch's logits and pooled states in all four gears") {
  const al::model model = traced();
  for (const al::host::kernels kernels : {al::host::kernels::fast, al::host::kernels::reference}) {
    const al::host::engine engine{model, {kernels}};
    REQUIRE(engine.gears() == 4);
    al::host::context context = engine.make_context();
    for (std::size_t gear = 0; gear != 4; ++gear) {
      const std::string name = cases[gear];
      CAPTURE(name);
      const auto ids = test::golden<std::int64_t>("tiny_bert", name + ".input_ids");
      const auto mask = test::golden<std::int64_t>("tiny_bert", name + ".attention_mask");
      const auto types = test::golden<std::int64_t>("tiny_bert", name + ".token_type_ids");
      const auto exact = test::golden<double>("tiny_bert", name + ".logits.f64");
      const auto exact_pooler = test::golden<double>("tiny_bert", name + ".pooler.f64");
      std::vector<float> logits(exact.size()), pooled(exact_pooler.size());
      const al::host::status status = context.run(gear, {ids, mask, types}, {logits, pooled});
      REQUIRE_MESSAGE(status.ok(), status.message());
      CHECK(test::compare(logits, exact).largest <=
            test::allowed(test::golden<float>("tiny_bert", name + ".logits.f32"), exact));
      CHECK(test::compare(pooled, exact_pooler).largest <=
            test::allowed(test::golden<float>("tiny_bert", name + ".pooler.f32"), exact_pooler));
    }
  }
}

TEST_CASE("tiny_bert's labels: the language of every text in the golden batches") {
  const al::host::engine engine{traced()};
  al::host::context context = engine.make_context();
  for (std::size_t gear = 0; gear != 4; ++gear) {
    const std::string name = cases[gear];
    const auto labels = test::golden<std::int32_t>("tiny_bert", name + ".labels");
    std::vector<float> logits(8 * labels.size()), pooled(bert::width * labels.size());
    const al::host::status status =
        context.run(gear,
                    {test::golden<std::int64_t>("tiny_bert", name + ".input_ids"),
                     test::golden<std::int64_t>("tiny_bert", name + ".attention_mask"),
                     test::golden<std::int64_t>("tiny_bert", name + ".token_type_ids")},
                    {logits, pooled});
    REQUIRE_MESSAGE(status.ok(), status.message());
    for (std::size_t i = 0; i != labels.size(); ++i) {
      const auto row = logits.begin() + static_cast<std::ptrdiff_t>(8 * i);
      CHECK(std::max_element(row, row + 8) - row == labels[i]);
    }
  }
}

TEST_CASE("tiny_bert uses every weight of its file under the file's own name") {
  CHECK(traced().parameter_names().size() == 41);
}
