#include "air/port_names.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace airloom::air {

namespace {

std::string port_name(std::string_view name, bool dynamic, std::size_t member) {
  return dynamic ? fmt::format("{}{}", name, member) : std::string{name};
}

std::string usual_input_name(const node& n, std::size_t input) {
  if (n.definition == nullptr) return fmt::format("input{}", input);
  const prototype& ir = *n.definition->ir;
  const std::size_t port = ir.port_of(input, n.input_descriptions.size());
  if (port >= ir.input_count) return fmt::format("input{}", input);
  return port_name(ir.inputs[port].name, ir.inputs[port].kind == port_kind::dynamic, input - port);
}

std::string usual_output_name(const node& n, std::size_t output) {
  if (n.definition == nullptr) return fmt::format("output{}", output);
  const prototype& ir = *n.definition->ir;
  const bool dynamic = ir.output_count == 1 && ir.outputs[0].dynamic;
  if (!dynamic && output >= ir.output_count) return fmt::format("output{}", output);
  return port_name(ir.outputs[dynamic ? 0 : output].name, dynamic, output);
}

using usual_name = std::string (*)(const node&, std::size_t);

std::vector<std::string> take_names(attribute_messages& messages, const port_name_keys& keys, const node& n,
                                    const std::vector<tensor_description>& descriptions, usual_name usual) {
  std::vector<std::string> names(descriptions.size());
  std::vector<bool> named(descriptions.size());
  const auto& texts = messages[keys.names].list().s();
  const auto& places = messages[keys.places].list().i();
  for (int i = 0; texts.size() == places.size() && i != texts.size(); ++i) {
    const auto place = static_cast<std::size_t>(places[i]);
    if (place >= names.size()) continue;
    names[place] = texts[i];
    named[place] = true;
  }
  for (std::size_t i = 0; i != names.size(); ++i)
    if (!named[i]) names[i] = descriptions[i].name.empty() ? usual(n, i) : descriptions[i].name;
  messages.erase(keys.names);
  messages.erase(keys.places);
  return names;
}

void add_sorted_names(attribute_messages& messages, const port_name_keys& keys,
                      const std::vector<std::string>& names) {
  if (names.empty()) return;
  std::vector<std::pair<std::string, std::int64_t>> ports;
  for (const std::string& name : names) ports.emplace_back(name, std::ssize(ports));
  std::sort(ports.begin(), ports.end());
  write_port_names(messages, keys, ports);
}

}  // namespace

void take_port_names(attribute_messages& messages, node& n) {
  n.input_names = take_names(messages, input_name_keys, n, n.input_descriptions, usual_input_name);
  n.output_names = take_names(messages, output_name_keys, n, n.output_descriptions, usual_output_name);
}

void add_port_names(attribute_messages& messages, const node& n) {
  add_sorted_names(messages, input_name_keys, n.input_names);
  add_sorted_names(messages, output_name_keys, n.output_names);
}

void write_port_names(attribute_messages& messages, const port_name_keys& keys,
                      const std::vector<std::pair<std::string, std::int64_t>>& ports) {
  auto& names = *messages[keys.names].mutable_list();
  auto& places = *messages[keys.places].mutable_list();
  for (const auto& [name, place] : ports) {
    names.add_s(name);
    places.add_i(place);
  }
}

}  // namespace airloom::air
