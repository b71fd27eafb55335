// Parts of a tensor, and borders around it.

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

prepared reference_slice(const preparation& op) {
  const strides of_x = dense_strides(op.input(0).shape);
  const std::vector<std::int64_t> offsets = op.contents_of(1);
  std::ptrdiff_t first = 0;
  for (std::size_t d = 0; d != of_x.size(); ++d) first += offsets[d] * of_x[d];
  return gather_strided(op, of_x, op.output(0).elements() == 0 ? 0 : first);
}

// --- padding

/// x inside a border of one number: that of input `value`, or 0 where it is not fed.
prepared pad_with_number(const preparation& op, const sizes& before, std::size_t value) {
  const strides of_y = dense_strides(op.output(0).shape);
  std::ptrdiff_t first = 0;
  for (std::size_t d = 0; d != of_y.size(); ++d) first += static_cast<std::ptrdiff_t>(before[d]) * of_y[d];
  return for_width(op.output(0).type, [&](auto tag) {
    using type = typename decltype(tag)::type;
    const sizes& inner = op.input(0).shape;
    return prepare_run([loop = strided_loop<2>{inner, {dense_strides(inner), of_y}}, first,
                        count = op.output(0).elements(), has_value = op.fed(value),
                        value](const arguments& a) {
      std::fill_n(a.output<type>(0), count, has_value ? *a.input<type>(value) : type{});
      copy_rows(loop, a.input<type>(0), a.output<type>(0) + first);
    });
  });
}

/// The paddings before each dimension.
sizes paddings_before(const preparation& op, std::size_t step) {
  const std::vector<std::int64_t> paddings = op.contents_of(1);
  sizes before;
  for (std::size_t d = 0; d != op.input(0).rank(); ++d)
    before.push_back(static_cast<std::size_t>(paddings[step * d]));
  return before;
}

prepared reference_pad(const preparation& op) {
  return pad_with_number(op, paddings_before(op, 2), op.input_count());
}

/// The place of x that a border shows at a place counted from the first of x.
std::int64_t shown_place(std::int64_t place, std::int64_t size, std::string_view mode) {
  if (mode == "edge") return std::clamp<std::int64_t>(place, 0, size - 1);
  const std::int64_t turn = mode == "reflect" ? 0 : 1;
  if (place < 0) return -place - turn;
  return place < size ? place : 2 * (size - 1) - place + turn;
}

/// Elements of x, dimension by dimension, at the distances that the tables hold.
template <class T>
void copy_shown(const std::vector<strides>& tables, std::size_t d, const T* from, T*& to) {
  if (d == tables.size()) {
    *to++ = *from;
    return;
  }
  for (const std::ptrdiff_t distance : tables[d]) copy_shown(tables, d + 1, from + distance, to);
}

prepared reference_pad_v3(const preparation& op) {
  const sizes before = paddings_before(op, op.boolean("paddings_contiguous") ? 2 : 1);
  const std::string mode = op.text("mode");
  if (mode == "constant") return pad_with_number(op, before, 2);
  const strides of_x = dense_strides(op.input(0).shape);
  std::vector<strides> tables(of_x.size());
  for (std::size_t d = 0; d != of_x.size(); ++d)
    for (std::size_t k = 0; k != op.output(0).shape[d]; ++k)
      tables[d].push_back(of_x[d] *
                          shown_place(static_cast<std::int64_t>(k) - static_cast<std::int64_t>(before[d]),
                                      static_cast<std::int64_t>(op.input(0).shape[d]), mode));
  return for_width(op.output(0).type, [&](auto tag) {
    using type = typename decltype(tag)::type;
    return prepare_run([tables](const arguments& a) {
      type* to = a.output<type>(0);
      copy_shown(tables, 0, a.input<type>(0), to);
    });
  });
}

// --- reversing, triangles

prepared reference_reverse(const preparation& op) {
  const sizes& shape = op.input(0).shape;
  strides of_x = dense_strides(shape);
  std::ptrdiff_t first = 0;
  for (const std::int64_t axis : op.contents_of(1)) {
    const std::size_t d = dimension_of(axis, shape.size());
    if (shape[d] != 0) first += static_cast<std::ptrdiff_t>(shape[d] - 1) * of_x[d];
    of_x[d] = -of_x[d];
  }
  return gather_strided(op, of_x, op.output(0).elements() == 0 ? 0 : first);
}

/// The columns of row i from the diagonal on: those that triu keeps; tril keeps what lies before the next
/// diagonal.
template <bool Lower>
prepared reference_triangle(const preparation& op) {
  return for_width(op.output(0).type, [&](auto tag) {
    using type = typename decltype(tag)::type;
    const sizes& shape = op.output(0).shape;
    const auto columns = static_cast<std::int64_t>(shape.back());
    const std::size_t rows = shape[shape.size() - 2];
    return prepare_run(
        [columns, rows, lines = columns == 0 ? 0 : op.output(0).elements() / shape.back(),
         diagonal = std::clamp<std::int64_t>(op.integer("diagonal"), -static_cast<std::int64_t>(rows),
                                             columns)](const arguments& a) {
          const type* x = a.input<type>(0);
          type* y = a.output<type>(0);
          for (std::size_t line = 0; line != lines; ++line, x += columns, y += columns) {
            const auto row = static_cast<std::int64_t>(line % rows);
            const std::int64_t cut = std::clamp<std::int64_t>(row + diagonal + (Lower ? 1 : 0), 0, columns);
            std::copy(x, x + columns, y);
            Lower ? std::fill(y + cut, y + columns, type{}) : std::fill(y, y + cut, type{});
          }
        });
  });
}

}  // namespace

void add_slice_kernels(kernel_table& table) {
  table.add("StridedSliceV2", reference_strided_slice);
  table.add("Slice", reference_slice);
  table.add("Pad", reference_pad);
  table.add("PadV3", reference_pad_v3);
  table.add("ReverseV2", reference_reverse);
  table.add("Tril", reference_triangle<true>);
  table.add("Triu", reference_triangle<false>);
}

}  // namespace airloom::host
