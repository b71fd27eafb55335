#pragma once
// What GE has to be told about states when a graph is compiled online: an .air file has a RefData for each
// state and a NetOutput entry for its new value, and nothing that pairs the two.

#include <airloom/graph/graph.hpp>

namespace airloom::air {

/// The options of AddGraph about the memory of results, as TorchAir sets them:
/// ge.exec.outputReuseInputMemIndexes, "input,output" for every new value of a state, joined by '|', and
/// ge.exec.outputReuseMemIndexes, the other outputs, joined by ','. An option without a value is left out.
AIRLOOM_API std::map<std::string, std::string> memory_options(const graph& g);

}  // namespace airloom::air
