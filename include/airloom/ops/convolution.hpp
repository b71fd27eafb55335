#pragma once
// Convolution, pooling and batch normalisation of images. Tensors are [batch, channels, height, width]
// (NCHW), as TorchAir writes them; files may also say NHWC.

#include <airloom/model/tensor.hpp>

namespace airloom {

namespace op {

/// What windows that slide over height and width share. A direction is 0 (height) or 1 (width).
struct sliding : operator_definition {
  static constexpr bool channels_last(const inference& i) { return i.text("data_format") == "NHWC"; }
  static constexpr std::size_t dimension(const inference& i, std::size_t direction) {
    return (channels_last(i) ? 1 : 2) + direction;
  }
  /// Zeros before and after the dimension together.
  static constexpr extent padding(const inference& i, std::size_t direction) {
    return extent{i.element("pads", 2 * direction)} + extent{i.element("pads", 2 * direction + 1)};
  }
  /// Places of a window of size `window` on `room`: (room - window) / stride + 1, rounded down, or `up`.
  static constexpr extent places(inference& i, part_number x_size, const extent& room,
                                 part_number window_size, const extent& window, std::int64_t stride,
                                 bool up = false) {
    if (!i.need_not_above(window_size, window, x_size, room)) return room;
    const extent last = room - window + extent{up ? stride - 1 : 0};
    return floor_quotient(last, stride, i.gears()) + extent{1};
  }
  /// Windows without a last one that would start behind x.
  static constexpr extent without_outer_window(const inference& i, const extent& size, const extent& windows,
                                               std::int64_t stride, std::int64_t before) {
    if (!size.is_known() || !windows.is_known()) return windows;
    const auto count = [&](std::size_t gear) {
      const std::int64_t all = windows.size_in(i.gears(), gear);
      const std::int64_t last_start = bounded_product(all - 1, stride);
      return all - (last_start >= bounded_sum(size.size_in(i.gears(), gear), before) ? 1 : 0);
    };
    return extent_of_sizes(i.gears(), count, {windows, windows - extent{1}});
  }
  /// Four entries, none below `least`.
  static constexpr void need_entries(inference& i, part_number part, std::string_view attribute,
                                     std::int64_t least) {
    i.need_is(part, static_cast<std::int64_t>(i.length(attribute)), 4);
    for (std::size_t k = 0; i.holds() && k != 4; ++k) i.need_at_least(part, i.element(attribute, k), least);
  }
};

/// conv2d<options>(x, filter, bias): cross-correlation with zero padding, in f32 inside; the bias is added
/// before rounding. Inputs   x: [batch, channels, height, width]; filter: [out, channels / groups, kernel
/// height, kernel width];
///          bias: [out] or not fed
/// Output   [batch, out, (height + top + bottom - (dilation · (kernel height - 1) + 1)) / stride + 1, …]; the
///          element type of x, i32 for i8. A file that says NHWC does not say how its filter lies: then only
///          the batch is known
/// Needs    (R1) rank 4
///          (R2) the channels of x are those of the filter times groups
///          (R3) groups divides out
///          (R4) the window fits into x with its padding in every gear
///          (R5) bias has out elements
///          (R6) four strides and dilations, none below 1; four pads, none below 0
/// Lowers   Conv2D(x, filter, bias) {strides, pads, dilations, groups, data_format, offset_x} -> y
/// Example  al::conv2d<al::conv2d_options{.pads = {1, 1, 1, 1}}>(image, weight, bias)
struct conv2d : sliding {
  enum class part {
    x,
    filter,
    bias,
    offset_w,
    x_channels,
    filter_channels_of_all_groups,
    filter_count,
    groups,
    bias_size,
    padded_x_size,
    window_size,
    strides,
    pads,
    dilations
  };

