// digits_cnn: a trained convolution net reads handwritten digits, in batches of 1 or 10.

#include <airloom/airloom.hpp>
#include <algorithm>
#include <span>
#include <vector>

#include "models/digits_cnn.hpp"
#include "support.hpp"

namespace al = airloom;

namespace {

al::model traced() {
  return al::trace(digits_cnn::net{}, digits_cnn::image,
                   al::safetensors((example::data("digits_cnn") / "weights.safetensors").string()));
}

void show() {
  const al::model model = traced();
  std::cout << al::to_text(model) << '\n';
  const al::host::engine engine{model};
  al::host::context context = engine.make_context();
  const auto images = example::golden<float>("digits_cnn", "input.x");
  const auto labels = example::golden<std::int32_t>("digits_cnn", "labels");
  for (const std::int64_t batch : {1, 10}) {
    const auto step = static_cast<std::size_t>(batch);
    std::vector<float> logits(10 * step);
    std::size_t right = 0;
    for (std::size_t first = 0; first != labels.size(); first += step) {
      example::require(context.run({digits_cnn::batch(batch)},
                                   std::span<const float>{images.data() + 64 * first, 64 * step}, logits));
      for (std::size_t i = 0; i != step; ++i)
        right += static_cast<std::int32_t>(example::answer(logits, i, 10)) == labels[first + i];
    }
    std::cout << "batch " << batch << ": " << right << " of " << labels.size() << " digits are right\n";
  }
}

void export_to(const std::string& folder) {
  example::export_model(traced(), folder);
}

}  // namespace

int main(int argc, char** argv) {
  return example::main(argc, argv, "digits_cnn: a trained convolution net reads handwritten digits.", show,
                       export_to);
}
