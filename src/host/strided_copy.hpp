#pragma once
// Copying elements between tensors that are walked with strides of their own.

#include "host/element.hpp"
#include "host/strided.hpp"

namespace airloom::host {

/// A copy of rows between two tensors with strides of their own, each from a place of its own.
template <class T>
void copy_rows(const strided_loop<2>& loop, const T* from, T* to) {
  loop.run([&](const strided_loop<2>::offsets& at) {
    if (loop.row_stride(0) == 1 && loop.row_stride(1) == 1) {
      std::memcpy(to + at[1], from + at[0], loop.row_length() * sizeof(T));
      return;
    }
    for (std::size_t i = 0; i != loop.row_length(); ++i) {
      const auto step = static_cast<std::ptrdiff_t>(i);
      to[at[1] + step * loop.row_stride(1)] = from[at[0] + step * loop.row_stride(0)];
    }
  });
}

/// y, seen under `shape`, = x walked with these strides, from this element on.
inline prepared gather_strided(const preparation& op, const sizes& shape, const strides& of_x,
                               std::ptrdiff_t first) {
  return for_width(op.output(0).type, [&](auto tag) {
    using type = typename decltype(tag)::type;
    return prepare_run(
        [loop = strided_loop<2>{shape, {of_x, dense_strides(shape)}}, first](const arguments& a) {
          copy_rows(loop, a.input<type>(0) + first, a.output<type>(0));
        });
  });
}

/// The same under the shape that y has.
inline prepared gather_strided(const preparation& op, const strides& of_x, std::ptrdiff_t first) {
  return gather_strided(op, op.output(0).shape, of_x, first);
}

}  // namespace airloom::host