  static constexpr void rule(inference& i) {
    const shape_value &x = i.shape(0), &filter = i.shape(1);
    if (!i.need_rank(part::x, x, 4) || !i.need_rank(part::filter, filter, 4)) return;  // (R1)
    if (!check_attributes(i)) return;
    if (i.type(0) == i8) i.output_type(0, i32);
    shape_value result = shape_value::of_unknown_sizes(4);
    result[0] = x[0];
    if (!channels_last(i)) {
      check_channels(i);
      result[1] = filter[0];
      for (const std::size_t direction : {0U, 1U}) result[2 + direction] = convolved(i, direction);  // (R4)
    }
    i.output(0, result);
  }
  static constexpr bool check_attributes(inference& i) {
    i.need_text("data_format", {"NCHW", "NHWC"});
    need_entries(i, part::strides, "strides", 1);  // (R6)
    need_entries(i, part::pads, "pads", 0);
    need_entries(i, part::dilations, "dilations", 1);
    return i.need_at_least(part::groups, i.integer("groups"), 1) && i.holds();
  }
  static constexpr void check_channels(inference& i) {
    const shape_value &x = i.shape(0), &filter = i.shape(1);
    const extent groups{i.integer("groups")};
    i.need_equal(part::x_channels, x[1], part::filter_channels_of_all_groups, filter[1] * groups);  // (R2)
    i.need_divides(part::filter_count, filter[0], part::groups, groups);                            // (R3)
    if (i.fed(2) && i.need_rank(part::bias, i.shape(2), 1))
      i.need_equal(part::bias_size, i.shape(2)[0], part::filter_count, filter[0]);  // (R5)
  }
  static constexpr extent convolved(inference& i, std::size_t direction) {
    const std::size_t d = 2 + direction;
    const extent dilation{i.element("dilations", d)};
    const extent window = dilation * (i.shape(1)[d] - extent{1}) + extent{1};
    return places(i, part::padded_x_size, i.shape(0)[d] + padding(i, direction), part::window_size, window,
                  i.element("strides", d));
  }
  static constexpr prototype ir = prototype{"Conv2D"}
                                      .input("x", set_of(f16, f32, i8, bf16), 'T')
                                      .input("filter", set_of(f16, f32, i8, bf16), 'T')
                                      .optional("bias", set_of(f16, f32, i32, bf16))
                                      .optional("offset_w", set_of(i8))
                                      .output_like("y", 0)
                                      .required("strides", attribute_kind::integers)
                                      .required("pads", attribute_kind::integers)
                                      .attribute("dilations", {1, 1, 1, 1})
                                      .attribute("groups", 1)
                                      .attribute("data_format", "NHWC")
                                      .attribute("offset_x", 0)
                                      .with_layout("NCHW")
                                      .with_rule(rule);
};

/// batch_norm_inference(x, scale, offset, mean, variance, epsilon): scale · (x - mean) / √(variance +
/// epsilon) + offset, channel by channel. Inputs   x: [batch, channels, …]; scale, offset, mean, variance:
/// [channels] Output   the shape and element type of x Needs    (R1) rank 2 or more
///          (R2) the four vectors have one element a channel
/// Lowers   BNInfer(x, scale, offset, mean, variance) {epsilon} -> y
/// Example  al::batch_norm_inference(x, weight, bias, mean, variance, 1e-5)
struct bn_infer : operator_definition {
  enum class part { x, scale, offset, mean, variance, x_channels };

  static constexpr void rule(inference& i) {
    const shape_value& x = i.shape(0);
    if (!i.need_rank_at_least(part::x, x, 2)) return;  // (R1)
    for (const part vector : {part::scale, part::offset, part::mean, part::variance}) {
      const shape_value& shape = i.shape(static_cast<std::size_t>(vector));
      if (i.need_rank(vector, shape, 1)) i.need_equal(vector, shape[0], part::x_channels, x[1]);  // (R2)
    }
    i.output(0, x);
  }
  static constexpr prototype ir = prototype{"BNInfer"}
                                      .input("x", set_of(f16, f32, bf16))
                                      .input("scale", set_of(f32, f16, bf16))
                                      .input("offset", set_of(f32, f16, bf16))
                                      .input("mean", set_of(f32, f16, bf16))
                                      .input("variance", set_of(f32, f16, bf16))
                                      .output_like("y", 0)
                                      .required("epsilon", attribute_kind::real)
                                      .with_layout("NCHW")
                                      .with_rule(rule);
};

/// What pooling operators share.
struct pooling : sliding {
  enum class part { x, ksize, strides, pads, padded_x_size, window_size };

