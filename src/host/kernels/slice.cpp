// Parts of a tensor, and zeros around it.

#include "host/axes.hpp"
#include "host/strided_copy.hpp"

namespace airloom::host {

namespace {

// --- slicing

/// How a slice walks x; the sizes are those that the rule gives the output.
class slice_walk {
 public:
  explicit slice_walk(const preparation& op)
      : op_{op}, of_x_{dense_strides(op.input(0).shape)}, begin_{op.contents_of(1)} {
    if (op.fed(4)) steps_ = op.contents_of(4);
    if (op.fed(3))
      take_axes(op.contents_of(3));
    else
      take_in_order();
  }

  strides kept;              ///< of x, one a dimension of the output
  std::ptrdiff_t first = 0;  ///< where the slice starts in x

 private:
  bool is_set(std::string_view mask, std::size_t entry) const {
    return (op_.integer(mask) >> entry & 1) != 0;
  }
  std::int64_t step(std::size_t entry) const { return steps_.empty() ? 1 : steps_[entry]; }

  /// Slices dimension d of x by an entry; returns the stride of what is taken.
  std::ptrdiff_t take(std::size_t entry, std::size_t d) {
    const auto limit = static_cast<std::int64_t>(op_.input(0).shape[d]);
    const bool forward = step(entry) > 0;
    const std::int64_t given = is_set("begin_mask", entry) ? (forward ? 0 : -1) : begin_[entry];
    const std::int64_t from_front = given < 0 ? given + limit : given;
    first += (forward ? std::clamp<std::int64_t>(from_front, 0, limit)
                      : std::clamp<std::int64_t>(from_front, -1, limit - 1)) *
             of_x_[d];
    return of_x_[d] * step(entry);
  }
  void take_axes(const std::vector<std::int64_t>& axes) {
    strides taken = of_x_;
    std::vector<bool> dropped(of_x_.size(), false);
    for (std::size_t entry = 0; entry != axes.size(); ++entry) {
      const std::size_t d = dimension_of(axes[entry], of_x_.size());
      taken[d] = take(entry, d);
      dropped[d] = is_set("shrink_axis_mask", entry);
    }
    for (std::size_t d = 0; d != taken.size(); ++d)
      if (!dropped[d]) kept.push_back(taken[d]);
  }
  void take_in_order() {
    std::size_t d = 0;
    for (std::size_t entry = 0; entry != begin_.size(); ++entry) {
      if (is_set("ellipsis_mask", entry)) {
        std::size_t named = 0;
        for (std::size_t after = entry + 1; after < begin_.size(); ++after)
          if (!is_set("new_axis_mask", after)) ++named;
        while (d + named < of_x_.size()) kept.push_back(of_x_[d++]);
      } else if (is_set("new_axis_mask", entry)) {
        kept.push_back(0);
      } else {
        const std::ptrdiff_t stride = take(entry, d++);
        if (!is_set("shrink_axis_mask", entry)) kept.push_back(stride);
      }
    }
    while (d < of_x_.size()) kept.push_back(of_x_[d++]);
  }

  const preparation& op_;
  strides of_x_;
  std::vector<std::int64_t> begin_;
  std::vector<std::int64_t> steps_;
};

prepared reference_strided_slice(const preparation& op) {
  const slice_walk walk{op};
  return gather_strided(op, walk.kept, op.output(0).elements() == 0 ? 0 : walk.first);
}

// --- padding

prepared reference_pad(const preparation& op) {
  const std::vector<std::int64_t> paddings = op.contents_of(1);
  const strides of_y = dense_strides(op.output(0).shape);
  std::ptrdiff_t first = 0;
  for (std::size_t d = 0; d != of_y.size(); ++d) first += paddings[2 * d] * of_y[d];
  return for_width(op.output(0).type, [&](auto tag) {
    using type = typename decltype(tag)::type;
    const sizes& inner = op.input(0).shape;
    return prepare_run([loop = strided_loop<2>{inner, {dense_strides(inner), of_y}}, first,
                        bytes = op.output(0).bytes()](const arguments& a) {
      std::memset(a.outputs[0], 0, bytes);
      copy_rows(loop, a.input<type>(0), a.output<type>(0) + first);
    });
  });
}

}  // namespace

void add_slice_kernels(kernel_table& table) {
  table.add("StridedSliceV2", reference_strided_slice);
  table.add("Pad", reference_pad);
}

}  // namespace airloom::host
