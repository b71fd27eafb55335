#pragma once
// Names that come from files, made fit for messages to people.

#include <string>
#include <string_view>

namespace airloom {

/// A name for a message: in quotation marks, shortened, without control characters. (Named
/// `quoted`, it would be ambiguous with the standard library's wherever a std::string is given.)
std::string in_quotes(std::string_view name);

/// Whether `bytes` are well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates, at most U+10FFFF).
bool is_utf8(std::string_view bytes);

}  // namespace airloom
