// Images: convolution, batch norm with given statistics, pooling.

#include "host/compute/convolution.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <utility>
#include <variant>

#include "host/compute/pooling.hpp"
#include "host/compute/winograd.hpp"
#include "host/convert.hpp"
#include "host/fusion.hpp"

namespace airloom::host {

namespace {

// --- convolution of images [batch, channels, height, width]

struct convolution_form {
  std::size_t batch;
  compute::filter_size filter;
  compute::height_width image;
  compute::height_width output;
  compute::filter_movement movement;
};

convolution_form convolution_of(const preparation& op) {
  if (op.text("data_format") != "NCHW") op.refuse("data_format " + op.text("data_format"));
  if (op.fed(3) || op.integer("offset_x") != 0) op.refuse("an offset");
  const std::vector<std::size_t> strides = op.sizes("strides", 4, 1), dilations = op.sizes("dilations", 4, 1);
  const std::vector<std::size_t> pads = op.sizes("pads", 4, 0);
  const std::vector<std::size_t>&x = op.input(0).shape, &filter = op.input(1).shape, &y = op.output(0).shape;
  return {x[0],
          {filter[0], x[1], static_cast<std::size_t>(op.integer("groups")), {filter[2], filter[3]}},
          {x[2], x[3]},
          {y[2], y[3]},
          {{strides[2], strides[3]}, {dilations[2], dilations[3]}, {pads[0], pads[1], pads[2], pads[3]}}};
}

// Reference: everything widened, the sum over one window at a time, rounded once

template <class Wide>
struct window_sums {
  convolution_form form;
  const Wide* x;
  const Wide* filter;

  /// The sum at [image, channel, row, column] of the output.
  Wide operator()(std::size_t image, std::size_t channel, std::size_t row, std::size_t column) const {
    const auto& [batch, size, extent, output, movement] = form;
    const std::size_t channels = size.input_channels / size.groups;
    const std::size_t first_channel = channel / (size.output_channels / size.groups) * channels;
    Wide sum{};
    for (std::size_t c = 0; c != channels; ++c)
      for (std::size_t i = 0; i != size.kernel.height; ++i)
        for (std::size_t j = 0; j != size.kernel.width; ++j) {
          // Places in the padded image; those above or left of the image become huge.
          const std::size_t y =
              row * movement.stride.height + i * movement.dilation.height - movement.pads.top;
          const std::size_t z =
              column * movement.stride.width + j * movement.dilation.width - movement.pads.left;
          if (y >= extent.height || z >= extent.width) continue;
          const std::size_t plane = image * size.input_channels + first_channel + c;
          sum += x[(plane * extent.height + y) * extent.width + z] *
                 filter[((channel * channels + c) * size.kernel.height + i) * size.kernel.width + j];
        }
    return sum;
  }
};

template <class Wide>
prepared reference_windows(const preparation& op) {
  const widen_function<Wide> widen_x = widen_from<Wide>(op.input(0).type);
  const widen_function<Wide> widen_filter = widen_from<Wide>(op.input(1).type);
  const bool has_bias = op.fed(2);
  const widen_function<Wide> widen_bias = has_bias ? widen_from<Wide>(op.input(2).type) : nullptr;
  const narrow_function<Wide> narrow_result = narrow_to<Wide>(op.output(0).type);
  if (widen_x == nullptr || widen_filter == nullptr || narrow_result == nullptr ||
      (has_bias && widen_bias == nullptr))
    return {};
  const convolution_form form = convolution_of(op);
  const std::size_t x_count = op.input(0).elements(), filter_count = op.input(1).elements();
  const std::size_t channels = form.filter.output_channels, count = op.output(0).elements();
  const auto work = [=](const arguments& a) {
    Wide* const x = static_cast<Wide*>(a.scratch);
    Wide* const filter = x + x_count;
    Wide* const bias = filter + filter_count;
    Wide* result = bias + channels;
    widen_x(a.inputs[0], x, x_count);
    widen_filter(a.inputs[1], filter, filter_count);
    std::fill_n(bias, channels, Wide{});
    if (has_bias) widen_bias(a.inputs[2], bias, channels);
    const window_sums<Wide> sum_at{form, x, filter};
    for (std::size_t image = 0; image != form.batch; ++image)
      for (std::size_t channel = 0; channel != channels; ++channel)
        for (std::size_t row = 0; row != form.output.height; ++row)
          for (std::size_t column = 0; column != form.output.width; ++column)
            *result++ = sum_at(image, channel, row, column) + bias[channel];
    narrow_result(result - count, a.outputs[0], count);
  };
  return prepare_run(work, (x_count + filter_count + channels + count) * sizeof(Wide));
}

prepared reference_convolution(const preparation& op) {
  const bool is_float = widen_from<float>(op.input(0).type) != nullptr;
  return is_float ? reference_windows<float>(op) : reference_windows<std::uint32_t>(op);
}

// Fast: f32 with a constant filter

bool has_fast_convolution(const preparation& op) {
  return op.input(0).type == dtype::f32 && op.input(1).contents != nullptr &&
         (!op.fed(2) || op.input(2).type == dtype::f32);
}

/// A way to compute a convolution, and the filter as that way reads it.
template <class Work, class Filter>
struct convolution_way {
  Work work;
  std::shared_ptr<const Filter> filter;

