#include <airloom/air/save.hpp>

#include <fmt/format.h>
#include <ostream>

#include "air/graph_message.hpp"
#include "air/limits.hpp"
#include "atomic_file.hpp"

namespace airloom::air {

message_pieces encode_model(const graph& g) {
  message_pieces message{g.model_rest};
  message.add_field(ir::ModelDef::kGraphFieldNumber, encode_graph(g));
  for (const auto& subgraph : g.subgraphs)
    message.add_field(ir::ModelDef::kGraphFieldNumber, encode_graph(*subgraph));
  ir::ModelDef tail;
  for (const auto& [name, value] : attributes_of_model(g))
    (*tail.mutable_attr())[name] = encode_attribute(value, g.gears.view());
  message.add(serialise(tail));
  if (message.size() > max_file_bytes)
    throw error{error_code::air_too_large,
                fmt::format("The file would have {} bytes; an .air file has at most {}.", message.size(),
                            max_file_bytes),
                "Keep the weights in files of their own, or split the model."};
  return message;
}

void save(const graph& g, const std::filesystem::path& file) {
  const message_pieces message = encode_model(g);
  atomic_file out{file.string()};
  message.write([&out](std::span<const std::byte> bytes) { out.write(bytes); });
  out.commit();
}

void save(const graph& g, std::ostream& out) {
  encode_model(g).write([&out](std::span<const std::byte> bytes) {
    out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  });
  out.flush();
  if (!out)
    throw error{error_code::file_unwritable, "The model could not be written to the stream.",
                "Check that what takes it has room."};
}

}  // namespace airloom::air
