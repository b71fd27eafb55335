// Time per call of the three trained models in every gear, against plain Eigen written by hand. The two run
// in turns, block by block, in one thread of one process, so that a machine that speeds up or slows down does
// so for both.
//
//   build/benchmarks/run                                   prints a table, ratios first
//   build/benchmarks/run --benchmark_out=run.json          and writes it as JSON
//   build/benchmarks/run --benchmark_filter=tiny_bert      measures a part

#include <benchmark/benchmark.h>
#include <time.h>
#include <airloom/airloom.hpp>
#include <airloom/weights/npy.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "models/digits_cnn.hpp"
#include "models/digits_mlp.hpp"
#include "models/tiny_bert.hpp"
#include "plain_eigen.hpp"

namespace al = airloom;
using floats = std::vector<float>;
using integers = std::vector<std::int64_t>;

namespace {

// --- measuring

/// What is measured: calls that fill `results`.
struct contender {
  std::function<void()> call;
  std::vector<const floats*> results;
};

/// Processor time of this thread: what else runs on the machine does not count.
double thread_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

double seconds_of(const contender& runs, std::size_t calls) {
  const double start = thread_seconds();
  for (std::size_t i = 0; i != calls; ++i) runs.call();
  return (thread_seconds() - start) / static_cast<double>(calls);
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// The largest difference of two contenders' results.
double difference(const contender& ours, const contender& theirs) {
  double largest = 0;
  for (std::size_t k = 0; k != ours.results.size(); ++k)
    for (std::size_t i = 0; i != ours.results[k]->size(); ++i)
      largest =
          std::max(largest, static_cast<double>(std::abs((*ours.results[k])[i] - (*theirs.results[k])[i])));
  return largest;
}

/// One iteration is a block of calls of each; the counters are medians over the iterations.
void compare(benchmark::State& state, const contender& ours, const contender& theirs) {
  ours.call();
  theirs.call();
  if (const double apart = difference(ours, theirs); !(apart < 1e-4)) {
    state.SkipWithError(("the results differ by " + std::to_string(apart)).c_str());
    return;
  }
  constexpr double block_seconds = 500e-6;
  const auto calls = static_cast<std::size_t>(block_seconds / seconds_of(ours, 10)) + 1;
  std::vector<double> of_ours, of_theirs, ratios;
  for ([[maybe_unused]] auto _ : state) {
    of_ours.push_back(seconds_of(ours, calls));
    of_theirs.push_back(seconds_of(theirs, calls));
    ratios.push_back(of_theirs.back() / of_ours.back());
    state.SetIterationTime(of_ours.back() * static_cast<double>(calls));
  }
  state.counters["ratio"] = median(ratios);
  state.counters["airloom_us"] = median(of_ours) * 1e6;
  state.counters["eigen_us"] = median(of_theirs) * 1e6;
}

/// Prints what compare() counted.
class table : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override {
    std::printf("%-28s %14s %12s %12s\n", "model and gear", "Eigen/airloom", "airloom us", "Eigen us");
    return true;
  }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      if (run.error_occurred) {
        std::printf("%-28s %s\n", run.run_name.function_name.c_str(), run.error_message.c_str());
        failed_ = true;
      } else {
        std::printf("%-28s %14.2f %12.2f %12.2f\n", run.run_name.function_name.c_str(),
                    run.counters.at("ratio").value, run.counters.at("airloom_us").value,
                    run.counters.at("eigen_us").value);
      }
      std::fflush(stdout);
    }
  }
  bool failed() const { return failed_; }

 private:
  bool failed_ = false;
};

void add(const std::string& name, const contender& ours, const contender& theirs) {
  benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) {
    compare(state, ours, theirs);
  })->UseManualTime();
}

// --- models

std::string folder(const std::string& model) {
  const char* chosen = std::getenv("AIRLOOM_MODELS");
  return (chosen != nullptr ? std::string{chosen} : AIRLOOM_BENCHMARK_MODELS) + "/" + model;
}
std::string weights(const std::string& model) {
  return folder(model) + "/weights.safetensors";
}