  void run(const arguments& a, std::size_t batch, compute::epilogue end) const noexcept {
    work.run(a.input<float>(0), batch, *filter, end, a.output<float>(0), static_cast<float*>(a.scratch));
  }
};

/// The convolution with a filter of these values, packed under the name `form`. Bias and scratch: as
/// addressed.
class packed_convolution {
 public:
  packed_convolution(const preparation& op, const float* values, const std::string& form)
      : packed_convolution{op, convolution_of(op), values, form} {}

  void run(const arguments& a, compute::epilogue end) const noexcept {
    std::visit([&](const auto& way) { way.run(a, batch_, end); }, way_);
  }
  std::size_t scratch_bytes() const {
    return std::visit([](const auto& way) { return way.work.scratch_floats(); }, way_) * sizeof(float);
  }

 private:
  using direct = convolution_way<compute::convolution, compute::packed_filter>;
  using winograd = convolution_way<compute::winograd_convolution, compute::winograd_filter>;

  packed_convolution(const preparation& op, const convolution_form& form, const float* values,
                     const std::string& name)
      : batch_{form.batch}, way_{way_of(op, form, values, name)} {}

  static std::variant<direct, winograd> way_of(const preparation& op, const convolution_form& form,
                                               const float* values, const std::string& name) {
    const auto& [batch, filter, image, output, movement] = form;
    if (compute::suits_winograd(filter, image, movement))
      return winograd{{filter, image, movement.pads},
                      packed<compute::winograd_filter>(op, "transformed", values, filter, name)};
    return direct{{filter, image, movement},
                  packed<compute::packed_filter>(op, "as it is", values, filter, name)};
  }

  template <class Filter>
  static std::shared_ptr<const Filter> packed(const preparation& op, std::string_view kind,
                                              const float* values, const compute::filter_size& size,
                                              const std::string& name) {
    const std::string form = fmt::format("panels of {} groups, [{}], {}{}", size.groups,
                                         fmt::join(op.input(1).shape, ", "), kind, name);
    return op.forms().get<Filter>(op.input(1).contents, form, [&] { return Filter{values, size}; });
  }

