#include "host/compute/convolution.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "airloom/error.hpp"
#include "host/compute/winograd.hpp"
#include "host/compute_support.hpp"

namespace {

using namespace airloom::host::compute;

struct problem {
  filter_size filter;
  height_width image;
  filter_movement movement;
  std::size_t batch;
};

float expected(const problem& given, const std::vector<float>& x, const std::vector<float>& w,
               std::size_t image, std::size_t channel, std::size_t row, std::size_t column) {
  const auto& [filter, size, move, batch] = given;
  const std::size_t inputs = filter.input_channels / filter.groups;
  const std::size_t group = channel / (filter.output_channels / filter.groups);
  float sum = 0;
  for (std::size_t c = 0; c < inputs; ++c) {
    for (std::size_t i = 0; i < filter.kernel.height; ++i) {
      for (std::size_t j = 0; j < filter.kernel.width; ++j) {
        const std::size_t y = row * move.stride.height + i * move.dilation.height;
        const std::size_t z = column * move.stride.width + j * move.dilation.width;
        if (y < move.pads.top || y >= move.pads.top + size.height) continue;
        if (z < move.pads.left || z >= move.pads.left + size.width) continue;
        const std::size_t plane = image * filter.input_channels + group * inputs + c;
        sum += x[(plane * size.height + y - move.pads.top) * size.width + z - move.pads.left] *
               w[((channel * inputs + c) * filter.kernel.height + i) * filter.kernel.width + j];
      }
    }
  }
  return sum;
}

/// A convolution of whole numbers by `prepared`, which is a convolution or a winograd_convolution.
template <class Packed, class Convolution>
std::size_t mistakes_of(const problem& given, const Convolution& prepared, instruction_set set,
                        bool with_bias, bool with_relu) {
  const filter_size& filter = given.filter;
  const auto x =
      test::small_integers(given.batch * filter.input_channels * given.image.height * given.image.width, 1);
  const auto w = test::small_integers(filter.output_channels * filter.input_channels / filter.groups *
                                          filter.kernel.height * filter.kernel.width,
                                      2);
  const auto bias = test::small_integers(filter.output_channels, 3);
  const Packed packed{w.data(), filter, set};
  const auto [height, width] = prepared.output();

  const test::guarded_floats guarded_x{x};
  const test::guarded_floats guarded_bias{bias};
  test::guarded_floats scratch{prepared.scratch_floats(), 9.0f};
  test::guarded_floats y{given.batch * filter.output_channels * height * width, 7.0f};
  prepared.run(guarded_x.data(), given.batch, packed,
               {with_bias ? guarded_bias.data() : nullptr, with_relu ? activation::relu : activation::none},
               y.data(), scratch.data());

  std::size_t wrong = y.untouched() && scratch.untouched() ? 0 : 1;
  std::size_t at = 0;
  for (std::size_t image = 0; image < given.batch; ++image) {
    for (std::size_t channel = 0; channel < filter.output_channels; ++channel) {
      for (std::size_t row = 0; row < height; ++row) {
        for (std::size_t column = 0; column < width; ++column) {
          float want =
              expected(given, x, w, image, channel, row, column) + (with_bias ? bias[channel] : 0.0f);
          if (with_relu) want = std::max(want, 0.0f);
          if (y[at++] != want) ++wrong;
        }
      }
    }
  }
  return wrong;
}

std::size_t mistakes(const problem& given, instruction_set set, bool with_bias, bool with_relu) {
  const convolution prepared{given.filter, given.image, given.movement};
  return mistakes_of<packed_filter>(given, prepared, set, with_bias, with_relu);
}

std::size_t winograd_mistakes(const problem& given, instruction_set set, bool with_bias, bool with_relu) {
  const winograd_convolution prepared{given.filter, given.image, given.movement.pads, set};
  return mistakes_of<winograd_filter>(given, prepared, set, with_bias, with_relu);
}

TEST_CASE("convolutions are exact on whole numbers") {
  const filter_movement same{.pads = {1, 1, 1, 1}};
  const filter_movement halving{.stride = {2, 2}, .pads = {1, 1, 1, 1}};
  const std::vector<problem> problems{
      {{16, 1, 1, {3, 3}}, {8, 8}, same, 10},
      {{32, 16, 1, {3, 3}}, {8, 8}, same, 2},
      {{64, 32, 1, {3, 3}}, {4, 4}, halving, 3},
      {{5, 3, 1, {3, 3}}, {7, 9}, {}, 2},
      {{140, 3, 1, {3, 3}}, {2, 2}, same, 1},
      {{33, 2, 1, {1, 1}}, {5, 31}, {}, 2},
      {{6, 4, 2, {3, 2}}, {9, 8}, {.stride = {1, 3}, .dilation = {2, 1}, .pads = {2, 0, 1, 3}}, 2},
      {{8, 8, 8, {3, 3}}, {6, 6}, same, 2},
      {{10, 2, 1, {5, 5}}, {5, 5}, {}, 3},
      {{3, 1, 1, {1, 7}}, {1, 64}, {.dilation = {1, 2}}, 1},
      {{20, 2, 1, {2, 2}}, {40, 41}, {.stride = {2, 1}}, 1},
  };
  for (const auto set : test::instruction_sets()) {
    CAPTURE(static_cast<int>(set));
    for (std::size_t i = 0; i < problems.size(); ++i) {
      CAPTURE(i);
      CHECK(mistakes(problems[i], set, true, false) == 0);
      CHECK(mistakes(problems[i], set, false, true) == 0);
    }
  }
}

TEST_CASE("batches of small images, whose positions follow each other") {
  const filter_movement halving{.stride = {2, 2}, .pads = {1, 1, 1, 1}};
  for (const auto set : test::instruction_sets()) {
    CAPTURE(static_cast<int>(set));
    for (std::size_t batch = 1; batch <= 30; ++batch) {
      CAPTURE(batch);
      CHECK(mistakes({{18, 4, 2, {3, 3}}, {4, 3}, halving, batch}, set, true, true) == 0);
      CHECK(mistakes({{9, 6, 3, {2, 2}}, {3, 4}, {}, batch}, set, true, false) == 0);
    }
    CHECK(mistakes({{7, 3, 1, {3, 3}}, {1, 1}, {.pads = {1, 1, 1, 1}}, 200}, set, true, true) == 0);
    CHECK(mistakes({{7, 3, 1, {3, 3}}, {3, 3}, {.pads = {1, 1, 1, 1}}, 0}, set, true, true) == 0);
  }
}

TEST_CASE("every small width and number of channels") {
  for (const auto set : test::instruction_sets()) {
    CAPTURE(static_cast<int>(set));
    for (std::size_t width = 2; width <= 36; ++width) {
      for (std::size_t channels = 1; channels <= 40; channels += 3) {
        CAPTURE(width);
        CAPTURE(channels);
        CHECK(mistakes({{channels, 2, 1, {2, 2}}, {3, width}, {.pads = {0, 1, 1, 0}}, 1}, set, true, true) ==
              0);
      }
    }
  }
}

// The transformed filter has quarters of whole numbers, so that these sums are exact, too.
TEST_CASE("Winograd's filtering is exact on whole numbers, in every small size and with every padding") {
  for (const auto set : test::instruction_sets()) {
    CAPTURE(static_cast<int>(set));
    for (std::size_t height = 1; height <= 9; ++height) {
      for (std::size_t width = 1; width <= 9; ++width) {
        const std::size_t odd = height + width;
        const padding pads{1 + odd % 2, 1 + height % 2, 1 + width % 3, 1 + odd % 3};
        const problem given{{odd, 19 - odd, 1, {3, 3}}, {height, width}, {.pads = pads}, 1 + odd % 3};
        if (winograd_mistakes(given, set, odd % 2 == 0, odd % 3 == 0) != 0)
          FAIL_CHECK(height << " high, " << width << " wide");
      }
    }
    const filter_movement same{.pads = {1, 1, 1, 1}};
    CHECK(winograd_mistakes({{32, 16, 1, {3, 3}}, {8, 8}, same, 10}, set, true, true) == 0);
    CHECK(winograd_mistakes({{33, 70, 1, {3, 3}}, {13, 21}, same, 2}, set, true, true) == 0);
    CHECK(winograd_mistakes({{3, 5, 1, {3, 3}}, {5, 150}, {}, 1}, set, true, false) == 0);
    CHECK(winograd_mistakes({{70, 3, 1, {3, 3}}, {150, 3}, {}, 1}, set, false, true) == 0);
    CHECK(winograd_mistakes({{16, 16, 1, {3, 3}}, {8, 8}, same, 0}, set, false, true) == 0);
  }
}

TEST_CASE("Winograd's filtering takes three by three taps beside each other that move by one") {
  const filter_size filter{16, 16, 1, {3, 3}};
  const filter_movement same{.pads = {1, 1, 1, 1}};
  CHECK(suits_winograd(filter, {8, 8}, same));
  CHECK(suits_winograd(filter, {5, 5}, {}));
  CHECK_FALSE(suits_winograd(filter, {2, 8}, {}));
  CHECK_FALSE(suits_winograd({16, 16, 1, {3, 2}}, {8, 8}, same));
  CHECK_FALSE(suits_winograd({16, 16, 2, {3, 3}}, {8, 8}, same));
  CHECK_FALSE(suits_winograd(filter, {8, 8}, {.stride = {1, 2}}));
  CHECK_FALSE(suits_winograd(filter, {8, 8}, {.dilation = {2, 1}}));
}

airloom::error_code refusal(auto make) {
  try {
    make();
  } catch (const airloom::error& refused) {
    return refused.code();
  }
  return airloom::error_code::internal;
}

TEST_CASE("sizes that fit nothing are refused") {
  const std::vector<float> w(64);
  CHECK(refusal([&] { packed_filter(w.data(), {4, 3, 2, {1, 1}}); }) == airloom::error_code::shape_mismatch);
  CHECK(refusal([&] { packed_filter(w.data(), {4, 4, 0, {1, 1}}); }) == airloom::error_code::shape_mismatch);
  CHECK(refusal([] { convolution({1, 1, 1, {3, 3}}, {2, 8}, {}); }) == airloom::error_code::shape_mismatch);
  CHECK(refusal([] {
          convolution({1, 1, 1, {2, 2}}, {8, 8}, {.dilation = {8, 1}});
        }) == airloom::error_code::shape_mismatch);
  CHECK(refusal([] {
          convolution({1, 1, 1, {2, 2}}, {8, 8}, {.stride = {0, 1}});
        }) == airloom::error_code::shape_mismatch);
}

}  // namespace
