// Two or three tensors, element by element, with broadcasting.

#include "host/compute/elementwise.hpp"

#include "host/element.hpp"
#include "host/strided.hpp"

namespace airloom::host {

namespace {

// --- arithmetic on one element type

struct sum_of {
  static constexpr compute::binary_operation fast = compute::binary_operation::add;
  template <class T>
  T operator()(T a, T b) const {
    return wrapped_around(a, b, std::plus<>{});
  }
};
struct difference_of {
  static constexpr compute::binary_operation fast = compute::binary_operation::subtract;
  template <class T>
  T operator()(T a, T b) const {
    return wrapped_around(a, b, std::minus<>{});
  }
};
struct product_of {
  static constexpr compute::binary_operation fast = compute::binary_operation::multiply;
  template <class T>
  T operator()(T a, T b) const {
    return wrapped_around(a, b, std::multiplies<>{});
  }
};
struct quotient_of {
  static constexpr compute::binary_operation fast = compute::binary_operation::divide;
  template <class T>
  T operator()(T a, T b) const {
    return a / b;
  }
};
struct maximum_of {
  static constexpr compute::binary_operation fast = compute::binary_operation::maximum;
  template <class T>
  T operator()(T a, T b) const {
    return larger(a, b);
  }
};

struct minimum_of {
  template <class T>
  T operator()(T a, T b) const {
    return a < b || a != a ? a : b;
  }
};
/// Whole numbers are divided towards zero; of a division by 0, 0 stays.
struct plain_quotient_of {
  template <class T>
  T operator()(T a, T b) const {
    if constexpr (!std::is_integral_v<T>)
      return a / b;
    else if (b == 0)
      return 0;
    else
      return b == static_cast<T>(-1) && std::is_signed_v<T>
                 ? static_cast<T>(std::uint64_t{0} - static_cast<std::uint64_t>(a))
                 : static_cast<T>(a / b);
  }
};
struct power_of {
  template <class T>
  T operator()(T base, T exponent) const {
    if constexpr (!std::is_integral_v<T>)
      return std::pow(base, exponent);
    else if (exponent < 0 && !is_unit(base))
      return 0;
    else
      return static_cast<T>(repeated_product(static_cast<std::uint64_t>(base), exponent));
  }

 private:
  template <class T>
  static bool is_unit(T x) {
    return x == 1 || (std::is_signed_v<T> && x == static_cast<T>(-1));
  }
  /// By squaring; the sign of the exponent makes no difference to a unit.
  template <class T>
  static std::uint64_t repeated_product(std::uint64_t base, T exponent) {
    std::uint64_t product = 1;
    for (; exponent != 0; exponent = static_cast<T>(exponent / 2), base *= base)
      if (exponent % 2 != 0) product *= base;
    return product;
  }
};

/// Whole numbers divided by 0 give 0; the device leaves that open.
struct floor_quotient_of {
  template <class T>
  T operator()(T a, T b) const {
    if constexpr (!std::is_integral_v<T>)
      return std::floor(a / b);
    else if (b == 0)
      return 0;
    else if (std::is_signed_v<T> && b == static_cast<T>(-1))
      return static_cast<T>(std::uint64_t{0} - static_cast<std::uint64_t>(a));  // of the lowest number too
    else
      return static_cast<T>(a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0));
  }
};
struct floor_remainder_of {
  template <class T>
  T operator()(T a, T b) const {
    if constexpr (std::is_integral_v<T>) {
      if (b == 0 || b == static_cast<T>(-1)) return 0;
      return adjusted(static_cast<T>(a % b), b);
    } else
      return adjusted(std::fmod(a, b), b);
  }

 private:
  /// The remainder with the sign of the divisor.
  template <class T>
  static T adjusted(T remainder, T b) {
    return remainder != 0 && (remainder < 0) != (b < 0) ? static_cast<T>(remainder + b) : remainder;
  }
};

// --- the loop around it

/// Two operands and a result of the shape that they broadcast to.
strided_loop<3> loop_of(const preparation& op) {
  const sizes& shape = op.output(0).shape;
  return {shape,
          {broadcast_strides(op.input(0).shape, shape), broadcast_strides(op.input(1).shape, shape),
           dense_strides(shape)}};
}

/// One row of an operand, in steps of `stride` elements.
struct operand_row {
  const void* first;
  std::ptrdiff_t stride;