  std::size_t batch_;
  std::variant<direct, winograd> way_;
};

prepared fast_convolution(const preparation& op) {
  if (!has_fast_convolution(op)) return {};
  const packed_convolution packed{op, static_cast<const float*>(op.input(1).contents), ""};
  prepared result =
      prepare_run([packed, has_bias = op.fed(2)](
                      const arguments& a) { packed.run(a, {has_bias ? a.input<float>(2) : nullptr}); },
                  packed.scratch_bytes());
  result.unread = 0b10;
  return result;
}

// --- batch norm with given statistics: a channel is dimension 1

struct channels {
  std::size_t batch;
  std::size_t count;
  std::size_t plane;
};
channels channels_of(const tensor_facts& x) {
  channels result{x.shape.at(0), x.shape.at(1), 1};
  for (std::size_t d = 2; d != x.rank(); ++d) result.plane *= x.shape[d];
  return result;
}

using image_elements = element_list<float, half, bfloat16>;

template <class T, class Parameter>
prepared batch_norm_of(const preparation& op) {
  return prepare_run([size = channels_of(op.input(0)),
                      epsilon = static_cast<float>(op.real("epsilon"))](const arguments& a) {
    const auto parameter = [&](std::size_t input, std::size_t channel) {
      return widened(a.input<Parameter>(input)[channel]);
    };
    for (std::size_t image = 0; image != size.batch; ++image)
      for (std::size_t c = 0; c != size.count; ++c) {
        const std::size_t first = (image * size.count + c) * size.plane;
        const float scale = parameter(1, c), offset = parameter(2, c), mean = parameter(3, c);
        const float deviation = std::sqrt(parameter(4, c) + epsilon);
        elements_at(a.output<T>(0) + first, size.plane) =
            elements_at(a.input<T>(0) + first, size.plane).unaryExpr([=](T x) {
              return rounded<T>(scale * (widened(x) - mean) / deviation + offset);
            });
      }
  });
}

/// TorchAir gives the four vectors in whatever type the model holds them in.
prepared reference_batch_norm(const preparation& op) {
  return for_element(image_elements{}, op.input(0).type, [&](auto tag) {
    using type = typename decltype(tag)::type;
    return op.input(1).type == dtype::f32 ? batch_norm_of<type, float>(op) : batch_norm_of<type, type>(op);
  });
}

/// With constant statistics: one factor and one summand a channel.
struct channel_line {
  Eigen::ArrayXf factors;
  Eigen::ArrayXf summands;
};
std::optional<channel_line> constant_batch_norm(const preparation& op) {
  for (std::size_t i = 0; i != 5; ++i)
    if (op.input(i).type != dtype::f32 || (i != 0 && op.input(i).contents == nullptr)) return std::nullopt;
  const auto vector = [&](std::size_t input) {
    return elements_at(static_cast<const float*>(op.input(input).contents), channels_of(op.input(0)).count);
  };
  channel_line line;
  line.factors = vector(1) / (vector(4) + static_cast<float>(op.real("epsilon"))).sqrt();
  line.summands = vector(2) - vector(3) * line.factors;
  return line;
}

prepared fast_batch_norm(const preparation& op) {
  const std::optional<channel_line> line = constant_batch_norm(op);
  if (!line) return {};
  prepared result = prepare_run([line = *line, size = channels_of(op.input(0))](const arguments& a) {
    for (std::size_t row = 0; row != size.batch * size.count; ++row) {
      const auto channel = static_cast<Eigen::Index>(row % size.count);
      elements_at(a.output<float>(0) + row * size.plane, size.plane) =
          elements_at(a.input<float>(0) + row * size.plane, size.plane) * line.factors[channel] +
          line.summands[channel];
    }
  });
  result.unread = 0b11110;
  return result;
}

// --- fused: a convolution, the batch norm behind it and the relu behind that, either of the two or both

/// The convolution with the batch norm in its filter and its bias.
struct normed_convolution {
  packed_convolution packed;
  std::vector<float> bias;
};
std::optional<normed_convolution> fold(const preparation& op, const preparation& norm) {
  const std::optional<channel_line> line = constant_batch_norm(norm);
  const bool has_bias = op.fed(2);
  if (!line || (has_bias && op.input(2).contents == nullptr)) return std::nullopt;
  const auto channels = static_cast<std::size_t>(line->factors.size());
  const std::size_t window = op.input(1).elements() / channels;
  std::vector<float> filter(op.input(1).elements()), bias(line->summands.begin(), line->summands.end());
  for (std::size_t i = 0; i != filter.size(); ++i)
    filter[i] = static_cast<const float*>(op.input(1).contents)[i] *
                line->factors[static_cast<Eigen::Index>(i / window)];
  for (std::size_t channel = 0; has_bias && channel != channels; ++channel)
    bias[channel] += static_cast<const float*>(op.input(2).contents)[channel] *
                     line->factors[static_cast<Eigen::Index>(channel)];
  std::string form = fmt::format(", normed with {} by", norm.real("epsilon"));
  for (std::size_t i = 1; i != 5; ++i) form += fmt::format(" {}", norm.input(i).contents);
  return normed_convolution{{op, filter.data(), form}, std::move(bias)};
}

std::optional<fusion> fuse_convolution(const fused_operator& last) {
  std::optional<fused_operator> at = last, norm;
  const bool relu = last.type() == "Relu";
  if (relu) at = last.before(0);
  if (at && at->type() == "BNInfer") norm = std::exchange(at, at->before(0));
  if (!at || at->type() != "Conv2D" || (!relu && !norm) || !has_fast_convolution(at->facts()))
    return std::nullopt;

  const auto function = relu ? compute::activation::relu : compute::activation::none;
  const preparation op = at->facts();
  fusion fused{{}, {at->operand(0)}, {at->index()}};
  if (norm) {
    if (relu) fused.absorbed.push_back(norm->index());
    const std::optional<normed_convolution> normed = fold(op, norm->facts());
    if (!normed) return std::nullopt;
    fused.kernel = prepare_run(
        [normed = *normed, function](const arguments& a) {
          normed.packed.run(a, {normed.bias.data(), function});
        },
        normed->packed.scratch_bytes());
  } else {
    const packed_convolution packed{op, static_cast<const float*>(op.input(1).contents), ""};
    if (op.fed(2)) fused.operands.push_back(at->operand(2));
    fused.kernel = prepare_run(
        [packed, has_bias = op.fed(2), function](const arguments& a) {
          packed.run(a, {has_bias ? a.input<float>(1) : nullptr, function});
        },
        packed.scratch_bytes());
  }
  return fused;
}

// --- pooling

/// Images as [batch, height, width, channels] or [batch, channels, height, width]: where their dimensions
/// are.
struct image_layout {
  std::size_t channel;
  std::size_t height;
  std::size_t width;
};
image_layout layout_of(const preparation& op) {
  const std::string format = op.text("data_format");
  if (format == "NCHW") return {1, 2, 3};
  if (format != "NHWC") op.refuse("data_format " + format);
  return {3, 1, 2};
}

/// One dimension of the windows: `size` positions `stride` apart, the first one `before` before the input.
struct window_form {
  image_layout layout;
  compute::pooling pool;
};

/// What SAME adds before the input: half of what the last window lacks.
std::size_t same_padding(std::size_t input, std::size_t output, std::size_t kernel, std::size_t stride) {
  const std::size_t reach = (output - 1) * stride + kernel;
  return output == 0 || reach <= input ? 0 : (reach - input) / 2;
}

/// Both MaxPool (padding SAME or VALID) and the pools with padding_mode, pads and global_pooling.
window_form pooling_of(const preparation& op) {
  const image_layout at = layout_of(op);
  const std::vector<std::size_t>&x = op.input(0).shape, &y = op.output(0).shape;
  window_form form{at, {{x[at.height], x[at.width]}, {y[at.height], y[at.width]}, {}, {}, {}}};
  compute::pooling& pool = form.pool;
  if (op.boolean("global_pooling")) {
    pool.kernel = pool.input;
    pool.stride = {1, 1};
    return form;
  }
  const std::vector<std::size_t> kernel = op.sizes("ksize", 4, 1), stride = op.sizes("strides", 4, 1);
  pool.kernel = {kernel[at.height], kernel[at.width]};
  pool.stride = {stride[at.height], stride[at.width]};
  const std::string mode = op.text("padding") + op.text("padding_mode");  // an operator has one of them
  if (mode == "SAME") {
    pool.pads.top =
        same_padding(pool.input.height, pool.output.height, pool.kernel.height, pool.stride.height);
    pool.pads.left = same_padding(pool.input.width, pool.output.width, pool.kernel.width, pool.stride.width);
  } else if (mode == "CALCULATED") {
    const std::vector<std::size_t> pads = op.sizes("pads", 4, 0);
    pool.pads = {pads[0], pads[1], pads[2], pads[3]};
  } else if (mode != "VALID") {
    op.refuse("padding " + mode);
  }
  return form;
}

/// body(window, output place) for every window of every channel, where window(take) calls take(input place)
/// for each of its elements inside the input.
template <class Body>
void for_each_window(const window_form& form, const std::vector<std::size_t>& shape, Body body) {
  const auto& [layout, pool] = form;
  const std::size_t channels = shape[layout.channel];
  const auto place = [&](const compute::height_width& size, std::size_t image, std::size_t c, std::size_t row,
                         std::size_t column) {
    return layout.channel == 1 ? ((image * channels + c) * size.height + row) * size.width + column
                               : ((image * size.height + row) * size.width + column) * channels + c;
  };
  for (std::size_t image = 0; image != shape[0]; ++image)
    for (std::size_t c = 0; c != channels; ++c)
      for (std::size_t row = 0; row != pool.output.height; ++row)
        for (std::size_t column = 0; column != pool.output.width; ++column) {
          const auto window = [&](auto take) {
            for (std::size_t i = 0; i != pool.kernel.height; ++i)
              for (std::size_t j = 0; j != pool.kernel.width; ++j) {
                // Places above or left of the input become huge.
                const std::size_t y = row * pool.stride.height + i - pool.pads.top;
                const std::size_t z = column * pool.stride.width + j - pool.pads.left;
                if (y < pool.input.height && z < pool.input.width) take(place(pool.input, image, c, y, z));
              }
          };
          body(window, place(pool.output, image, c, row, column));
        }
}

using pooled_elements = element_list<float, half, bfloat16, double, std::int8_t, std::int16_t, std::int32_t,
                                     std::int64_t, std::uint8_t, std::uint16_t>;

prepared reference_max_pool(const preparation& op) {
  return for_element(pooled_elements{}, op.output(0).type, [&](auto tag) {
    using type = typename decltype(tag)::type;
    return prepare_run([form = pooling_of(op), shape = op.input(0).shape](const arguments& a) {
      for_each_window(form, shape, [&](auto window, std::size_t to) {
        using wide = compute_type<type>;
        wide largest = std::numeric_limits<wide>::has_infinity ? -std::numeric_limits<wide>::infinity()
                                                               : std::numeric_limits<wide>::lowest();
        window([&](std::size_t from) { largest = larger(largest, widened(a.input<type>(0)[from])); });
        a.output<type>(0)[to] = rounded<type>(largest);
      });
    });
  });
}

/// The positions of a window inside the padded input.
std::size_t padded_positions(const compute::pooling& pool, std::size_t row, std::size_t column) {
  const auto inside = [](std::size_t first, std::size_t kernel, std::size_t padded) {
    return first >= padded ? 0 : std::min(kernel, padded - first);
  };
  return inside(row * pool.stride.height, pool.kernel.height,
                pool.input.height + pool.pads.top + pool.pads.bottom) *
         inside(column * pool.stride.width, pool.kernel.width,
                pool.input.width + pool.pads.left + pool.pads.right);
}

prepared reference_average_pool(const preparation& op) {
  return for_element(float_elements{}, op.output(0).type, [&](auto tag) {
    using type = typename decltype(tag)::type;
    return prepare_run([form = pooling_of(op), shape = op.input(0).shape, exclusive = op.boolean("exclusive"),
                        divisor =
                            static_cast<std::size_t>(op.integer("divisor_override"))](const arguments& a) {
      std::size_t window_number = 0;
      for_each_window(form, shape, [&](auto window, std::size_t to) {
        compute_type<type> sum = 0;
        std::size_t count = 0;
        window([&](std::size_t from) {
          sum += widened(a.input<type>(0)[from]);
          ++count;
        });
        const std::size_t position = window_number++ % (form.pool.output.height * form.pool.output.width);
        if (!exclusive)
          count = padded_positions(form.pool, position / form.pool.output.width,
                                   position % form.pool.output.width);
        if (divisor != 0) count = divisor;
        a.output<type>(0)[to] = rounded<type>(count == 0 ? 0 : sum / static_cast<compute_type<type>>(count));
      });
    });
  });
}

/// ksize, strides and pads of MaxPoolWithArgmaxV1 stand at places 1 and 2.
window_form pooling_with_argmax_of(const preparation& op) {
  const image_layout at{1, 2, 3};
  const std::vector<std::size_t>&x = op.input(0).shape, &y = op.output(0).shape;
  const std::vector<std::size_t> kernel = op.sizes("ksize", 4, 1), stride = op.sizes("strides", 4, 1);
  const std::vector<std::size_t> pads = op.sizes("pads", 4, 0);
  return {at,
          {{x[2], x[3]},
           {y[2], y[3]},
           {kernel[1], kernel[2]},
           {stride[1], stride[2]},
           {pads[1], pads[1], pads[2], pads[2]}}};
}

/// Sets the bit of each window's first largest element.
template <class T>
void mark_largest(const window_form& form, const T* x, std::size_t planes, std::uint16_t* mask,
                  std::size_t words) {
  const compute::pooling& pool = form.pool;
  const std::size_t window = pool.kernel.height * pool.kernel.width;
  std::fill_n(mask, planes * window * words, std::uint16_t{0});
  for (std::size_t plane = 0; plane != planes; ++plane, x += pool.input.height * pool.input.width)
    for (std::size_t place = 0; place != pool.output.height * pool.output.width; ++place) {
      const std::size_t top = place / pool.output.width * pool.stride.height;
      const std::size_t left = place % pool.output.width * pool.stride.width;
      std::size_t first_largest = window;
      float largest = 0;
      for (std::size_t k = 0; k != window; ++k) {
        // Places above or left of the input become huge.
        const std::size_t row = top + k / pool.kernel.width - pool.pads.top;
        const std::size_t column = left + k % pool.kernel.width - pool.pads.left;
        if (row >= pool.input.height || column >= pool.input.width) continue;
        const float value = static_cast<float>(x[row * pool.input.width + column]);
        if (first_largest != window && !(value > largest) && !(value != value && largest == largest))
          continue;
        largest = value;
        first_largest = k;
      }
      if (first_largest == window) continue;
      std::uint16_t& word = mask[(plane * window + first_largest) * words + place / 16];
      word = static_cast<std::uint16_t>(word | 1U << place % 16);
    }
}

prepared reference_max_pool_with_argmax(const preparation& op) {
  return for_element(image_elements{}, op.output(0).type, [&](auto tag) {
    using type = typename decltype(tag)::type;
    return prepare_run([form = pooling_with_argmax_of(op), shape = op.input(0).shape,
                        words = op.output(1).shape[3]](const arguments& a) {
      for_each_window(form, shape, [&](auto window, std::size_t to) {
        float largest = -std::numeric_limits<float>::infinity();
        window([&](std::size_t from) { largest = larger(largest, widened(a.input<type>(0)[from])); });
        a.output<type>(0)[to] = rounded<type>(largest);
      });
      mark_largest(form, a.input<type>(0), shape[0] * shape[1], a.output<std::uint16_t>(1), words);
    });
  });
}

bool is_fast(const preparation& op, const window_form& form) {
  return op.output(0).type == dtype::f32 && form.layout.channel == 1;
}

prepared fast_max_pool(const preparation& op) {
  const window_form form = pooling_of(op);
  if (!is_fast(op, form)) return {};
  return prepare_run(
      [pool = form.pool, planes = op.input(0).shape[0] * op.input(0).shape[1]](const arguments& a) {
        compute::max_pool(pool, planes, a.input<float>(0), a.output<float>(0));
      });
}

prepared fast_average_pool(const preparation& op) {
  const window_form form = pooling_of(op);
  if (!is_fast(op, form) || op.integer("divisor_override") != 0) return {};
  const auto counted =
      op.boolean("exclusive") ? compute::average_count::inside : compute::average_count::padded;
  return prepare_run(
      [counted, pool = form.pool, planes = op.input(0).shape[0] * op.input(0).shape[1]](const arguments& a) {
        compute::average_pool(pool, counted, planes, a.input<float>(0), a.output<float>(0));
      });
}

}  // namespace

void add_convolution_kernels(kernel_table& table) {
  table.add("Conv2D", reference_convolution, fast_convolution);
  table.add("BNInfer", reference_batch_norm, fast_batch_norm);
  table.add({"MaxPool", "MaxPoolV3"}, reference_max_pool, fast_max_pool);
  table.add("MaxPoolWithArgmaxV1", reference_max_pool_with_argmax);
  table.add("AvgPoolV2", reference_average_pool, fast_average_pool);
  table.fuse(fuse_convolution);
}

}  // namespace airloom::host
