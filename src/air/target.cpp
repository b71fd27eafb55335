#include <airloom/air/target.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <airloom/error.hpp>
#include <airloom/shape/gears.hpp>
#include <algorithm>
#include <array>

#include "text.hpp"

namespace airloom::air {

namespace {

using namespace std::string_view_literals;

constexpr std::array releases{"7.0.RC1"sv, "7.0.0"sv,   "8.0.RC1"sv, "8.0.RC2"sv, "8.0.RC3"sv,
                              "8.0.0"sv,   "8.1.RC1"sv, "8.2.RC1"sv, "8.3.RC1"sv, "8.5.0"sv};

constexpr std::array chips{"Ascend310"sv,      "Ascend310B1"sv,       "Ascend310B2"sv,    "Ascend310B3"sv,
                           "Ascend310B4"sv,    "Ascend310P1"sv,       "Ascend310P2"sv,    "Ascend310P3"sv,
                           "Ascend310P4"sv,    "Ascend310P5"sv,       "Ascend310P7"sv,    "Ascend910A"sv,
                           "Ascend910ProA"sv,  "Ascend910B"sv,        "Ascend910ProB"sv,  "Ascend910B1"sv,
                           "Ascend910B2"sv,    "Ascend910B2C"sv,      "Ascend910B3"sv,    "Ascend910B4"sv,
                           "Ascend910B4-1"sv,  "Ascend910_9361"sv,    "Ascend910_9362"sv, "Ascend910_9371"sv,
                           "Ascend910_9372"sv, "Ascend910_9381"sv,    "Ascend910_9382"sv, "Ascend910_9391"sv,
                           "Ascend910_9392"sv, "Ascend910PremiumA"sv, "Ascend950DT"sv,    "Ascend950PR"sv};

void check(const std::string& name, const char* what, std::span<const std::string_view> known) {
  if (name.empty() || std::find(known.begin(), known.end(), name) != known.end()) return;
  throw error{
      error_code::usage, fmt::format("{} is no {} that is known here.", in_quotes(name), what),
      fmt::format("Choose one of {}; or none, where the files are to suit all.", fmt::join(known, ", "))};
}

}  // namespace

std::span<const std::string_view> known_cann_releases() {
  return releases;
}

std::span<const std::string_view> known_chips() {
  return chips;
}

void check_target(const target_options& wanted) {
  check(wanted.cann, "release of CANN", releases);
  check(wanted.chip, "chip", chips);
}

bool takes_gears(const target_options& target) {
  constexpr std::string_view first_that_does = "8.5.0";
  const auto place = [](std::string_view release) {
    return std::find(releases.begin(), releases.end(), release);
  };
  return target.cann.empty() || place(target.cann) >= place(first_that_does);
}

std::size_t gear_limit(const target_options& target) {
  const bool takes_more = target.chip.empty() || target.chip.starts_with("Ascend950");
  return takes_more ? ascend_950_gear_limit : default_gear_limit;
}

}  // namespace airloom::air
