#include <airloom/graph/from_tape.hpp>
#include <airloom/model/trace.hpp>
#include <airloom/weights/bind.hpp>

namespace airloom {

model::model(recorded_graph recorded)
    : recorded_{std::make_shared<const recorded_graph>(std::move(recorded))} {}

const graph& model::lowered() const {
  return recorded_->lowered;
}

std::vector<std::string> model::parameter_names() const {
  std::vector<std::string> names;
  for (const parameter_slot& parameter : recorded_->parameters) names.push_back(parameter.name);
  return names;
}

model make_model(const tape& record, int rank) {
  return model{make_graph(record, rank)};
}

model make_model(const tape& record, const weights_source& source, int rank) {
  recorded_graph recorded = make_graph(record, rank);
  std::vector<weights::request> requests;
  for (const parameter_slot& parameter : recorded.parameters)
    requests.push_back({parameter.name, parameter.type, parameter.shape});
  std::vector<weights::array> arrays = weights::bind(requests, source);
  for (std::size_t i = 0; i != arrays.size(); ++i)
    set_contents(recorded.lowered, recorded.parameters[i], std::move(arrays[i].bytes));
  return model{std::move(recorded)};
}

}  // namespace airloom