  static constexpr bool check(inference& i) {
    if (!i.need_rank(part::x, i.shape(0), 4)) return false;  // (R1)
    i.need_text("data_format", {"NCHW", "NHWC"});
    need_entries(i, part::ksize, "ksize", 1);  // (R2)
    need_entries(i, part::strides, "strides", 1);
    return i.holds();
  }
  static constexpr extent places(inference& i, std::size_t d, const extent& room, bool up = false) {
    return sliding::places(i, part::padded_x_size, room, part::window_size, extent{i.element("ksize", d)},
                           i.element("strides", d), up);  // (R3)
  }
  /// One pooled dimension under the mode SAME, VALID or CALCULATED.
  static constexpr extent pooled(inference& i, std::string_view mode, std::size_t direction) {
    const std::size_t d = dimension(i, direction);
    const extent& size = i.shape(0)[d];
    const std::int64_t stride = i.element("strides", d);
    if (mode == "SAME") return floor_quotient(size + extent{stride - 1}, stride, i.gears());
    if (mode == "VALID") return places(i, d, size);
    return places(i, d, size + padding(i, direction), i.boolean("ceil_mode"));
  }
  static constexpr shape_value pool(inference& i, std::string_view mode) {
    shape_value result = i.shape(0);
    for (const std::size_t direction : {0U, 1U})
      result[dimension(i, direction)] = i.boolean("global_pooling") ? extent{1} : pooled(i, mode, direction);
    return result;
  }
  static constexpr bool check_padding_mode(inference& i) {
    i.need_text("padding_mode", {"SAME", "VALID", "CALCULATED"});
    need_entries(i, part::pads, "pads", 0);  // (R2)
    return check(i);
  }
};

/// The largest of each window, padded by SAME or VALID; read from files.
/// Inputs   x: [batch, channels, height, width], or channels last
/// Output   SAME: size / stride rounded up; VALID: (size - window) / stride + 1; the element type of x
/// Needs    (R1) rank 4
///          (R2) four entries in ksize and strides, none below 1
///          (R3) under VALID, the window fits into x in every gear
/// Lowers   MaxPool(x) {ksize, strides, padding, data_format} -> y
struct max_pool : pooling {
  static constexpr void rule(inference& i) {
    i.need_text("padding", {"SAME", "VALID"});
    if (check(i)) i.output(0, pool(i, i.text("padding")));
  }
  static constexpr prototype ir = prototype{"MaxPool"}
                                      .input("x", types::real | set_of(dtype::qi8))
                                      .output_like("y", 0)
                                      .required("ksize", attribute_kind::integers)
                                      .required("strides", attribute_kind::integers)
                                      .required("padding", attribute_kind::text)
                                      .attribute("data_format", "NHWC")
                                      .with_layout("NCHW")
                                      .with_rule(rule);
};

/// max_pool<options>(x): the largest of each window; padding counts as -∞.
/// Inputs   x: [batch, channels, height, width]
/// Output   (size + padding - window) / stride + 1 for height and width, rounded down; with `ceil` up,
/// without a
///          window that would start in the padding behind x, as torch does; the element type of x
/// Needs    (R1) rank 4
///          (R2) four entries in ksize and strides, none below 1, and in pads, none below 0
///          (R3) the window fits into x with its padding in every gear
/// Lowers   MaxPoolV3(x) {ksize, strides, padding_mode, pads, data_format, global_pooling, ceil_mode} -> y
/// Example  al::max_pool<al::pool_options{.kernel = {3, 3}}>(image)
struct max_pool_v3 : pooling {
  static constexpr void rule(inference& i) {
    if (!check_padding_mode(i)) return;
    shape_value result = pool(i, i.text("padding_mode"));
    if (i.text("padding_mode") == "CALCULATED" && i.boolean("ceil_mode") && !i.boolean("global_pooling"))
      for (const std::size_t direction : {0U, 1U}) {
        const std::size_t d = dimension(i, direction);
        result[d] = without_outer_window(i, i.shape(0)[d], result[d], i.element("strides", d),
                                         i.element("pads", 2 * direction));
      }
    i.output(0, result);
  }
  static constexpr prototype ir = prototype{"MaxPoolV3"}
                                      .input("x", types::real | set_of(dtype::qi8))
                                      .output_like("y", 0)
                                      .required("ksize", attribute_kind::integers)
                                      .required("strides", attribute_kind::integers)
                                      .attribute("padding_mode", "CALCULATED")
                                      .attribute("pads", {0, 0, 0, 0})
                                      .attribute("data_format", "NCHW")
                                      .attribute("global_pooling", false)
                                      .attribute("ceil_mode", false)
                                      .with_layout("NCHW")
                                      .with_rule(rule);
};

/// The largest of each window as torch pools; padding counts as -∞. Read from files: TorchAir writes it for
/// torch's max_pool2d. ksize, strides and pads are [1, height, width, 1] also for channels first.
/// Inputs   x: [batch, channels, height, width]
/// Output   y: as MaxPoolV3, with ceil_mode without a window that would start in the padding behind x; the
///          element type of x. argmax: a mask of bits, u16 [batch, channels, window elements, places / 16
///          rounded up + 1]: bit p of line k says that element k of window p is its first largest
/// Needs    (R1) rank 4
///          (R2) four entries in ksize and strides, none below 1, and in pads, none below 0; no dilation
///          (R3) the window fits into x with its padding in every gear
///          (R4) no padding of more than half the window, as torch says
/// Lowers   MaxPoolWithArgmaxV1(x) {ksize, strides, pads, dtype, dilation, ceil_mode} -> y, argmax
struct max_pool_with_argmax_v1 : sliding {
  enum class part { x, ksize, strides, pads, dilation, padded_x_size, window_size, twice_padding };

