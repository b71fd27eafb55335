#include <doctest/doctest.h>

#include "../examples/models/digits_cnn.hpp"
#include "../examples/models/digits_mlp.hpp"
#include "models.hpp"

namespace al = airloom;

namespace {

/// Runs all 450 test images, `batch` at a time, and gives their logits.
std::vector<float> run_all(const al::host::engine& engine, std::size_t gear, std::size_t batch,
                           const std::vector<float>& images) {
  al::host::context context = engine.make_context();
  const std::size_t pixels = 64, classes = 10, count = images.size() / pixels;
  std::vector<float> logits(count * classes);
  for (std::size_t first = 0; first != count; first += batch) {
    const std::span<const float> in{images.data() + first * pixels, batch * pixels};
    const al::host::status status =
        context.run(gear, in, std::span<float>{logits.data() + first * classes, batch * classes});
    REQUIRE_MESSAGE(status.ok(), status.message());
  }
  return logits;
}

double accuracy(const std::vector<float>& logits, const std::vector<std::int32_t>& labels) {
  std::size_t right = 0;
  for (std::size_t i = 0; i != labels.size(); ++i) {
    const auto row = logits.begin() + static_cast<std::ptrdiff_t>(10 * i);
    right += std::max_element(row, row + 10) - row == labels[i];
  }
  return static_cast<double>(right) / static_cast<double>(labels.size());
}

void check_against_torch(const al::graph& model, const std::string& name,
                         const std::vector<std::size_t>& batches, double expected_accuracy) {
  const auto images = test::golden<float>(name, "input.x");
  const auto exact = test::golden<double>(name, "expected.logits.f64");
  const double bound = test::allowed(test::golden<float>(name, "expected.logits.f32"), exact);
  for (const al::host::kernels kernels : {al::host::kernels::fast, al::host::kernels::reference}) {
    const al::host::engine engine{model, {kernels}};
    REQUIRE(engine.gears() == batches.size());
    for (std::size_t gear = 0; gear != batches.size(); ++gear) {
      CAPTURE(batches[gear]);
      const std::vector<float> logits = run_all(engine, gear, batches[gear], images);
      CHECK(test::compare(logits, exact).largest <= bound);
      CHECK(accuracy(logits, test::golden<std::int32_t>(name, "labels")) ==
            doctest::Approx(expected_accuracy).epsilon(1e-9));
    }
  }
}

}  // namespace

TEST_CASE("digits_mlp gives PyTorch's logits in every gear and reads 444 of 450 digits") {
  const auto model =
      al::trace(digits::perceptron{}, digits::pixels,
                al::safetensors((test::data() / "models/digits_mlp/weights.safetensors").string()));
  check_against_torch(model, "digits_mlp", {1, 10, 50}, 444.0 / 450);
}

TEST_CASE("digits_cnn gives PyTorch's logits in every gear and reads 449 of 450 digits") {
  const auto model =
      al::trace(digits_cnn::net{}, digits_cnn::image,
                al::safetensors((test::data() / "models/digits_cnn/weights.safetensors").string()));
  check_against_torch(model, "digits_cnn", {1, 10}, 449.0 / 450);
}

TEST_CASE("the digits models are recorded in constant evaluation: their sizes are constants") {
  static_assert(al::record_model(digits::perceptron{}, digits::pixels).output_size(0, 0, 2) == 50);
  static_assert(al::record_model(digits::perceptron{}, digits::pixels).output_size(0, 1, 2) == 10);
  // Data, three layers of weight, bias and MatMulV2, two Relu, NetOutput
  static_assert(al::record_model(digits::perceptron{}, digits::pixels).node_count() == 13);
  // The two hidden layers of one image: 128 floats, and 64 beside them.
  static_assert(al::host::arena_bytes(al::record_model(digits::perceptron{}, digits::pixels), 0) ==
                4 * (128 + 64));
}
