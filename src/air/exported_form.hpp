#pragma once
// The graph as TorchAir describes one, ready to be saved.

#include <airloom/graph/graph.hpp>

namespace airloom::air {

/// A copy of `g` whose descriptions are those of TorchAir's files: a Data has the same on both sides and lies
/// on the NPU, an ordinary output has no shape, an input is described as its source is, results have the
/// shapes that they were inferred to have, a FileConstant is an f32 without shape (but inputs that it feeds
/// are described truly), and an optional input that is not fed is marked. Outputs of operators carry the name
/// under which they are compared (origin.hpp). Descriptions whose original shape a file fixed stay as they
/// are. The graph says that it runs on the NPU (`_executor_type`), and an operator that is kept but has no
/// output says so (`_force_skip_prune`).
graph exported_form(graph g);

}  // namespace airloom::air
