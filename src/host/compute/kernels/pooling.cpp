#include "host/compute/kernels/kernels.hpp"
#include "host/compute/kernels/vector.hpp"

namespace airloom::host::compute {
namespace {

/// The greatest of each column, with the padding around it as minus infinity.
void greatest_of_columns(const pool_row_arguments& all, std::size_t length, float* line) noexcept {
  const lanes lowest = broadcast(-__builtin_inff());
  for (std::size_t at = 0; at < length; at += width) store(line + at, lowest);
  for (std::size_t column = 0; all.rows > 0 && column < all.width; column += width) {
    const std::size_t count = all.width - column;
    lanes greatest = load_up_to(all.x + column, count);
    for (std::size_t row = 1; row < all.rows; ++row)
      greatest = maximum_or_nan(greatest, load_up_to(all.x + row * all.x_stride + column, count));
    store_up_to(line + all.before + column, greatest, count);
  }
}

/// Windows are taken at every place, whole vectors at a time, and of them those that the stride asks for: no
/// branch depends on a value.
void max_row(const pool_row_arguments& all) noexcept {
  alignas(64) float line[longest_pool_row + 2 * width];
  alignas(64) float windows[longest_pool_row + 2 * width];
  const std::size_t places = (all.windows - 1) * all.stride + 1, end = all.before + all.width;
  const std::size_t needed = places + all.kernel - 1;
  greatest_of_columns(all, (needed > end ? needed : end) + width, line);
  for (std::size_t at = 0; at < places; at += width) {
    lanes greatest = load(line + at);
    for (std::size_t tap = 1; tap < all.kernel; ++tap)
      greatest = maximum_or_nan(greatest, load(line + at + tap));
    store(windows + at, greatest);
  }
  for (std::size_t window = 0; window < all.windows; ++window) all.y[window] = windows[window * all.stride];
}

inline lanes greater_of_rows(const float* upper, const float* lower, std::size_t count) noexcept {
  return maximum_or_nan(load_up_to(upper, count), load_up_to(lower, count));
}

void max_pairs(const pool_pairs_arguments& all) noexcept {
  const std::size_t places = 2 * all.width;
  float* y = all.y;
  for (std::size_t plane = 0; plane < all.planes; ++plane) {
    const float* upper = all.x + plane * all.x_plane;
    for (std::size_t row = 0; row < all.height; ++row, upper += 2 * all.x_row, y += all.width) {
      const float* lower = upper + all.x_row;
      for (std::size_t at = 0; at < places; at += 2 * width) {
        const std::size_t left = at, right = at + width;
        const lanes first = greater_of_rows(upper + left, lower + left, places - left);
        const lanes second =
            right < places ? greater_of_rows(upper + right, lower + right, places - right) : first;
        store_up_to(y + at / 2, maximum_or_nan(even_places(first, second), odd_places(first, second)),
                    all.width - at / 2);
      }
    }
  }
}

}  // namespace

namespace AIRLOOM_INSTRUCTION_SET {
const pool_kernels pool{.max_row = max_row, .max_pairs = max_pairs};
}  // namespace AIRLOOM_INSTRUCTION_SET

}  // namespace airloom::host::compute
