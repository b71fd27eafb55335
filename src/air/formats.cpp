#include "air/formats.hpp"

#include <array>
#include <charconv>

namespace airloom::air {

namespace {

struct format {
  std::int64_t number;
  std::string_view name;
};

constexpr std::array formats{
    format{0, "NCHW"},
    format{1, "NHWC"},
    format{2, "ND"},
    format{3, "NC1HWC0"},
    format{4, "FRACTAL_Z"},
    format{12, "NC1HWC0_C04"},
    format{16, "HWCN"},
    format{27, "NDHWC"},
    format{29, "FRACTAL_NZ"},
    format{30, "NCDHW"},
    format{32, "NDC1HWC0"},
    format{33, "FRACTAL_Z_3D"},
    format{35, "NC"},
    format{40, reserved_format},
    format{47, "NCL"},
    format{50, "FRACTAL_NZ_C0_16"},
    format{51, "FRACTAL_NZ_C0_32"},
    format{52, "FRACTAL_NZ_C0_2"},
    format{53, "FRACTAL_NZ_C0_4"},
    format{54, "FRACTAL_NZ_C0_8"},
};

// A sub-format stands in bits 8 to 23 of the number.
constexpr int sub_format_shift = 8;
constexpr std::int64_t max_sub_format = 0xFFFF;
constexpr std::int64_t primary_mask = 0xFF;

std::int64_t primary_number(std::string_view name) {
  for (const format& known : formats)
    if (known.name == name) return known.number;
  return format_number(reserved_format);
}

}  // namespace

std::int64_t format_number(std::string_view layout) {
  if (layout == reserved_format) return 40;
  const std::size_t colon = layout.find(':');
  const std::int64_t primary = primary_number(layout.substr(0, colon));
  if (colon == std::string_view::npos) return primary;
  std::int64_t sub = 0;
  const char* end = layout.data() + layout.size();
  const auto [read, status] = std::from_chars(layout.data() + colon + 1, end, sub);
  if (status != std::errc{} || read != end || sub < 0 || sub > max_sub_format)
    return format_number(reserved_format);
  return primary | sub << sub_format_shift;
}

std::string format_name(std::int64_t number) {
  const std::int64_t sub = number >> sub_format_shift;
  if (number < 0 || sub > max_sub_format) return {};
  for (const format& known : formats) {
    if (known.number != (number & primary_mask)) continue;
    return sub == 0 ? std::string{known.name} : std::string{known.name} + ":" + std::to_string(sub);
  }
  return {};
}

}  // namespace airloom::air
