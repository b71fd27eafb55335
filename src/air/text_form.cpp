#include "air/text_form.hpp"

#include <google/protobuf/stubs/strutil.h>
#include <google/protobuf/text_format.h>
#include <algorithm>
#include <ostream>

namespace airloom::air {

std::string text_form(const google::protobuf::Message& message, int levels) {
  google::protobuf::TextFormat::Printer printer;
  printer.SetInitialIndentLevel(levels);
  printer.SetHideUnknownFields(true);
  std::string text;
  printer.PrintToString(message, &text);
  return text;
}

void write_escaped(std::ostream& out, std::span<const std::byte> bytes) {
  constexpr std::size_t longest_piece = 65536;
  std::string text;
  while (!bytes.empty()) {
    const auto piece = bytes.first(std::min(bytes.size(), longest_piece));
    text.clear();
    google::protobuf::CEscapeAndAppend({reinterpret_cast<const char*>(piece.data()), piece.size()}, &text);
    out << text;
    bytes = bytes.subspan(piece.size());
  }
}

}  // namespace airloom::air
