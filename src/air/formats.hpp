#pragma once
// Memory formats: the text in `layout` and the number in `format_for_int` (hicann/metadef,
// inc/external/graph/types.h).

#include <cstdint>
#include <string>
#include <string_view>

namespace airloom::air {

inline constexpr std::string_view reserved_format = "FORMAT_RESERVED";

/// The number of a format; "X:n" is format X with sub-format n. 40, FORMAT_RESERVED, for any other text.
std::int64_t format_number(std::string_view layout);

/// The text of a format's number; empty for a number that is not in our table.
std::string format_name(std::int64_t number);

}  // namespace airloom::air
