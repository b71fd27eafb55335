// Reductions along axes, and the place of the largest element.

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

template <template <class> class Running>
prepared reference_reduce(const preparation& op) {
  const reduction split{op.input(0).shape, reduced_axes(op)};
  return for_element(number_elements{}, op.output(0).type, [&](auto tag) {
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

}  // namespace

void add_reduce_kernels(kernel_table& table) {
  table.add("ReduceSum", reference_reduce<running_sum>);
  table.add("ReduceMean", reference_reduce<running_mean>, fast_mean);
  table.add("ReduceMax", reference_reduce<running_maximum>);
  table.add("ArgMaxV2", reference_arg_max);
}

}  // namespace airloom::host
