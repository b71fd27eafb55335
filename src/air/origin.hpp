#pragma once
// Where the nodes of an exported graph come from: the modules that made them, the names under which their
// tensors are compared, and, on request, the user's lines.

#include <airloom/graph/graph.hpp>

namespace airloom::air {

/// Writes `nn_module_stack`, as TorchAir does, on every node that a module made and that has outputs, except
/// constants.
void write_module_stacks(graph& g);

/// `{'layers.0': ("L['self']._modules['layers']._modules['0']", <class 'bert.encoder_layer'>), …}`, outermost
/// module first, without the root. TorchAir's keys are addresses of Python objects; ours are the paths, so
/// that they stay the same from run to run. A class that stands in no namespace is written
/// `__main__.<name>`, as Python calls the classes of a program itself.
std::string module_stack_text(const std::vector<module_frame>& modules);

/// Writes `_fx_tensor_name` on the output descriptions of every operator: `<node>-airloom.<type>.OUTPUT.<i>`,
/// of which msit's comparison takes all before `.OUTPUT.` for the prefix of a dumped file. Leaves a graph
/// alone in which any description has the attribute: its maker has named what can be compared.
void name_tensors(graph& g);

/// Writes `_airloom_source_file` and `_airloom_source_line` on every node whose line is known.
void write_source_lines(graph& g);
/// The line that these attributes name; an empty file where they are missing or make no sense.
source_line read_source_line(const attribute_map& attributes);

inline constexpr const char* tensor_name_attribute = "_fx_tensor_name";

}  // namespace airloom::air
