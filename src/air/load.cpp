#include <airloom/air/load.hpp>

#include <fmt/format.h>
#include <google/protobuf/stubs/logging.h>
#include <airloom/weights/map_file.hpp>
#include <set>

#include "air/external_weights.hpp"
#include "air/lean_model.hpp"
#include "air/messages.hpp"
#include "air/read_text.hpp"
#include "text.hpp"

namespace airloom::air {

namespace {

[[noreturn]] void refuse(const std::string& happened, const std::string& remedy) {
  throw error{error_code::air_malformed, happened, remedy};
}

ir::ModelDef parse_message(const std::string& bytes) {
  ir::ModelDef message;
  const google::protobuf::LogSilencer quiet;  // what is wrong is said by the exception
  if (!message.ParseFromString(bytes))
    refuse("The file is no model: a field has a wrong form, or a text is not UTF-8.",
           "Copy or export the file again: it is damaged.");
  if (message.graph_size() == 0) refuse("The file holds no graph.", "Export the model again.");
  return message;
}

/// GE looks for subgraphs only where a file has further graphs at all: dumps come without them.
void check_subgraphs(const graph& g, const std::set<std::string_view>& known) {
  for (const node& n : g.nodes)
    for (const std::string& name : n.subgraphs)
      if (!name.empty() && !known.contains(name))
        refuse(fmt::format("Node {} runs the graph {}, which the file does not hold.", in_quotes(n.name),
                           in_quotes(name)),
               "Export the model again, with all of its graphs.");
}

std::vector<graph> decode_graphs(ir::ModelDef& message, const std::vector<blob>& contents) {
  std::vector<graph> graphs;
  for (ir::GraphDef& g : *message.mutable_graph()) graphs.push_back(decode_graph(g, &contents));
  std::set<std::string_view> names;
  for (const graph& g : graphs)
    if (!names.insert(g.name).second)
      refuse(fmt::format("Two graphs of the file have the name {}.", in_quotes(g.name)),
             "Rename one of them: nodes refer to graphs by name.");
  if (graphs.size() > 1)
    for (const graph& g : graphs) check_subgraphs(g, names);
  return graphs;
}

graph parse_model(const blob& file, const std::filesystem::path& weights_folder, bool read_weights) {
  lean_model lean = take_contents_out(is_text_form(file.span()) ? from_text_form(file) : file);
  ir::ModelDef message = parse_message(lean.message);
  std::vector<graph> graphs = decode_graphs(message, lean.contents);
  if (read_weights)
    for (graph& g : graphs) read_external_weights(g, weights_folder);
  graph root = std::move(graphs.front());
  for (std::size_t i = 1; i != graphs.size(); ++i)
    root.subgraphs.push_back(std::make_shared<const graph>(std::move(graphs[i])));
  root.model_attributes = decode_attributes(*message.mutable_attr());
  message.clear_graph();
  message.clear_attr();
  root.model_rest = serialise(message);
  return root;
}

}  // namespace

graph parse(const blob& model, const load_options& options) {
  return parse_model(model, options.weights_folder, options.read_weights);
}

graph load(const std::filesystem::path& file, const load_options& options) {
  const blob model = weights::map_file(file.string());
  std::filesystem::path folder = options.weights_folder;
  if (folder.empty()) folder = file.has_parent_path() ? file.parent_path() : ".";
  try {
    return parse_model(model, folder, options.read_weights);
  } catch (const error& e) {
    throw error{e.code(), fmt::format("{}: {}", in_quotes(file.string()), e.happened()), e.remedy()};
  }
}

}  // namespace airloom::air