  template <class T>
  Eigen::Map<const Eigen::Array<T, Eigen::Dynamic, 1>, 0, Eigen::InnerStride<>> as(std::size_t count) const {
    return {static_cast<const T*>(first), static_cast<Eigen::Index>(count), Eigen::InnerStride<>{stride}};
  }
};
using row_function = void (*)(operand_row x1, operand_row x2, void* y, std::size_t count);

/// y = f(x1, x2) for elements of type T, results of type Result. Function has no members.
template <class T, class Result, class Function>
void apply_to_row(operand_row x1, operand_row x2, void* y, std::size_t count) {
  elements_at(static_cast<Result*>(y), count) = x1.as<T>(count).binaryExpr(x2.as<T>(count), Function{});
}

/// The loop around a row function, which is compiled once for all operators and element types.
prepared broadcast_loop(const preparation& op, row_function f) {
  const auto width = [](const tensor_facts& tensor) {
    return static_cast<std::ptrdiff_t>(facts_of(tensor.type).bits / 8);
  };
  return prepare_run(
      [loop = loop_of(op), f, from = width(op.input(0)), to = width(op.output(0))](const arguments& a) {
        loop.run([&](const strided_loop<3>::offsets& at) {
          f({a.input<std::byte>(0) + at[0] * from, loop.row_stride(0)},
            {a.input<std::byte>(1) + at[1] * from, loop.row_stride(1)}, a.output<std::byte>(0) + at[2] * to,
            loop.row_length());
        });
      });
}

template <class Operation, class Elements>
prepared reference_arithmetic(const preparation& op) {
  return for_element(Elements{}, op.output(0).type, [&](auto tag) {
    using type = typename decltype(tag)::type;
    const auto f = [](type a, type b) { return rounded<type>(Operation{}(widened(a), widened(b))); };
    return broadcast_loop(op, apply_to_row<type, type, std::remove_const_t<decltype(f)>>);
  });
}

using compared_elements =
    element_list<float, half, bfloat16, double, std::int8_t, std::int16_t, std::int32_t, std::int64_t,
                 std::uint8_t, std::uint16_t, std::uint32_t, std::uint64_t, truth>;

template <class Comparison, class Elements = compared_elements>
prepared reference_comparison(const preparation& op) {
  return for_element(Elements{}, op.input(0).type, [&](auto tag) {
    using type = typename decltype(tag)::type;
    const auto f = [](type a, type b) { return truth{Comparison{}(widened(a), widened(b))}; };
    return broadcast_loop(op, apply_to_row<type, truth, std::remove_const_t<decltype(f)>>);
  });
}

// --- f32, fast

/// Rows that the compute routines take whole: equal lengths, or one number against a row.
template <class Operation>
prepared fast_arithmetic(const preparation& op) {
  if (op.output(0).type != dtype::f32) return {};
  const compute::binary_functions& functions = compute::prepare(Operation::fast);
  const strided_loop<3> loop = loop_of(op);
  const bool row_on_the_right = loop.outer_rank() == 1 && loop.outer_stride(0, 1) == 0 &&
                                loop.row_stride(0) == 1 && loop.row_stride(1) == 1;
  if (row_on_the_right)
    return prepare_run(
        [&functions, rows = loop.outer_size(0), columns = loop.row_length()](const arguments& a) {
          functions.right_row(a.input<float>(0), a.input<float>(1), a.output<float>(0), rows, columns);
        });
  return prepare_run([&functions, loop](const arguments& a) {
    loop.run([&](const strided_loop<3>::offsets& at) {
      const float* x1 = a.input<float>(0) + at[0];
      const float* x2 = a.input<float>(1) + at[1];
      float* y = a.output<float>(0) + at[2];
      if (loop.row_stride(1) == 0)
        functions.right_scalar(x1, *x2, y, loop.row_length());
      else if (loop.row_stride(0) == 0)
        functions.left_scalar(*x1, x2, y, loop.row_length());
      else
        functions.equal(x1, x2, y, loop.row_length());
    });
  });
}

template <class Operation, class Elements>
void add_arithmetic(kernel_table& table, std::string_view type) {
  table.add(type, reference_arithmetic<Operation, Elements>, fast_arithmetic<Operation>);
}

/// The square, which the model's author wrote as a power: x * x is the exact square rounded once as well.
prepared fast_power(const preparation& op) {
  if (op.output(0).type != dtype::f32 || op.input(1).elements() != 1 || op.input(1).contents == nullptr)
    return {};
  if (*static_cast<const float*>(op.input(1).contents) != 2 ||
      op.input(0).elements() != op.output(0).elements())
    return {};
  prepared result = prepare_run([multiply = compute::prepare(compute::binary_operation::multiply).equal,
                                 count = op.output(0).elements()](const arguments& a) {
    multiply(a.input<float>(0), a.input<float>(0), a.output<float>(0), count);
  });
  result.unread = 0b10;
  return result;
}

// --- one tensor and a number

template <class Operation>
prepared with_number(const preparation& op) {
  const double value = op.real("value");
  return for_element(number_elements{}, op.output(0).type, [&](auto tag) {
    using type = typename decltype(tag)::type;
    const auto number = static_cast<compute_type<type>>(value);
    return prepare_run([number, count = op.output(0).elements()](const arguments& a) {
      elements_at(a.output<type>(0), count) =
          elements_at(a.input<type>(0), count).unaryExpr([number](type x) {
            return rounded<type>(Operation{}(widened(x), number));
          });
    });
  });
}

template <class Operation>
prepared fast_with_number(const preparation& op) {
  if (op.output(0).type != dtype::f32) return {};
  const auto function = compute::prepare(Operation::fast).right_scalar;
  return prepare_run([function, value = static_cast<float>(op.real("value")),
                      count = op.output(0).elements()](const arguments& a) {
    function(a.input<float>(0), value, a.output<float>(0), count);
  });
}

// --- three tensors

/// y = f(x1, x2, x3) for operands and results of these types.
template <class First, class Second, class Third, class Function>
prepared loop_of_three(const preparation& op, Function f) {
  const sizes& shape = op.output(0).shape;
  const strided_loop<4> loop{
      shape,
      {broadcast_strides(op.input(0).shape, shape), broadcast_strides(op.input(1).shape, shape),
       broadcast_strides(op.input(2).shape, shape), dense_strides(shape)}};
  return prepare_run([loop, f](const arguments& a) {
    loop.run([&](const strided_loop<4>::offsets& at) {
      for (std::size_t i = 0; i != loop.row_length(); ++i) {
        const auto place = [&](std::size_t operand) {
          return at[operand] + static_cast<std::ptrdiff_t>(i) * loop.row_stride(operand);
        };
        a.output<Third>(0)[place(3)] =
            f(a.input<First>(0)[place(0)], a.input<Second>(1)[place(1)], a.input<Third>(2)[place(2)]);
      }
    });
  });
}

prepared reference_select(const preparation& op) {
  return for_width(op.output(0).type, [&](auto tag) {
    using type = typename decltype(tag)::type;
    return loop_of_three<truth, type, type>(
        op, [](truth condition, type then, type otherwise) { return condition ? then : otherwise; });
  });
}
prepared reference_masked_fill(const preparation& op) {
  return for_width(op.output(0).type, [&](auto tag) {
    using type = typename decltype(tag)::type;
    return loop_of_three<type, truth, type>(op,
                                            [](type x, truth mask, type value) { return mask ? value : x; });
  });
}
/// Where the bounds cross, the upper one counts.
prepared reference_clip(const preparation& op) {
  return for_element(number_elements{}, op.output(0).type, [&](auto tag) {
    using type = typename decltype(tag)::type;
    return loop_of_three<type, type, type>(op, [](type x, type low, type high) {
      return rounded<type>(minimum_of{}(maximum_of{}(widened(x), widened(low)), widened(high)));
    });
  });
}

}  // namespace

