#include "output.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

namespace airloom::cli {

namespace {

void print(std::FILE* stream, std::string_view text) {
  std::string safe{text};
  const auto is_control = [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == 0x7F;
  };
  std::replace_if(safe.begin(), safe.end(), is_control, '?');
  std::fwrite(safe.data(), 1, safe.size(), stream);
}

}  // namespace

void print_text(std::string_view text) {
  print(stdout, text);
}

void print_json(const nlohmann::ordered_json& value) {
  print(stdout, value.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

nlohmann::ordered_json json_of(const error& failure) {
  return {{"code", fmt::format("AL{}", static_cast<int>(failure.code()))},
          {"happened", failure.happened()},
          {"remedy", failure.remedy()}};
}

void print_error(const error& failure, bool as_json) {
  print(stderr, fmt::format("{}\n", failure.what()));
  if (as_json) print_json({{"error", json_of(failure)}});
}

void finish_output() {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return;
  throw error{error_code::file_unwritable, "Standard output does not take what is printed.",
              "See whether its disk is full or its reader has gone."};
}

}  // namespace airloom::cli
