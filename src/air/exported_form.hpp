#pragma once
// The graph as TorchAir describes one, ready to be saved.

#include <airloom/graph/graph.hpp>

namespace airloom::air {

/// A copy of `g` whose descriptions are those of TorchAir's files: a Data has the same on both sides and lies
/// on the NPU, an ordinary output has no shape, an input is described as its source is, results have the
/// shapes that they were inferred to have, a FileConstant is an f32 without shape (but inputs that it feeds
/// are described truly), and an optional input that is not fed is marked. Descriptions whose original shape a
/// file fixed stay as they are.
graph exported_form(graph g);

/// The modules that a node stands in, as TorchAir writes them with torch 2.6, but with keys that are the same
/// in every run: {'layers.0': ("L['self']._modules['layers']._modules['0']", <class 'Layer'>)}.
std::string module_stack_text(const std::vector<module_frame>& modules);

}  // namespace airloom::air
