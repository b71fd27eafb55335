// Reductions along axes, running sums, and the places of the largest elements.

#include <algorithm>
#include <numeric>

#include "host/axes.hpp"
#include "host/compute/pooling.hpp"
#include "host/element.hpp"

namespace airloom::host {

namespace {

// --- what is reduced, in the type that arithmetic is done in

template <class T>
struct running_sum {
  T sum{};
  void take(T x) {
    if constexpr (std::is_integral_v<T>)
      sum = static_cast<T>(static_cast<std::uint64_t>(sum) + static_cast<std::uint64_t>(x));
    else
      sum += x;
  }
  T result(std::size_t) const { return sum; }
};
/// Whole numbers are divided towards zero.
template <class T>
struct running_mean {
  using wide = std::conditional_t<std::is_integral_v<T>, std::int64_t, T>;
  running_sum<wide> total{};
  void take(T x) { total.take(static_cast<wide>(x)); }
  T result(std::size_t count) const {
    if (std::is_integral_v<T> && count == 0) return T{};
    return static_cast<T>(total.sum / static_cast<wide>(count));
  }
};
template <class T>
struct running_maximum {
  T largest = std::numeric_limits<T>::has_infinity ? -std::numeric_limits<T>::infinity()
                                                   : std::numeric_limits<T>::lowest();
  void take(T x) { largest = larger(largest, x); }
  T result(std::size_t) const { return largest; }
};

template <class T>
struct running_minimum {
  T smallest = std::numeric_limits<T>::has_infinity ? std::numeric_limits<T>::infinity()
                                                    : std::numeric_limits<T>::max();
  void take(T x) { smallest = x < smallest || x != x ? x : smallest; }
  T result(std::size_t) const { return smallest; }
};
template <class T>
struct running_product {
  T product = 1;
  void take(T x) {
    if constexpr (std::is_integral_v<T>)
      product = static_cast<T>(static_cast<std::uint64_t>(product) * static_cast<std::uint64_t>(x));
    else
      product *= x;
  }
  T result(std::size_t) const { return product; }
};
template <class T>
struct running_any {
  T found = false;
  void take(T x) { found = found || x; }
  T result(std::size_t) const { return found; }
};
template <class T>
struct running_all {
  T held = true;
  void take(T x) { held = held && x; }
  T result(std::size_t) const { return held; }
};

// --- kernels

/// The axes that are reduced: all of them where none is named and the operator does not take that as nothing
/// to do.
std::vector<std::int64_t> reduced_axes(const preparation& op) {
  std::vector<std::int64_t> axes = op.contents_of(1);
  if (axes.empty() && !op.boolean("noop_with_empty_axes")) {
    axes.resize(op.input(0).rank());
    std::iota(axes.begin(), axes.end(), std::int64_t{0});
  }
  return axes;
}

template <template <class> class Running, class Elements = number_elements>
prepared reference_reduce(const preparation& op) {
  const reduction split{op.input(0).shape, reduced_axes(op)};
  return for_element(Elements{}, op.output(0).type, [&](auto tag) {
    using type = typename decltype(tag)::type;
    return prepare_run([kept = split.kept_loop(), reduced = split.reduced_loop(),
                        count = split.reduced_elements()](const arguments& a) {
      kept.run_each([&](const strided_loop<2>::offsets& at) {
        Running<compute_type<type>> running;
        reduced.run_each([&](const strided_loop<1>::offsets& from) {
          running.take(widened(a.input<type>(0)[at[0] + from[0]]));
        });
        a.output<type>(0)[at[1]] = rounded<type>(running.result(count));
      });
    });
  });
}

prepared fast_mean(const preparation& op) {
  const reduction split{op.input(0).shape, reduced_axes(op)};
  if (op.output(0).type != dtype::f32 || !split.reduces_rows()) return {};
  return prepare_run([rows = split.kept_elements(), columns = split.reduced_elements()](const arguments& a) {
    compute::global_average(a.input<float>(0), rows, columns, a.output<float>(0));
  });
}

/// The first of equal ones.
prepared reference_arg_max(const preparation& op) {
  const reduction split{op.input(0).shape, op.contents_of(1)};
  return for_element(number_elements{}, op.input(0).type, [&](auto from_tag) {
    using type = typename decltype(from_tag)::type;
    return for_element(element_list<std::int32_t, std::int64_t>{}, op.output(0).type, [&](auto to_tag) {
      using index = typename decltype(to_tag)::type;
      return prepare_run([kept = split.kept_loop(), reduced = split.reduced_loop()](const arguments& a) {
        kept.run_each([&](const strided_loop<2>::offsets& at) {
          const type* const first = a.input<type>(0) + at[0];
          index place = 0, best = 0;
          compute_type<type> largest = widened(*first);
          reduced.run_each([&](const strided_loop<1>::offsets& from) {
            const compute_type<type> x = widened(first[from[0]]);
            if (x > largest) {
              largest = x;
              best = place;
            }
            ++place;
          });
          a.output<index>(0)[at[1]] = best;
        });
      });
    });
  });
}

// --- running sums

prepared reference_cumsum(const preparation& op) {
  const sizes& shape = op.input(0).shape;
  const std::int64_t axis = op.contents_of(1).at(0);
  const std::size_t along = dimension_of(axis, shape.size());
  return for_element(number_elements{}, op.output(0).type, [&](auto tag) {
    using type = typename decltype(tag)::type;
    // The result lies as x does, so that one offset serves both.
    return prepare_run([kept = reduction{shape, {axis}}.kept_loop(), size = shape[along],
                        stride = dense_strides(shape)[along], exclusive = op.boolean("exclusive"),
                        reverse = op.boolean("reverse")](const arguments& a) {
      kept.run_each([&](const strided_loop<2>::offsets& at) {
        running_sum<compute_type<type>> running;
        for (std::size_t k = 0; k != size; ++k) {
          const std::size_t place = reverse ? size - 1 - k : k;
          const std::ptrdiff_t offset = at[0] + static_cast<std::ptrdiff_t>(place) * stride;
          const compute_type<type> before = running.sum;
          running.take(widened(a.input<type>(0)[offset]));
          a.output<type>(0)[offset] = rounded<type>(exclusive ? before : running.sum);
        }
      });
    });
  });
}

// --- the largest

/// Whether a comes before b: the larger first, NaN before every number, of equal ones the first.
template <class T>
bool comes_before(T a, std::int32_t place_of_a, T b, std::int32_t place_of_b, bool largest) {
  const bool a_is_nan = a != a, b_is_nan = b != b;
  if (a_is_nan != b_is_nan) return a_is_nan == largest;
  if (a_is_nan || a == b) return place_of_a < place_of_b;
  return (a > b) == largest;
}

prepared reference_top_k(const preparation& op) {
  const sizes& shape = op.input(0).shape;
  const std::int64_t axis = op.integer("dim");
  const std::size_t along = dimension_of(axis, shape.size());
  const sizes& result = op.output(0).shape;
  return for_element(number_elements{}, op.input(0).type, [&](auto tag) {
    using type = typename decltype(tag)::type;
    const reduction of_x{shape, {axis}}, of_result{result, {axis}};
    const strided_loop<2> kept{of_x.kept, {of_x.kept_strides, of_result.kept_strides}};
    const auto work = [kept, size = shape[along], count = result[along], step = dense_strides(shape)[along],
                       result_step = dense_strides(result)[along],
                       largest = op.boolean("largest")](const arguments& a) {
      auto* const places = static_cast<std::int32_t*>(a.scratch);
      kept.run_each([&](const strided_loop<2>::offsets& at) {
        const type* const x = a.input<type>(0) + at[0];
        const auto value = [x, step](std::int32_t place) { return widened(x[place * step]); };
        std::iota(places, places + size, 0);
        std::partial_sort(places, places + count, places + size, [&](std::int32_t left, std::int32_t right) {
          return comes_before(value(left), left, value(right), right, largest);
        });
        for (std::size_t k = 0; k != count; ++k) {
          const std::ptrdiff_t to = at[1] + static_cast<std::ptrdiff_t>(k) * result_step;
          a.output<type>(0)[to] = x[places[k] * step];
          a.output<std::int32_t>(1)[to] = places[k];
        }
      });
    };
    return prepare_run(work, shape[along] * sizeof(std::int32_t));
  });
}

}  // namespace

void add_reduce_kernels(kernel_table& table) {
  table.add("ReduceSum", reference_reduce<running_sum>);
  table.add("ReduceMean", reference_reduce<running_mean>, fast_mean);
  table.add("ReduceMax", reference_reduce<running_maximum>);
  table.add("ReduceMin", reference_reduce<running_minimum>);
  table.add("ReduceProd", reference_reduce<running_product>);
  table.add("ReduceAny", reference_reduce<running_any, element_list<truth>>);
  table.add("ReduceAll", reference_reduce<running_all, element_list<truth>>);
  table.add("ArgMaxV2", reference_arg_max);
  table.add("Cumsum", reference_cumsum);
  table.add("TopKV2", reference_top_k);
}

}  // namespace airloom::host
