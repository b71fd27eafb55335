#pragma once
// Convolution, pooling and batch normalisation of images. Tensors are [batch, channels, height, width]
// (NCHW), as TorchAir writes them; files may also say NHWC.

#include <airloom/model/tensor.hpp>

namespace airloom {

namespace op {

/// What windows that slide over height and width share.
struct sliding : operator_definition {
  /// Where height and width (0 and 1) lie in four entries under this data_format.
  static constexpr std::size_t place(const inference& i, std::size_t direction) {
    return (i.text("data_format") == "NHWC" ? 1 : 2) + direction;
  }
  static constexpr std::size_t channels(const inference& i) {
    return i.text("data_format") == "NHWC" ? 3 : 1;
  }

  /// (size + before + after - window) / stride + 1, rounded down; `up` rounds up.
  template <class Part>
  static constexpr extent steps(inference& i, const extent& size, std::int64_t padding, std::int64_t window,
                                std::int64_t stride, Part x_size, Part window_size, bool up = false) {
    const extent room = size + extent{padding};
    if (!i.need_not_above(window_size, extent{window}, x_size, room)) return size;
    return floor_quotient(room - extent{window} + extent{up ? stride - 1 : 0}, stride, i.gears()) + extent{1};
  }
  template <class Part>
  static constexpr bool need_entries(inference& i, Part part, std::string_view attribute,
                                     std::int64_t count) {
    return i.need_is(part, static_cast<std::int64_t>(i.length(attribute)), count);
  }
};

/// conv2d<options>(x, filter, bias): cross-correlation, zero padding, f32 inside, bias added before rounding.
/// Inputs   x [batch, C, H, W]; filter [out, C / groups, kh, kw]; bias [out] or not fed
/// Output   [batch, out, (H + top + bottom - (dilation·(kh - 1) + 1)) / stride + 1, …]
/// Needs    (R1) rank 4  (R2) C == filter's channels · groups  (R3) groups divide out  (R4) the window fits
///          (R5) bias has out elements  (R6) four strides, pads and dilations, strides and dilations at least
///          1
/// Lowers   Conv2D(x, filter, bias) {strides, pads, dilations, groups, data_format, offset_x} -> y
struct conv2d : sliding {
  enum class part {
    x,
    filter,
    bias,
    offset_w,
    x_channels,
    filter_channels,
    filter_count,
    groups,
    bias_size,
    x_size,
    window_size,
    strides,
    pads,
    dilations,
    data_format
  };
  static constexpr void rule(inference& i) {
    const shape_value &x = i.shape(0), &filter = i.shape(1);
    if (!i.need_rank(part::x, x, 4) || !i.need_rank(part::filter, filter, 4) || !check_attributes(i))
      return;  // (R1)
    const std::int64_t groups = i.integer("groups");
    i.need_equal(part::x_channels, x[channels(i)], part::filter_channels,
                 filter[1] * extent{groups});                             // (R2)
    i.need_divides(part::filter_count, filter[0], part::groups, groups);  // (R3)
    if (i.fed(2) && i.need_rank(part::bias, i.shape(2), 1))
      i.need_equal(part::bias_size, i.shape(2)[0], part::filter_count, filter[0]);  // (R5)
    shape_value result = x;
    result[channels(i)] = filter[0];
    for (const std::size_t direction : {0, 1}) {
      const std::size_t d = place(i, direction);
      if (!filter[2 + direction].is_constant())
        result[d] = extent::unknown();
      else {
        const std::int64_t window = i.element("dilations", d) * (filter[2 + direction].constant() - 1) + 1;
        const std::int64_t padding = i.element("pads", 2 * direction) + i.element("pads", 2 * direction + 1);
        result[d] = steps(i, x[d], padding, window, i.element("strides", d), part::x_size,
                          part::window_size);  // (R4)
      }
    }
    if (i.type(0) == i8) i.output_type(0, i32);
    i.output(0, result);
  }
  static constexpr bool check_attributes(inference& i) {
    i.need_text("data_format", {"NCHW", "NHWC"});
    need_entries(i, part::strides, "strides", 4);  // (R6)
    need_entries(i, part::pads, "pads", 4);
    need_entries(i, part::dilations, "dilations", 4);
    i.need_at_least(part::groups, i.integer("groups"), 1);
    for (std::size_t k = 0; i.holds() && k != 4; ++k) {
      i.need_at_least(part::strides, i.element("strides", k), 1);
      i.need_at_least(part::dilations, i.element("dilations", k), 1);
    }
    return i.holds();
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

/// batch_norm_inference(x, scale, offset, mean, variance, epsilon): scale·(x - mean)/√(variance + epsilon) +
/// offset, channel by channel. Needs    (R1) rank 2 or more  (R2) the four vectors have one element a channel
/// Lowers   BNInfer(x, scale, offset, mean, variance) {epsilon} -> y
struct bn_infer : operator_definition {
  enum class part { x, scale, offset, mean, variance, x_channels };
  static constexpr void rule(inference& i) {
    if (!i.need_rank_at_least(part::x, i.shape(0), 2)) return;  // (R1)
    for (std::size_t k = 1; k != 5; ++k)
      if (i.need_rank(static_cast<part>(k), i.shape(k), 1))
        i.need_equal(static_cast<part>(k), i.shape(k)[0], part::x_channels, i.shape(0)[1]);  // (R2)
    i.output(0, i.shape(0));
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
  enum class part { x, ksize, strides, pads, x_size, window_size };

  static constexpr bool check(inference& i) {
    if (!i.need_rank(part::x, i.shape(0), 4)) return false;
    i.need_text("data_format", {"NCHW", "NHWC"});
    need_entries(i, part::ksize, "ksize", 4);
    need_entries(i, part::strides, "strides", 4);
    for (std::size_t k = 0; i.holds() && k != 4; ++k) {
      i.need_at_least(part::ksize, i.element("ksize", k), 1);
      i.need_at_least(part::strides, i.element("strides", k), 1);
    }
    return i.holds();
  }
  /// One pooled dimension under the mode SAME, VALID or CALCULATED.
  static constexpr extent pooled(inference& i, std::string_view mode, std::size_t direction,
                                 bool torch_rule) {
    const std::size_t d = place(i, direction);
    const extent& size = i.shape(0)[d];
    const std::int64_t stride = i.element("strides", d), window = i.element("ksize", d);
    if (mode == "SAME") return floor_quotient(size + extent{stride - 1}, stride, i.gears());
    if (mode == "VALID") return steps(i, size, 0, window, stride, part::x_size, part::window_size);
    const std::int64_t before = i.element("pads", 2 * direction),
                       padding = before + i.element("pads", 2 * direction + 1);
    const bool up = i.boolean("ceil_mode");
    const extent count = steps(i, size, padding, window, stride, part::x_size, part::window_size, up);
    if (!up || !torch_rule || !size.is_known() || !count.is_known()) return count;
    // torch: the last window starts inside x or its padding before it.
    return extent_of_sizes(
        i.gears(),
        [&](std::size_t gear) {
          const std::int64_t windows = count.size_in(i.gears(), gear);
          return windows - ((windows - 1) * stride >= size.size_in(i.gears(), gear) + before ? 1 : 0);
        },
        {count, count - extent{1}});
  }
  static constexpr void pool(inference& i, std::string_view mode, bool torch_rule) {
    shape_value result = i.shape(0);
    for (const std::size_t direction : {0, 1})
      result[place(i, direction)] =
          i.boolean("global_pooling") ? extent{1} : pooled(i, mode, direction, torch_rule);
    i.output(0, result);
  }
  /// The rule of the pools that say `padding_mode` and `pads`.
  template <bool TorchRule>
  static constexpr void rule_with_pads(inference& i) {
    i.need_text("padding_mode", {"SAME", "VALID", "CALCULATED"});
    if (!check(i) || !need_entries(i, part::pads, "pads", 4)) return;
    pool(i, i.text("padding_mode"), TorchRule);
  }
};

/// MaxPool: the largest of each window, padded by SAME or VALID; read from files.
/// Lowers   MaxPool(x) {ksize, strides, padding, data_format} -> y
struct max_pool : pooling {
  static constexpr void rule(inference& i) {
    i.need_text("padding", {"SAME", "VALID"});
    if (check(i)) pool(i, i.text("padding"), true);
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
/// Needs    (R1) rank 4  (R2) four entries in ksize, strides and pads, none below 1  (R3) the window fits
/// Lowers   MaxPoolV3(x) {ksize, strides, padding_mode, pads, data_format, global_pooling, ceil_mode} -> y
struct max_pool_v3 : pooling {
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
                                      .with_rule(rule_with_pads<true>);
};

/// average_pool<options>(x): the mean of each window over the pixels inside x.
/// Needs    as max_pool
/// Lowers   AvgPoolV2(x) {ksize, strides, padding_mode, pads, data_format, global_pooling, ceil_mode,
/// exclusive,
///          divisor_override} -> y
struct avg_pool_v2 : pooling {
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
                                      .with_rule(rule_with_pads<false>);
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

template <operand_like X, operand_like Vector>
constexpr auto batch_norm_inference(const X& x, const Vector& scale, const Vector& offset, const Vector& mean,
                                    const Vector& variance, double epsilon,
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