template <class T>
std::vector<T> golden(const std::string& model, const std::string& name) {
  const al::weights::array array = al::weights::read_npy(folder(model) + "/golden/" + name + ".npy");
  std::vector<T> values(array.bytes.size / sizeof(T));
  std::memcpy(values.data(), array.bytes.data, array.bytes.size);
  return values;
}

/// A context, for contenders that are copied.
std::shared_ptr<al::host::context> context_of(const al::host::engine& engine) {
  return std::make_shared<al::host::context>(engine.make_context());
}

void require(const al::host::status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s\n", status.message().c_str());
  std::exit(70);
}

/// A model from images to logits, in the gear `number`.
template <class Plain>
void add_digits(const std::string& model, const al::host::engine& engine, std::size_t number) {
  const auto batch = static_cast<std::size_t>(engine.inputs()[0].shapes[number][0]);
  const auto images = std::make_shared<floats>(golden<float>(model, "input.x"));
  images->resize(batch * 64);
  const auto ours = std::make_shared<floats>(batch * 10), theirs = std::make_shared<floats>(batch * 10);
  const auto context = context_of(engine);
  const auto plain = std::make_shared<Plain>(weights(model), batch);
  add(model + "/batch:" + std::to_string(batch),
      {[=] { require(context->run(number, *images, *ours)); }, {ours.get()}},
      {[=] { plain->run(images->data(), theirs->data()); }, {theirs.get()}});
}

void add_bert(const al::host::engine& engine, std::size_t number) {
  const auto batch = static_cast<std::size_t>(engine.inputs()[0].shapes[number][0]);
  const auto tokens = static_cast<std::size_t>(engine.inputs()[0].shapes[number][1]);
  const std::string text = "b" + std::to_string(batch) + "_s" + std::to_string(tokens);
  const auto read = [&](const std::string& input) {
    return std::make_shared<integers>(golden<std::int64_t>("tiny_bert", text + "." + input));
  };
  const auto ids = read("input_ids"), mask = read("attention_mask"), types = read("token_type_ids");
  const auto results = [&](std::size_t columns) { return std::make_shared<floats>(batch * columns); };
  const auto logits = results(8), pooled = results(bert::width);
  const auto their_logits = results(8), their_pooled = results(bert::width);
  const auto context = context_of(engine);
  const auto plain = std::make_shared<plain_eigen::encoder>(weights("tiny_bert"), batch, tokens);
  add("tiny_bert/batch:" + std::to_string(batch) + "/seq:" + std::to_string(tokens),
      {[=] {
         require(context->run(number, {*ids, *mask, *types}, {*logits, *pooled}));
       },
       {logits.get(), pooled.get()}},
      {[=] {
         plain->run(ids->data(), mask->data(), types->data(), their_logits->data(), their_pooled->data());
       },
       {their_logits.get(), their_pooled.get()}});
}

void add_models() {
  const al::host::engine mlp{
      al::trace(digits::perceptron{}, digits::pixels, al::safetensors(weights("digits_mlp")))};
  for (std::size_t gear = 0; gear != mlp.gears(); ++gear)
    add_digits<plain_eigen::perceptron>("digits_mlp", mlp, gear);
  const al::host::engine cnn{
      al::trace(digits_cnn::net{}, digits_cnn::image, al::safetensors(weights("digits_cnn")))};
  for (std::size_t gear = 0; gear != cnn.gears(); ++gear)
    add_digits<plain_eigen::convolution_net>("digits_cnn", cnn, gear);
  const al::host::engine bert{al::trace(bert::classifier_model{}, bert::input_ids, bert::attention_mask,
                                        bert::token_type_ids, al::safetensors(weights("tiny_bert")))};
  for (std::size_t gear = 0; gear != bert.gears(); ++gear) add_bert(bert, gear);
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  try {
    add_models();
  } catch (const std::exception& fault) {
    std::fprintf(stderr, "%s\n", fault.what());
    return 3;
  }
  table printed;
  benchmark::RunSpecifiedBenchmarks(&printed);
  return printed.failed() ? 1 : 0;
}
