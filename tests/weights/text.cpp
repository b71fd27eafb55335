#include "text.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

using airloom::in_quotes;
using airloom::is_utf8;

TEST_CASE("in_quotes: names in messages are short, on one line, and cut between characters") {
  CHECK(in_quotes("fc1.weight") == "'fc1.weight'");
  CHECK(in_quotes("a\nb\x7F") == "'a?b?'");
  CHECK(in_quotes(std::string(121, 'x')) == fmt::format("'{:x<120}…'", ""));
  CHECK(in_quotes(std::string(119, 'x') + "éy") == fmt::format("'{:x<119}…'", ""));
}

// The bounds are those of table 3-7 in the Unicode standard.
TEST_CASE("is_utf8: well-formed sequences and no others") {
  for (const char* good : {"", "a", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
                           "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF", "größe 层 🙂"}) {
    CAPTURE(good);
    CHECK(is_utf8(good));
  }
  for (const char* bad :
       {"\x80", "\xC0\x80", "\xC1\xBF", "\xC2", "\xC2\x41", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xE0\xA0",
        "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "a\xE0\xA0\x41"}) {
    CAPTURE(bad);
    CHECK_FALSE(is_utf8(bad));
  }
}