  static constexpr void rule(inference& i) {
    if (!i.need_rank(part::x, i.shape(0), 4)) return;  // (R1)
    need_entries(i, part::ksize, "ksize", 1);          // (R2)
    need_entries(i, part::strides, "strides", 1);
    need_entries(i, part::pads, "pads", 0);
    need_entries(i, part::dilation, "dilation", 1);
    for (std::size_t k = 0; i.holds() && k != 4; ++k) i.need_is(part::dilation, i.element("dilation", k), 1);
    if (!i.holds()) return;
    shape_value result = i.shape(0);
    for (const std::size_t direction : {0U, 1U}) result[2 + direction] = pooled(i, direction);
    i.output(0, result);
    const extent places = result[2] * result[3];
    const extent full = floor_quotient(places + extent{15}, 16, i.gears());
    const extent words = full.state == extent_state::inexpressible ? extent::unknown() : full + extent{1};
    const extent window{bounded_product(i.element("ksize", 1), i.element("ksize", 2))};
    i.output(1, shape_value::of(result[0], result[1], window, words));
  }
  static constexpr extent pooled(inference& i, std::size_t direction) {
    const extent& size = i.shape(0)[2 + direction];
    const std::int64_t window = i.element("ksize", 1 + direction),
                       stride = i.element("strides", 1 + direction);
    const std::int64_t padding = i.element("pads", 1 + direction);
    i.need_not_above(part::twice_padding, bounded_sum(padding, padding), part::window_size, window);  // (R4)
    const extent room = size + extent{padding} + extent{padding};
    const extent windows = places(i, part::padded_x_size, room, part::window_size, window, stride,
                                  i.boolean("ceil_mode"));  // (R3)
    return i.boolean("ceil_mode") ? without_outer_window(i, size, windows, stride, padding) : windows;
  }
  static constexpr prototype ir = prototype{"MaxPoolWithArgmaxV1"}
                                      .input("x", set_of(f16, f32, bf16))
                                      .output_like("y", 0)
                                      .output_of("argmax", u16)
                                      .required("ksize", attribute_kind::integers)
                                      .required("strides", attribute_kind::integers)
                                      .required("pads", attribute_kind::integers)
                                      .attribute("dtype", ge_number(i32))
                                      .attribute("dilation", {1, 1, 1, 1})
                                      .attribute("ceil_mode", false)
                                      .with_layout("NCHW")
                                      .with_rule(rule);
};

/// average_pool<options>(x): the mean of each window over the pixels inside x.
/// Inputs   x: [batch, channels, height, width]
/// Output   (size + padding - window) / stride + 1 for height and width, rounded down, with `ceil` up (unlike
/// torch
///          with a last window that starts behind x, which gives 0); the element type of x
/// Needs    (R1) rank 4
///          (R2) four entries in ksize and strides, none below 1, and in pads, none below 0
///          (R3) the window fits into x with its padding in every gear
/// Lowers   AvgPoolV2(x) {ksize, strides, padding_mode, pads, data_format, global_pooling, ceil_mode,
/// exclusive,
///          divisor_override} -> y
/// Example  al::average_pool<al::pool_options{.kernel = {3, 3}}>(image)
struct avg_pool_v2 : pooling {
  static constexpr void rule(inference& i) {
    if (check_padding_mode(i)) i.output(0, pool(i, i.text("padding_mode")));
  }
  static constexpr prototype ir = prototype{"AvgPoolV2"}
                                      .input("x", types::floats)
                                      .output_like("y", 0)
                                      .required("ksize", attribute_kind::integers)
                                      .required("strides", attribute_kind::integers)
                                      .attribute("padding_mode", "CALCULATED")
                                      .attribute("pads", {0, 0, 0, 0})
                                      .attribute("data_format", "NCHW")
                                      .attribute("global_pooling", false)
                                      .attribute("ceil_mode", false)
                                      .attribute("exclusive", true)
                                      .attribute("divisor_override", 0)
                                      .with_layout("NCHW")
                                      .with_rule(rule);
};

}  // namespace op

/// How a convolution moves: height and width, then top, bottom, left and right.
struct conv2d_options {
  int strides[2]{1, 1};
  int pads[4]{0, 0, 0, 0};
  int dilations[2]{1, 1};
  int groups = 1;
};

template <conv2d_options Options = conv2d_options{}, operand_like X, operand_like Filter,
          optional_operand Bias = unfed_type>
constexpr auto conv2d(const X& x, const Filter& filter, const Bias& bias = {},
                      const line& where = line::current()) {
  return record<op::conv2d>(
             where,
             [](attribute_list& set) {
               set("strides", {1, 1, Options.strides[0], Options.strides[1]});
               set("pads", {Options.pads[0], Options.pads[1], Options.pads[2], Options.pads[3]});
               set("dilations", {1, 1, Options.dilations[0], Options.dilations[1]});
               set("groups", Options.groups);
               set("data_format", "NCHW");
             },
             x, filter, bias, unfed)
      .template output<0>();
}

template <operand_like X, operand_like Scale, operand_like Offset, operand_like Mean, operand_like Variance>
constexpr auto batch_norm_inference(const X& x, const Scale& scale, const Offset& offset, const Mean& mean,
                                    const Variance& variance, double epsilon,
                                    const line& where = line::current()) {
  return record<op::bn_infer>(
             where, [](attribute_list& set) { set("epsilon", 0.0); }, x, scale, offset, mean, variance)
      .with("epsilon", epsilon)
      .template output<0>();
}

/// A pooling window: height and width, then top, bottom, left and right.
struct pool_options {
  int kernel[2]{2, 2};
  int strides[2]{2, 2};
  int pads[4]{0, 0, 0, 0};
  bool ceil = false;
};

template <class Op, pool_options Options, operand_like X>
constexpr auto record_pool(const X& x, const line& where) {
  return record<Op>(
             where,
             [](attribute_list& set) {
               set("ksize", {1, 1, Options.kernel[0], Options.kernel[1]});
               set("strides", {1, 1, Options.strides[0], Options.strides[1]});
               set("pads", {Options.pads[0], Options.pads[1], Options.pads[2], Options.pads[3]});
               set("ceil_mode", Options.ceil);
             },
             x)
      .template output<0>();
}
template <pool_options Options = pool_options{}, operand_like X>
constexpr auto max_pool(const X& x, const line& where = line::current()) {
  return record_pool<op::max_pool_v3, Options>(x, where);
}
template <pool_options Options = pool_options{}, operand_like X>
constexpr auto average_pool(const X& x, const line& where = line::current()) {
  return record_pool<op::avg_pool_v2, Options>(x, where);
}

}  // namespace airloom
