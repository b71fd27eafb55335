#pragma once
// Shape operands: the sizes that Reshape, BroadcastTo, Fill and StridedSliceV2 take as inputs.
//
// A rule sees the extents. What is written has to be right in every gear, so in this order of preference: one
// Const, in which 0 copies a dimension of x and at most one -1 is inferred (or -1 keeps a dimension); else a
// Pack of numbers, in which each size that moves is read from a graph input by Shape and GatherV2, as
// TorchAir does. With one gear everything is a number.

#include <airloom/ops/concat.hpp>
#include <airloom/ops/elementwise.hpp>
#include <airloom/ops/gather.hpp>

namespace airloom {

/// What a constant may say of a size that moves.
enum class sizes_form : std::uint8_t {
  copy_and_infer,  ///< Reshape: 0 copies x's dimension at its place, one -1 is inferred
  keep,            ///< BroadcastTo: -1 keeps x's dimension, right-aligned
};

/// A list of sizes, placed by what `Form` allows.
template <sizes_form Form, auto... Extents>
struct sizes_operand : written_operand {};

/// One size, as a scalar.
template <auto Extent>
struct size_operand : written_operand {};

/// The sizes of a tensor, as a list.
template <class Gears, dtype Type, class Shape>
struct sizes_of_tensor : tensor_base {};
template <class Gears, dtype Type, class Shape>
constexpr sizes_of_tensor<Gears, Type, Shape> sizes_of(const tensor<Gears, Type, Shape>& x) {
  return {{x.record, x.value}};
}

namespace op {

/// The dimensions of x as a list of integers; emitted where a size has to be read.
/// Inputs   x
/// Output   [rank of x], i32 or i64 as the attribute dtype says
/// Needs    (R1) dtype is i32 or i64
/// Lowers   Shape(x) {dtype} -> y
struct shape : operator_definition {
  enum class part { x, y };

  static constexpr void rule(inference& i) {
    i.need_type(part::y, from_ge_number(i.integer("dtype")), types::index);  // (R1)
    if (!i.shape(0).rank_known) return i.output(0, shape_value::of(extent::unknown()));
    i.output(0, shape_value::of(static_cast<std::int64_t>(i.shape(0).rank)));
    for (std::size_t d = 0; d != i.shape(0).rank; ++d) i.output_value(i.shape(0)[d]);
  }
  static constexpr prototype ir = prototype{"Shape"}
                                      .input("x", types::real | set_of(boolean, dtype::string))
                                      .output_from("y", "dtype")
                                      .attribute("dtype", ge_number(i32))
                                      .with_unknown_ranks()
                                      .planned_as(memory_trait::shape_only)
                                      .with_rule(rule);
};

}  // namespace op

// --- writing a size that moves ---

// The static data of the steps that read sizes: scalars and lists of element type i64.
inline constexpr shape_value scalar_shape{};
inline constexpr dtype size_type = i64;
inline constexpr shape_value list_shapes[max_rank + 1]{
    shape_value::of(0), shape_value::of(1), shape_value::of(2), shape_value::of(3), shape_value::of(4),
    shape_value::of(5), shape_value::of(6), shape_value::of(7), shape_value::of(8)};
inline constexpr attribute_list shape_attributes = [] {
  attribute_list list;
  list("dtype", ge_number(i64));
  return list;
}();
template <std::int64_t Count>
inline constexpr attribute_list pack_attributes = [] {
  attribute_list list;
  list("axis", 0);
  list("N", Count);
  return list;
}();

constexpr tape_value add_shape_step(tape& record, tape_value x) {
  return {record.add_step(
              {&op::shape::ir, &shape_attributes, &list_shapes[record.shape_of(x).rank], &size_type, 1},
              record.line(), &x, 1),
          0};
}

/// Writes sizes as scalars, reading what moves from the graph's inputs.
class size_reader {
 public:
  constexpr explicit size_reader(tape& record) : record_{record} {}

