#pragma once
// Running a graph once it is known which array feeds which input.

#include <airloom/graph/graph.hpp>
#include <airloom/host/engine.hpp>
#include <airloom/weights/array.hpp>
#include <vector>

namespace airloom::cli {

struct named_run {
  std::vector<weights::named_array> outputs;  ///< under the names that air::output_name() gives
  std::vector<double> milliseconds;           ///< one a call
};

/// Specialises `g` to the shapes of `inputs`, prepares it and runs it `calls` times. For an input of bf16 an
/// array of u16 holds bit patterns.
/// Throws   usage for an input that the graph does not have (its message lists those it has) and for one that
///          is missing; dtype_mismatch; what specialise() and host::engine throw; run_refused.
named_run run_by_name(const graph& g, std::vector<weights::named_array> inputs, const host::options& how,
                      int calls);

}  // namespace airloom::cli
