// Other element types, other orders, other sizes. (Views need no kernel: the engine shares their bytes.)

#include "host/axes.hpp"
#include "host/compute/transpose.hpp"
#include "host/float8.hpp"
#include "host/strided_copy.hpp"

namespace airloom::host {

namespace {

// --- casting

using castable = element_list<float, half, bfloat16, double, std::int8_t, std::int16_t, std::int32_t,
                              std::int64_t, std::uint8_t, std::uint16_t, std::uint32_t, std::uint64_t, truth,
                              float8_e4m3fn, float8_e5m2>;

/// To a whole number: towards zero, NaN to 0. What lies beyond the type's range becomes the nearest number
/// of the type (the device leaves that open).
template <class To, class From>
To truncated(From x) {
  if (x != x) return 0;
  if (x <= static_cast<From>(std::numeric_limits<To>::min())) return std::numeric_limits<To>::min();
  if (x >= static_cast<From>(std::numeric_limits<To>::max())) return std::numeric_limits<To>::max();
  return static_cast<To>(x);
}

template <class To, class From>
To converted(From x) {
  const compute_type<From> wide = widened(x);
  if constexpr (std::is_same_v<To, truth>)
    return truth{wide != compute_type<From>{0}};
  else if constexpr (std::is_integral_v<To> && std::is_floating_point_v<compute_type<From>>)
    return truncated<To>(wide);
  else
    return rounded<To>(static_cast<compute_type<To>>(wide));
}

prepared reference_cast(const preparation& op) {
  return for_element(castable{}, op.input(0).type, [&](auto from_tag) {
    using from = typename decltype(from_tag)::type;
    return for_element(castable{}, op.output(0).type, [&](auto to_tag) {
      using to = typename decltype(to_tag)::type;
      return prepare_run([count = op.output(0).elements()](const arguments& a) {
        const from* x = a.input<from>(0);
        to* y = a.output<to>(0);
        for (std::size_t i = 0; i != count; ++i) y[i] = converted<to>(x[i]);
      });
    });
  });
}

// --- transposing, broadcasting, filling

prepared reference_transpose(const preparation& op) {
  const std::vector<std::int64_t> permutation = op.contents_of(1);
  const strides of_x = dense_strides(op.input(0).shape);
  strides permuted;
  for (const std::int64_t from : permutation) permuted.push_back(of_x[dimension_of(from, of_x.size())]);
  return gather_strided(op, permuted, 0);
}

prepared fast_transpose(const preparation& op) {
  if (facts_of(op.output(0).type).bits != 32) return {};
  sizes permutation;
  for (const std::int64_t from : op.contents_of(1))
    permutation.push_back(dimension_of(from, op.input(0).rank()));
  return prepare_run([work = compute::transposition{op.input(0).shape, permutation}](const arguments& a) {
    work.run(a.input<float>(0), a.output<float>(0));
  });
}

prepared reference_broadcast_to(const preparation& op) {
  return gather_strided(op, broadcast_strides(op.input(0).shape, op.output(0).shape), 0);
}

/// Each dimension of y is seen as two: the repetitions, which stay at one place of x, and the size of x.
prepared reference_tile(const preparation& op) {
  const sizes &x = op.input(0).shape, &y = op.output(0).shape;
  const strides of_x = broadcast_strides(x, y);
  sizes shape;
  strides walked;
  for (std::size_t d = 0; d != y.size(); ++d) {
    const std::size_t from_end = y.size() - d;
    const std::size_t size = from_end <= x.size() ? x[x.size() - from_end] : 1;
    shape.insert(shape.end(), {size == 0 ? 0 : y[d] / size, size});
    walked.insert(walked.end(), {0, of_x[d]});
  }
  return gather_strided(op, shape, walked, 0);
}

prepared reference_zeros_like(const preparation& op) {
  return prepare_run(
      [bytes = op.output(0).bytes()](const arguments& a) { std::memset(a.outputs[0], 0, bytes); });
}

prepared reference_ones_like(const preparation& op) {
  return for_element(castable{}, op.output(0).type, [&](auto tag) {
    using type = typename decltype(tag)::type;
    return prepare_run([count = op.output(0).elements()](const arguments& a) {
      std::fill_n(a.output<type>(0), count, converted<type>(1.0F));
    });
  });
}

prepared reference_fill(const preparation& op) {
  return for_width(op.output(0).type, [&](auto tag) {
    using type = typename decltype(tag)::type;
    return prepare_run([count = op.output(0).elements()](const arguments& a) {
      std::fill_n(a.output<type>(0), count, *a.input<type>(1));
    });
  });
}

}  // namespace

void add_reshape_kernels(kernel_table& table) {
  table.add("Cast", reference_cast);
  table.add("Transpose", reference_transpose, fast_transpose);
  table.add("BroadcastTo", reference_broadcast_to);
  table.add("Fill", reference_fill);
  table.add("Tile", reference_tile);
  table.add("OnesLike", reference_ones_like);
  table.add("ZerosLike", reference_zeros_like);
}

}  // namespace airloom::host
