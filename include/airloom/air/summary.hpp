#pragma once
// What is in a graph that was read from a file, in numbers and names.

#include <airloom/graph/graph.hpp>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace airloom::air {

/// The two forms in which TorchAir and GE write a model.
enum class file_form : std::uint8_t {
  saved,   ///< form A: as GE saves it, which is what `dynamo_export` leaves on disk
  handed,  ///< form P: as TorchAir's Python hands it to GE, with names of ports in the descriptions
};

/// One input or output.
struct tensor_summary {
  std::string name;
  dtype type = dtype::undefined;
  shape_value shape;
};

struct graph_summary {
  std::string name;
  file_form form = file_form::saved;
  std::vector<tensor_summary> inputs;
  std::vector<tensor_summary> outputs;
  std::map<std::string, std::size_t> operators;  ///< how many nodes of each type
  std::size_t constants = 0;
  std::uint64_t constant_bytes = 0;     ///< as their descriptions say, wherever the contents lie
  std::set<std::string> weights_files;  ///< outside the model, as the graph names them
};

/// The name of output `k`: its label, else "out0", "out1", …
AIRLOOM_API std::string output_name(const graph& g, std::size_t k);

/// Summarises the root graph. Most files say nothing of the element types and shapes of results; infer()
/// writes them.
AIRLOOM_API graph_summary summarise(const graph& g);

}  // namespace airloom::air
