// One tensor, element by element.

#include "host/compute/elementwise.hpp"
#include "host/element.hpp"

namespace airloom::host {

namespace {

// --- functions of one number, in the type that arithmetic is done in

struct negated {
  template <class T>
  T operator()(T x) const {
    if constexpr (std::is_integral_v<T>)
      return static_cast<T>(-static_cast<std::uint64_t>(x));
    else
      return -x;
  }
};
struct square_root {
  template <class T>
  T operator()(T x) const {
    return std::sqrt(x);
  }
};
struct reciprocal_square_root {
  template <class T>
  T operator()(T x) const {
    return 1 / std::sqrt(x);
  }
};
struct hyperbolic_tangent {
  template <class T>
  T operator()(T x) const {
    return std::tanh(x);
  }
};
struct logistic {
  template <class T>
  T operator()(T x) const {
    return 1 / (1 + std::exp(-x));
  }
};
struct error_function {
  template <class T>
  T operator()(T x) const {
    return std::erf(x);
  }
};
/// NaN stays NaN.
struct rectified {
  template <class T>
  T operator()(T x) const {
    return x < T{0} ? T{0} : x;
  }
};
struct gelu_tanh {
  template <class T>
  T operator()(T x) const {
    constexpr T root = T(0.79788456080286535588);  // sqrt(2 / pi)
    return T(0.5) * x * (1 + std::tanh(root * (x + T(0.044715) * x * x * x)));
  }
};
/// erfc, because 1 + erf cancels for negative x.
struct gelu_erf {
  template <class T>
  T operator()(T x) const {
    return T(0.5) * x * std::erfc(-x * T(0.70710678118654752440));
  }
};

struct magnitude {
  template <class T>
  T operator()(T x) const {
    if constexpr (std::is_integral_v<T>)
      return x < 0 ? negated{}(x) : x;
    else
      return std::abs(x);
  }
};
struct sine {
  template <class T>
  T operator()(T x) const {
    return std::sin(x);
  }
};
struct cosine {
  template <class T>
  T operator()(T x) const {
    return std::cos(x);
  }
};
struct inverse {
  template <class T>
  T operator()(T x) const {
    return 1 / x;
  }
};
struct squared {
  template <class T>
  T operator()(T x) const {
    if constexpr (std::is_integral_v<T>)
      return static_cast<T>(static_cast<std::uint64_t>(x) * static_cast<std::uint64_t>(x));
    else
      return x * x;
  }
};
struct rounded_down {
  template <class T>
  T operator()(T x) const {
    return std::floor(x);
  }
};
struct rounded_up {
  template <class T>
  T operator()(T x) const {
    return std::ceil(x);
  }
};
struct rounded_to_even {
  template <class T>
  T operator()(T x) const {
    if constexpr (std::is_integral_v<T>)
      return x;
    else
      return std::nearbyint(x);
  }
};
struct sign_of {
  template <class T>
  T operator()(T x) const {
    return x > T{0} ? T{1} : x < T{0} ? static_cast<T>(-1) : x;
  }
};
struct logical_negation {
  truth operator()(truth x) const { return !x; }
};

// --- kernels

template <class Function, class Elements>
prepared reference_unary(const preparation& op) {
  return for_element(Elements{}, op.output(0).type, [&](auto tag) {
    using type = typename decltype(tag)::type;
    return prepare_run([count = op.output(0).elements()](const arguments& a) {
      elements_at(a.output<type>(0), count) = elements_at(a.input<type>(0), count).unaryExpr([](type x) {
        return rounded<type>(Function{}(widened(x)));
      });
    });
  });
}

prepared fast(const preparation& op, compute::unary_operation operation) {
  if (op.output(0).type != dtype::f32) return {};
  return prepare_run([function = compute::prepare(operation), count = op.output(0).elements()](
                         const arguments& a) { function(a.input<float>(0), a.output<float>(0), count); });
}
template <compute::unary_operation Operation>
prepared fast_unary(const preparation& op) {
  return fast(op, Operation);
}

template <class Function, compute::unary_operation Operation>
void add_unary(kernel_table& table, std::string_view type) {
  table.add(type, reference_unary<Function, float_elements>, fast_unary<Operation>);
}

bool is_tanh_form(const preparation& op) {
  return op.text("approximate") == "tanh";
}
prepared reference_gelu_v2(const preparation& op) {
  return is_tanh_form(op) ? reference_unary<gelu_tanh, float_elements>(op)
                          : reference_unary<gelu_erf, float_elements>(op);
}
prepared fast_gelu_v2(const preparation& op) {
  return fast(op,
              is_tanh_form(op) ? compute::unary_operation::gelu_tanh : compute::unary_operation::gelu_erf);
}

// --- exp and log to any base, of scale x + shift

/// The base as an attribute says it: -1 stands for e.
struct affine {
  double scale;
  double shift;
  double log_of_base;  // 1 for e