  /// A scalar i64 with the value of `size` in every gear.
  constexpr tape_value scalar(const extent& size) {
    if (record_.gears().view.gears == 1) return constant(size.size_in(record_.gears().view, 0));
    if (size.is_constant()) return constant(size.constant());
    tape_value sum = value_of_term(size.terms[0]);
    for (std::size_t i = 1; i != size.count; ++i)
      sum = combine(op::add::ir, sum, value_of_term(size.terms[i]));
    return sum;
  }

 private:
  constexpr tape_value constant(std::int64_t value) {
    return add_constant(record_, scalar_shape, size_type, &value, 1, false);
  }
  constexpr tape_value combine(const prototype& ir, tape_value a, tape_value b) {
    const tape_value operands[]{a, b};
    return {
        record_.add_step({&ir, &no_attributes, &scalar_shape, &size_type, 1}, record_.line(), operands, 2),
        0};
  }
  constexpr tape_value value_of_term(const monomial& term) {
    tape_value product{};
    for (std::size_t axis = 0; axis != max_axes; ++axis)
      for (unsigned power = term.power(axis); power != 0; --power) {
        const tape_value factor = value_of_axis(axis);
        product = product.step == -1 ? factor : combine(op::mul::ir, product, factor);
      }
    if (product.step == -1) return constant(term.coefficient);
    return term.coefficient == 1 ? product : combine(op::mul::ir, product, constant(term.coefficient));
  }
  /// An axis is read once, outside all modules, from the first input that carries it alone.
  constexpr tape_value value_of_axis(std::size_t axis) {
    if (record_.axis_size(axis).step == -1) {
      const int outer = record_.enter(0);
      record_.set_axis_size(axis, read_axis(axis));
      record_.leave(outer);
    }
    return record_.axis_size(axis);
  }
  constexpr tape_value read_axis(std::size_t axis) {
    const extent wanted = extent::of_axis(axis);
    for (const tape_input& input : record_.inputs()) {
      const shape_value& shape = record_.shape_of({input.step, 0});
      for (std::size_t d = 0; d != shape.rank; ++d)
        if (shape[d] == wanted) return read_dimension({input.step, 0}, d);
    }
    record_.miss_axis(static_cast<int>(axis));
    return constant(0);
  }
  constexpr tape_value read_dimension(tape_value x, std::size_t dimension) {
    const tape_value operands[]{add_shape_step(record_, x), constant(static_cast<std::int64_t>(dimension)),
                                constant(0)};
    return {record_.add_step({&op::gather_v2::ir, &no_attributes, &scalar_shape, &size_type, 1},
                             record_.line(), operands, 3),
            0};
  }

  tape& record_;
};

// --- deciding what a constant can say ---

/// The size that Reshape infers for -1: the elements that the other sizes leave. `inexpressible` where no
/// polynomial is that size.
constexpr extent inferred_size(const extent& elements, const extent& others, const gear_view& gears) {
  const extent exact = elements / others;
  if (exact.state != extent_state::inexpressible || !elements.is_known() || !others.is_known()) return exact;
  return extent_of_sizes(gears,
                         [&](std::size_t gear) {
                           const std::int64_t divisor = others.size_in(gears, gear);
                           return divisor == 0 ? 0 : elements.size_in(gears, gear) / divisor;
                         },
                         {});
}

constexpr bool agree(const extent& a, const extent& b, const gear_view& gears) {
  return a.is_known() && b.is_known() && first_misfit(a, b, gears) == no_gear;
}

/// Writes sizes as one constant list; false where it could not be right in every gear.
class constant_sizes {
 public:
  std::int64_t words[max_rank + 1]{};

  constexpr constant_sizes(const extent* sizes, std::size_t count, const shape_value& x,
                           const gear_view& gears)
      : sizes_{sizes}, count_{count}, x_{x}, gears_{gears} {}

  constexpr bool write(sizes_form form) {
    if (gears_.gears == 1) return write_numbers();
    return form == sizes_form::keep ? write_kept() : write_copied_and_inferred();
  }

