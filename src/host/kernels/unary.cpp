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
  table.add("GeluV2", reference_gelu_v2, fast_gelu_v2);
}

}  // namespace airloom::host
