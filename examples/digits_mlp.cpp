// digits_mlp: a trained perceptron reads handwritten digits, one by one, in tens or in fifties.

#include <airloom/airloom.hpp>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <iomanip>
#include <span>
#include <vector>

#include "models/digits_mlp.hpp"
#include "support.hpp"

namespace al = airloom;

namespace {

constexpr std::size_t pixels = 64;
constexpr std::size_t classes = 10;

al::model traced() {
  return al::trace(digits::perceptron{}, digits::pixels,
                   al::safetensors((example::data("digits_mlp") / "weights.safetensors").string()));
}

/// Runs every image, `batch` at a time. The settings of a gear that does not exist would not be run but
/// refused.
std::vector<float> run_all(al::host::context& context, std::int64_t batch, const std::vector<float>& images) {
  const std::size_t step = static_cast<std::size_t>(batch), count = images.size() / pixels;
  std::vector<float> logits(count * classes);
  for (std::size_t first = 0; first != count; first += step) {
    const std::span<const float> in{images.data() + first * pixels, step * pixels};
    const std::span<float> out{logits.data() + first * classes, step * classes};
    example::require(context.run({digits::batch(batch)}, in, out));
  }
  return logits;
}

/// Five digits side by side, with what the model says they are.
void draw(const std::vector<float>& images, const std::vector<float>& logits, std::size_t first) {
  constexpr std::string_view ink = " .:-=+*#%@";
  for (std::size_t row = 0; row != 8; ++row) {
    for (std::size_t image = first; image != first + 5; ++image) {
      std::cout << "  ";
      for (std::size_t column = 0; column != 8; ++column) {
        const float level = images[image * pixels + row * 8 + column];
        const char dot = ink[static_cast<std::size_t>(level * static_cast<float>(ink.size() - 1))];
        std::cout << dot << dot;
      }
    }
    std::cout << '\n';
  }
  for (std::size_t image = first; image != first + 5; ++image)
    std::cout << "  says " << example::answer(logits, image, classes) << "          ";
  std::cout << "\n\n";
}

double microseconds_per_call(al::host::context& context, std::int64_t batch,
                             const std::vector<float>& images) {
  const std::span<const float> in{images.data(), static_cast<std::size_t>(batch) * pixels};
  std::vector<float> out(static_cast<std::size_t>(batch) * classes);
  constexpr int calls = 2000;
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i != calls; ++i) static_cast<void>(context.run({digits::batch(batch)}, in, out));
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count() / calls;
}

void show() {
  const al::host::engine engine{traced()};
  al::host::context context = engine.make_context();
  const auto images = example::golden<float>("digits_mlp", "input.x");
  const auto labels = example::golden<std::int32_t>("digits_mlp", "labels");
  const auto torch = example::golden<double>("digits_mlp", "expected.logits.f64");

  const std::vector<float> logits = run_all(context, 1, images);
  draw(images, logits, 0);
  draw(images, logits, 5);

  std::cout << "batch   right of " << labels.size()
            << "   microseconds per call   largest difference from PyTorch (float64)\n";
  for (const std::int64_t batch : {1, 10, 50}) {
    const std::vector<float> mine = run_all(context, batch, images);
    std::size_t right = 0;
    double largest = 0;
    for (std::size_t i = 0; i != labels.size(); ++i)
      right += static_cast<std::int32_t>(example::answer(mine, i, classes)) == labels[i];
    for (std::size_t i = 0; i != mine.size(); ++i) largest = std::max(largest, std::abs(mine[i] - torch[i]));
    std::cout << std::setw(5) << batch << std::setw(15) << right << std::setw(24) << std::fixed
              << std::setprecision(2) << microseconds_per_call(context, batch, images) << std::setw(20)
              << std::scientific << std::setprecision(1) << largest << std::defaultfloat << '\n';
  }
}

void export_to(const std::string& folder) {
  example::export_model(traced(), folder);
}

}  // namespace

int main(int argc, char** argv) {
  return example::main(argc, argv,
                       "digits_mlp: a trained perceptron reads handwritten digits in batches of 1, 10 or 50.",
                       show, export_to);
}