 private:
  constexpr bool write_numbers() {
    for (std::size_t k = 0; k != count_; ++k) words[k] = sizes_[k].size_in(gears_, 0);
    return true;
  }
  constexpr bool write_kept() {
    for (std::size_t k = 0; k != count_; ++k) {
      const std::size_t from_end = count_ - k;
      if (sizes_[k].is_constant())
        words[k] = sizes_[k].constant();
      else if (from_end <= x_.rank && agree(sizes_[k], x_.back(from_end), gears_))
        words[k] = -1;
      else
        return false;
    }
    return true;
  }
  constexpr bool write_copied_and_inferred() {
    extent elements{1}, others{1};  // of x and of the result, without what is copied
    std::size_t inferred = count_;
    bool copied[max_rank]{};
    for (std::size_t k = 0; k != count_; ++k) {
      if (sizes_[k].is_constant())
        words[k] = sizes_[k].constant();
      else if (k < x_.rank && agree(sizes_[k], x_[k], gears_))
        copied[k] = true;
      else
        words[k] = -1;
      if (words[k] == -1) {
        if (inferred != count_) return false;
        inferred = k;
      } else if (!copied[k])
        others = others * sizes_[k];
    }
    for (std::size_t d = 0; d != x_.rank; ++d)
      if (!copied[d]) elements = elements * x_[d];
    return inferred == count_ || sizes_[inferred].is(-1) ||
           agree(inferred_size(elements, others, gears_), sizes_[inferred], gears_);
  }

  const extent* sizes_;
  std::size_t count_;
  const shape_value& x_;
  const gear_view& gears_;
};

// --- the operands ---

template <class Axes, sizes_form Form, auto... Extents>
struct operand<Axes, sizes_operand<Form, Extents...>> {
  static constexpr std::size_t count = sizeof...(Extents);
  using shape_type = shape<static_cast<int>(count)>;
  static constexpr shape_value value = shape_value::of(static_cast<std::int64_t>(count));
  static constexpr extent contents[count + 1]{extent_of<Axes, Extents>()..., extent{0}};
  static constexpr inference_input input{true, i64, &value, contents, count};

  static constexpr tape_value place(tape& record, const written_operand&, const shape_value* x) {
    constant_sizes constant{contents, count, *x, record.gears().view};
    if (constant.write(Form)) return add_constant(record, value, size_type, constant.words, count, false);
    tape_value scalars[count + 1]{};
    for (std::size_t k = 0; k != count; ++k) scalars[k] = size_reader{record}.scalar(contents[k]);
    return {record.add_step({&op::pack::ir, &pack_attributes<count>, &value, &size_type, 1}, record.line(),
                            scalars, count),
            0};
  }
};

template <class Axes, auto Extent>
struct operand<Axes, size_operand<Extent>> {
  using shape_type = shape<>;
  static constexpr extent contents[1]{extent_of<Axes, Extent>()};
  static constexpr inference_input input{true, i64, &scalar_shape, contents, 1};

  static constexpr tape_value place(tape& record, const written_operand&, const shape_value*) {
    return size_reader{record}.scalar(contents[0]);
  }
};

template <class Axes, class Gears, dtype Type, class Shape>
struct operand<Axes, sizes_of_tensor<Gears, Type, Shape>> {
  using shape_type = shape<static_cast<int>(Shape::rank)>;
  static constexpr const shape_value& value = value_of_shape<Axes, Shape>::value;
  static constexpr inference_input input{true, i64, &list_shapes[Shape::rank], value.dims, Shape::rank};

  /// One Const where no size moves, else the Shape of the tensor itself.
  static constexpr tape_value place(tape& record, const tensor_base& x, const shape_value*) {
    std::int64_t words[max_rank + 1]{};
    for (std::size_t d = 0; d != value.rank; ++d) {
      if (record.gears().view.gears != 1 && !value[d].is_constant()) return add_shape_step(record, x.value);
      words[d] = value[d].size_in(record.gears().view, 0);
    }
    return add_constant(record, list_shapes[value.rank], size_type, words, value.rank, false);
  }
};

template <class Gears, dtype Type, class Shape>
struct gears_of_operand<sizes_of_tensor<Gears, Type, Shape>> {
  using type = Gears;
};

}  // namespace airloom
