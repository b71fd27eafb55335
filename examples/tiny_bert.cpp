// tiny_bert: a trained BERT encoder tells in which language a text is, for batches of 1 or 4 and 64 or 128
// tokens.

#include <airloom/airloom.hpp>
#include <algorithm>
#include <chrono>
#include <sstream>
#include <vector>

#include "models/tiny_bert.hpp"
#include "support.hpp"

namespace al = airloom;

namespace {

constexpr const char* languages[]{"English", "German",  "Dutch",      "French",
                                  "Spanish", "Italian", "Portuguese", "Polish"};

al::model traced() {
  return al::trace(bert::classifier_model{}, bert::input_ids, bert::attention_mask, bert::token_type_ids,
                   al::safetensors((example::data("tiny_bert") / "weights.safetensors").string()));
}

void show_gear(al::host::context& context, std::int64_t batch, std::int64_t seq) {
  std::ostringstream golden;
  golden << "b" << batch << "_s" << seq;
  const std::string name = golden.str();
  const auto ids = example::golden<std::int64_t>("tiny_bert", name + ".input_ids");
  const auto mask = example::golden<std::int64_t>("tiny_bert", name + ".attention_mask");
  const auto types = example::golden<std::int64_t>("tiny_bert", name + ".token_type_ids");
  const auto labels = example::golden<std::int32_t>("tiny_bert", name + ".labels");
  std::vector<float> logits(8 * labels.size()), pooled(bert::width * labels.size());

  const auto start = std::chrono::steady_clock::now();
  example::require(context.run({bert::batch(batch), bert::seq(seq)}, {ids, mask, types}, {logits, pooled}));
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;

  std::cout << "batch " << batch << ", " << seq << " tokens (" << took.count() << " ms):";
  for (std::size_t i = 0; i != labels.size(); ++i) {
    const std::size_t said = example::answer(logits, i, 8);
    std::cout << ' ' << languages[said] << (static_cast<std::int32_t>(said) == labels[i] ? "" : " (wrong)");
  }
  std::cout << '\n';
}

void show() {
  const al::model model = traced();
  const al::host::engine engine{model};
  al::host::context context = engine.make_context();
  std::cout << "BERT in " << engine.gears() << " gears, " << model.lowered().nodes.size()
            << " operators. The texts are:\n";
  for (const std::int64_t batch : {1, 4})
    for (const std::int64_t seq : {64, 128}) show_gear(context, batch, seq);
}

void export_to(const std::string& folder) {
  example::export_model(traced(), folder);
}

}  // namespace

int main(int argc, char** argv) {
  return example::main(argc, argv,
                       "tiny_bert: a trained BERT encoder tells in which of eight languages a text is.", show,
                       export_to);
}