  explicit affine(const preparation& op)
      : scale{op.real("scale")},
        shift{op.real("shift")},
        log_of_base{op.real("base") == -1 ? 1 : std::log(op.real("base"))} {}
};

using affine_elements = element_list<float, half, bfloat16, double, std::uint8_t, std::int8_t, std::int16_t,
                                     std::int32_t, std::int64_t, truth>;

/// f(scale x + shift, log of the base), computed in f64 and rounded once; f32 of whole numbers.
template <class Function>
prepared reference_affine(const preparation& op, Function f) {
  return for_element(affine_elements{}, op.input(0).type, [&](auto tag) {
    using from = typename decltype(tag)::type;
    using to = std::conditional_t<std::is_floating_point_v<compute_type<from>>, from, float>;
    return prepare_run([form = affine{op}, f, count = op.output(0).elements()](const arguments& a) {
      for (std::size_t i = 0; i != count; ++i) {
        const double inner = form.scale * static_cast<double>(a.input<from>(0)[i]) + form.shift;
        a.output<to>(0)[i] = rounded<to>(static_cast<compute_type<to>>(f(inner, form.log_of_base)));
      }
    });
  });
}

prepared reference_exp(const preparation& op) {
  return reference_affine(op, [](double x, double log_of_base) { return std::exp(x * log_of_base); });
}
prepared fast_exp(const preparation& op) {
  const bool plain = op.real("base") == -1 && op.real("scale") == 1 && op.real("shift") == 0;
  return plain ? fast(op, compute::unary_operation::exp) : prepared{};
}
prepared reference_log(const preparation& op) {
  return reference_affine(op, [](double x, double log_of_base) { return std::log(x) / log_of_base; });
}

/// Complex numbers lie as pairs: the real part, the imaginary part.
template <class T, std::size_t Part>
prepared part_of_pairs(const preparation& op) {
  return prepare_run([count = op.output(0).elements()](const arguments& a) {
    for (std::size_t i = 0; i != count; ++i) a.output<T>(0)[i] = a.input<T>(0)[2 * i + Part];
  });
}
template <std::size_t Part>
prepared reference_complex_part(const preparation& op) {
  if (op.input(0).type == dtype::c64) return part_of_pairs<float, Part>(op);
  if (op.input(0).type == dtype::c128) return part_of_pairs<double, Part>(op);
  return {};
}

}  // namespace

void add_unary_kernels(kernel_table& table) {
  using compute::unary_operation;
  table.add("Neg", reference_unary<negated, number_elements>);
  table.add("Relu", reference_unary<rectified, number_elements>, fast_unary<unary_operation::relu>);
  add_unary<square_root, unary_operation::sqrt>(table, "Sqrt");
  add_unary<reciprocal_square_root, unary_operation::rsqrt>(table, "Rsqrt");
  add_unary<hyperbolic_tangent, unary_operation::tanh>(table, "Tanh");
  add_unary<logistic, unary_operation::sigmoid>(table, "Sigmoid");
  add_unary<error_function, unary_operation::erf>(table, "Erf");
  add_unary<gelu_tanh, unary_operation::gelu_tanh>(table, "Gelu");
  table.add("LogicalNot", reference_unary<logical_negation, element_list<truth>>);
  table.add("Real", reference_complex_part<0>);
  table.add("Imag", reference_complex_part<1>);
  table.add("Abs", reference_unary<magnitude, number_elements>);
  table.add("Sin", reference_unary<sine, float_elements>);
  table.add("Cos", reference_unary<cosine, float_elements>);
  table.add("Reciprocal", reference_unary<inverse, float_elements>);
  table.add("Square", reference_unary<squared, number_elements>);
  table.add("Floor", reference_unary<rounded_down, float_elements>);
  table.add("Ceil", reference_unary<rounded_up, float_elements>);
  table.add("Round", reference_unary<rounded_to_even, number_elements>);
  table.add("Sign", reference_unary<sign_of, number_elements>);
  table.add("Exp", reference_exp, fast_exp);
  table.add("Log", reference_log);
  table.add("GeluV2", reference_gelu_v2, fast_gelu_v2);
}

}  // namespace airloom::host
