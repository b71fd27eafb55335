#pragma once
// Shape operands: the sizes that Reshape, BroadcastTo, Fill and StridedSliceV2 take as an input.
//
// A rule sees the extents. What is written has to be right in every gear, so in this order of preference: one
// Const, in which 0 copies a dimension of x and at most one -1 is inferred (or kept); else a Pack of numbers,
// in which each size that moves is read from a graph input by Shape and GatherV2, as TorchAir does.

#include <airloom/ops/concat.hpp>
#include <airloom/ops/elementwise.hpp>
#include <airloom/ops/gather.hpp>

namespace airloom {

/// What a constant may say of a size that moves.
enum class sizes_form : std::uint8_t {
  literal,         ///< nothing: it has to be read
  copy_and_infer,  ///< Reshape: 0 copies x's dimension at its place, one -1 is inferred
  keep,            ///< BroadcastTo: -1 keeps x's dimension, right-aligned
};

template <sizes_form Form, auto... Extents>
struct sizes_operand : written_operand {};

namespace op {

/// shape(x): the dimensions of x.
/// Output   [rank of x], i32 or i64 by the attribute dtype
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

// The static data of the steps that read one size: a scalar of element type i64.
inline constexpr shape_value scalar_shape{};
inline constexpr shape_value one_number_shape = shape_value::of(1);
inline constexpr dtype size_type = i64;
inline constexpr attribute_list shape_attributes = [] {
  attribute_list list;
  list("dtype", ge_number(i64));
  return list;
}();
inline constexpr shape_value list_shapes[max_rank + 1]{
    shape_value::of(0), shape_value::of(1), shape_value::of(2), shape_value::of(3), shape_value::of(4),
    shape_value::of(5), shape_value::of(6), shape_value::of(7), shape_value::of(8)};
template <std::int64_t Count>
inline constexpr attribute_list pack_attributes = [] {
  attribute_list list;
  list("axis", 0);
  list("N", Count);
  return list;
}();

/// Writes sizes that move as scalars, reading each axis from a graph input that carries it alone.
class size_reader {
 public:
  constexpr explicit size_reader(tape& record) : record_{record} {}

  /// A scalar i64 with the value of `size` in every gear.
  constexpr tape_value scalar(const extent& size) {
    if (size.is_constant()) return constant(size.constant());
    tape_value sum = monomial_value(size.terms[0]);
    for (std::size_t i = 1; i != size.count; ++i)
      sum = combine(op::add::ir, sum, monomial_value(size.terms[i]));
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
  constexpr tape_value monomial_value(const monomial& term) {
    tape_value product{};
    for (std::size_t axis = 0; axis != max_axes; ++axis)
      for (unsigned power = term.power(axis); power != 0; --power) {
        const tape_value factor = axis_value(axis);
        product = product.step == -1 ? factor : combine(op::mul::ir, product, factor);
      }
    if (product.step == -1) return constant(term.coefficient);
    return term.coefficient == 1 ? product : combine(op::mul::ir, product, constant(term.coefficient));
  }
  constexpr tape_value axis_value(std::size_t axis) {
    const extent wanted = extent::of_axis(axis);
    for (const tape_input& input : record_.inputs()) {
      const shape_value& shape = record_.shape_of({input.step, 0});
      for (std::size_t d = 0; d != shape.rank; ++d)
        if (shape[d] == wanted) return read(input.step, shape.rank, d);
    }
    record_.miss_axis(static_cast<int>(axis));
    return constant(0);
  }
  constexpr tape_value read(int input, std::size_t rank, std::size_t dimension) {
    const tape_value x[]{{input, 0}};
    const int dims = record_.add_step({&op::shape::ir, &shape_attributes, &list_shapes[rank], &size_type, 1},
                                      record_.line(), x, 1);
    const tape_value operands[]{{dims, 0}, constant(static_cast<std::int64_t>(dimension)), constant(0)};
    return {record_.add_step({&op::gather_v2::ir, &no_attributes, &scalar_shape, &size_type, 1},
                             record_.line(), operands, 3),
            0};
  }

  tape& record_;
};

template <class Axes, sizes_form Form, auto... Extents>
struct operand<Axes, sizes_operand<Form, Extents...>> {
  static constexpr std::size_t count = sizeof...(Extents);
  using shape_type = airloom::shape<static_cast<int>(count)>;
  static constexpr extent contents[count + 1]{extent_of<Axes, Extents>()..., extent{0}};
  static constexpr inference_input input{true, i64, &list_shapes[count], contents, count};

  static constexpr tape_value place(tape& record, sizes_operand<Form, Extents...>, const shape_value* x) {
    std::int64_t words[count + 1]{};
    if (as_constant(words, *x))
      return add_constant(record, list_shapes[count], size_type, words, count, false);
    tape_value scalars[count + 1]{};
    size_reader reader{record};
    for (std::size_t k = 0; k != count; ++k) scalars[k] = reader.scalar(contents[k]);
    return {record.add_step({&op::pack::ir, &pack_attributes<count>, &list_shapes[count], &size_type, 1},
                            record.line(), scalars, count),
            0};
  }

  /// Whether one Const says it: the numbers as they are, what moves by what the form allows.
  static constexpr bool as_constant(std::int64_t* words, const shape_value& x) {
    std::size_t inferred = 0;
    for (std::size_t k = 0; k != count; ++k) {
      const extent& size = contents[k];
      if (size.is_constant())
        words[k] = size.constant();
      else if (Form == sizes_form::copy_and_infer && k < x.rank && size == x[k])
        words[k] = 0;
      else if (Form == sizes_form::keep && count - k <= x.rank && size == x.back(count - k))
        words[k] = -1;
      else if (Form == sizes_form::copy_and_infer && ++inferred == 1)
        words[k] = -1;
      else
        return false;
    }
    return true;
  }
};

}  // namespace airloom
