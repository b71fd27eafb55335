#include <doctest/doctest.h>
#include <airloom/ops/convolution.hpp>

#include "support/apply.hpp"

using namespace airloom;
using test::apply;

namespace {

struct pooled {
  std::vector<std::int64_t> ksize{1, 3, 3, 1};
  std::vector<std::int64_t> strides{1, 2, 2, 1};
  std::vector<std::int64_t> pads{1, 1, 1, 1};
  std::vector<std::int64_t> dilation{1, 1, 1, 1};
  bool ceil = false;

  test::applied run(const shape_value& x) const {
    attribute_list all;
    all.integers("ksize", ksize.data(), ksize.size());
    all.integers("strides", strides.data(), strides.size());
    all.integers("pads", pads.data(), pads.size());
    all.integers("dilation", dilation.data(), dilation.size());
    all("ceil_mode", ceil);
    return apply{"MaxPoolWithArgmaxV1"}.input(f32, x).attributes(all).run();
  }
};

const shape_value image = test::shape({2, 3, 9, 10});

}  // namespace

TEST_CASE("MaxPoolWithArgmaxV1: sizes as torch's, and a bit a place for each element of the window") {
  const auto down = pooled{}.run(image);
  CHECK(down.shapes[0] == test::shape({2, 3, 5, 5}));
  CHECK(down.shapes[1] == test::shape({2, 3, 9, 3}));  // 25 places take 2 words of 16, and 1 more
  CHECK(down.types[1] == u16);
  CHECK(pooled{.pads = {1, 0, 0, 1}, .ceil = true}.run(image).shapes[0] == test::shape({2, 3, 4, 5}));
  // Upwards there would be a third window, which would start in the padding behind x.
  CHECK(pooled{.ksize = {1, 2, 2, 1}, .ceil = true}.run(test::shape({1, 1, 3, 3})).shapes[0] ==
        test::shape({1, 1, 2, 2}));
}

TEST_CASE("MaxPoolWithArgmaxV1 R1 to R4") {
  CHECK(pooled{}.run(test::shape({3, 9, 10})).found.need == relation::rank);
  CHECK(pooled{.ksize = {3, 3}}.run(image).found.need == relation::exactly);
  CHECK(pooled{.strides = {1, 0, 1, 1}}.run(image).found.need == relation::at_least);
  CHECK(pooled{.dilation = {1, 2, 2, 1}}.run(image).found.need == relation::exactly);
  CHECK(pooled{.pads = {1, 0, 0, 1}}.run(test::shape({1, 1, 2, 9})).found.need == relation::at_least);
  CHECK(pooled{.pads = {1, 2, 2, 1}}.run(image).found.need == relation::at_least);
}
