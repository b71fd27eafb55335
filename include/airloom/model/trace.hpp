#pragma once
// From a described model to a graph with its weights: al::trace(module, inputs…, weights).

#include <airloom/api.hpp>
#include <airloom/model/record.hpp>
#include <airloom/weights/source.hpp>
#include <memory>
#include <tuple>

namespace airloom {

struct graph;
struct recorded_graph;

/// A traced model: its graph of Ascend operators, with the weights bound. Copying shares the graph.
class AIRLOOM_API model {
 public:
  explicit model(recorded_graph recorded);

  /// The one graph; graph/graph.hpp says what is in it.
  const graph& lowered() const;
  operator const graph&() const {
    return lowered();
  }  // NOLINT(google-explicit-constructor): a model is its graph

  /// Dotted paths of the parameters that the model uses, in order of first use.
  std::vector<std::string> parameter_names() const;

 private:
  std::shared_ptr<const recorded_graph> recorded_;
};

/// Turns a tape into a model of one rank whose parameters have no contents.
AIRLOOM_API model make_model(const tape& record, int rank = 0);
/// Turns a tape into a model of one rank and gives every parameter its contents.
/// Throws weights_do_not_fit, with every missing, extra, misshapen and mistyped weight in one error.
AIRLOOM_API model make_model(const tape& record, const weights_source& weights, int rank = 0);

/// Runs `module` on declared inputs, proves every operator while compiling, and returns the model.
///   auto model = al::trace(net{}, al::input<traffic, al::f32, batch, 64>("x"),
///   al::safetensors("net.safetensors"));
/// The weights may be left out; then the model can be looked at and checked but neither exported nor run.
template <class Module, class... Arguments>
model trace(const Module& module, const Arguments&... arguments) {
  const std::tuple<const Arguments&...> all{arguments...};
  using last =
      std::remove_cvref_t<std::tuple_element_t<sizeof...(Arguments) - 1, std::tuple<const Arguments&...>>>;
  const auto record = [&]<std::size_t... I>(std::index_sequence<I...>) {
    return record_model(module, std::get<I>(all)...);
  };
  if constexpr (std::is_same_v<last, weights_source>)
    return make_model(record(std::make_index_sequence<sizeof...(Arguments) - 1>{}),
                      std::get<sizeof...(Arguments) - 1>(all));
  else
    return make_model(record(std::make_index_sequence<sizeof...(Arguments)>{}));
}

}  // namespace airloom
