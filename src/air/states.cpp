#include <airloom/air/states.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>

namespace airloom::air {

std::map<std::string, std::string> memory_options(const graph& g) {
  std::vector<std::string> pairs, others;
  for (const state_pair& pair : g.states) pairs.push_back(fmt::format("{},{}", pair.input, pair.output));
  for (int output = 0; output != static_cast<int>(g.outputs().size()); ++output)
    if (std::none_of(g.states.begin(), g.states.end(),
                     [output](const state_pair& pair) { return pair.output == output; }))
      others.push_back(std::to_string(output));
  std::map<std::string, std::string> options;
  if (!pairs.empty())
    options["ge.exec.outputReuseInputMemIndexes"] = fmt::format("{}", fmt::join(pairs, "|"));
  if (!others.empty()) options["ge.exec.outputReuseMemIndexes"] = fmt::format("{}", fmt::join(others, ","));
  return options;
}

}  // namespace airloom::air
