#pragma once
// What the program prints.

#include <airloom/error.hpp>
#include <nlohmann/json_fwd.hpp>
#include <string_view>

namespace airloom::cli {

/// Text for people on standard output. It may hold names from files, so control characters (a terminal would
/// obey them) are printed as '?', but for line feeds.
void print_text(std::string_view text);

/// One JSON value on standard output; what is not UTF-8 becomes U+FFFD, a number that is not finite null.
void print_json(const nlohmann::ordered_json& value);

/// What an error says: `code`, `happened`, `remedy`.
nlohmann::ordered_json json_of(const error& failure);

/// "[AL301] What happened. What to do." on standard error; as JSON on standard output too where it is wanted.
void print_error(const error& failure, bool as_json);

/// Hands over what the system still holds back. Throws file_unwritable where it was not taken.
void finish_output();

}  // namespace airloom::cli
