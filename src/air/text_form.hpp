#pragma once
// protobuf's text form, as protobuf's own C++ prints it.

#include <google/protobuf/message.h>
#include <airloom/blob.hpp>
#include <iosfwd>
#include <string>

namespace airloom::air {

/// The fields of a message, a line each, this many levels of two blanks deep. Fields of the message that its
/// schema does not know are left out: text has no form for them that a reader would take.
std::string text_form(const google::protobuf::Message& message, int levels = 0);

/// Bytes as they stand between the quotation marks of a text, piece by piece.
void write_escaped(std::ostream& out, std::span<const std::byte> bytes);

}  // namespace airloom::air