void add_elementwise_kernels(kernel_table& table) {
  add_arithmetic<sum_of, number_elements>(table, "Add");
  add_arithmetic<difference_of, number_elements>(table, "Sub");
  add_arithmetic<product_of, number_elements>(table, "Mul");
  add_arithmetic<quotient_of, float_elements>(table, "RealDiv");
  add_arithmetic<maximum_of, number_elements>(table, "Maximum");
  table.add("Pow", reference_arithmetic<power_of, number_elements>, fast_power);
  table.add("Equal", reference_comparison<std::equal_to<>>);
  table.add("NotEqual", reference_comparison<std::not_equal_to<>>);
  table.add("Less", reference_comparison<std::less<>>);
  table.add("LessEqual", reference_comparison<std::less_equal<>>);
  table.add("Greater", reference_comparison<std::greater<>>);
  table.add("GreaterEqual", reference_comparison<std::greater_equal<>>);
  table.add("LogicalAnd", reference_comparison<std::logical_and<>, element_list<truth>>);
  table.add("LogicalOr", reference_comparison<std::logical_or<>, element_list<truth>>);
  table.add("FloorDiv", reference_arithmetic<floor_quotient_of, number_elements>);
  table.add("FloorMod", reference_arithmetic<floor_remainder_of, number_elements>);
  table.add("Muls", with_number<product_of>, fast_with_number<product_of>);
  table.add("Adds", with_number<sum_of>, fast_with_number<sum_of>);
  table.add("Minimum", reference_arithmetic<minimum_of, number_elements>);
  table.add("Div", reference_arithmetic<plain_quotient_of, number_elements>, fast_arithmetic<quotient_of>);
  table.add("SelectV2", reference_select);
  table.add("MaskedFill", reference_masked_fill);
  table.add("ClipByValueV2", reference_clip);
}

}  // namespace airloom::host
