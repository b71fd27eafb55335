// Activations beyond the plainest.

#include "host/axes.hpp"
#include "host/compute/elementwise.hpp"
#include "host/element.hpp"

namespace airloom::host {

namespace {

using activation_elements = element_list<float, half, bfloat16>;

/// x / (1 + exp(-scale x)) without an exp that could become infinite; 0 at minus infinity.
float swish(float x, float scale) {
  const float z = scale * x;
  const float e = std::exp(-std::abs(z));
  if (!(z < 0)) return x / (1 + e);
  return e == 0 ? 0 : x * e / (1 + e);
}

prepared reference_swish(const preparation& op) {
  return for_element(activation_elements{}, op.output(0).type, [&](auto tag) {
    using type = typename decltype(tag)::type;
    return prepare_run([count = op.output(0).elements(),
                        scale = static_cast<float>(op.real("scale"))](const arguments& a) {
      elements_at(a.output<type>(0), count) = elements_at(a.input<type>(0), count).unaryExpr([scale](type x) {
        return rounded<type>(swish(widened(x), scale));
      });
    });
  });
}

prepared fast_swish(const preparation& op) {
  if (op.output(0).type != dtype::f32 || op.real("scale") != 1) return {};
  return prepare_run([silu = compute::prepare(compute::unary_operation::silu),
                      count = op.output(0).elements()](const arguments& a) {
    silu(a.input<float>(0), a.output<float>(0), count);
  });
}

// --- functions of one number

template <class Elements, class Function>
prepared each_element(const preparation& op, Function f) {
  return for_element(Elements{}, op.output(0).type, [&](auto tag) {
    using type = typename decltype(tag)::type;
    return prepare_run([f, count = op.output(0).elements()](const arguments& a) {
      elements_at(a.output<type>(0), count) = elements_at(a.input<type>(0), count).unaryExpr([f](type x) {
        return rounded<type>(f(widened(x)));
      });
    });
  });
}

prepared reference_leaky_relu(const preparation& op) {
  return each_element<float_elements>(op, [slope = op.real("negative_slope")](auto x) {
    return x > 0 ? x : static_cast<decltype(x)>(slope) * x;
  });
}

/// NaN stays NaN.
float clipped(float x, float low, float high) {
  return x < low ? low : x > high ? high : x;
}
/// Far below, where nothing is let through, minus infinity gives 0 too.
prepared reference_hard_swish(const preparation& op) {
  return each_element<activation_elements>(
      op, [](float x) { return x <= -3 ? 0 : x * clipped(x + 3, 0, 6) / 6; });
}
prepared reference_hard_sigmoid(const preparation& op) {
  return each_element<activation_elements>(
      op, [alpha = static_cast<float>(op.real("alpha")),
           beta = static_cast<float>(op.real("beta"))](float x) { return clipped(alpha * x + beta, 0, 1); });
}
/// With e = exp(x), tanh(log(1 + e)) is (e^2 + 2 e) / (e^2 + 2 e + 2), which cancels nowhere; from 20 on it
/// rounds to 1.
prepared reference_mish(const preparation& op) {
  return each_element<activation_elements>(op, [](float x) {
    if (x > 20) return x;
    const float e = std::exp(x), n = e * (e + 2);
    return n == 0 ? 0 : x * n / (n + 2);
  });
}

// --- two halves

/// The halves of one dimension lie behind each other, once for each place of the dimensions before it.
struct halves {
  std::size_t blocks = 1;
  std::size_t elements = 1;  // of one half
};
halves halves_of(const preparation& op) {
  const sizes& shape = op.output(0).shape;
  const std::size_t along = dimension_of(op.integer("dim"), shape.size());
  halves result;
  for (std::size_t d = 0; d != shape.size(); ++d) (d < along ? result.blocks : result.elements) *= shape[d];
  return result;
}

prepared reference_swiglu(const preparation& op) {
  return for_element(activation_elements{}, op.output(0).type, [&](auto tag) {
    using type = typename decltype(tag)::type;
    return prepare_run([size = halves_of(op)](const arguments& a) {
      const type* x = a.input<type>(0);
      type* y = a.output<type>(0);
      for (std::size_t block = 0; block != size.blocks; ++block, x += size.elements)
        for (std::size_t i = 0; i != size.elements; ++i, ++x)
          *y++ = rounded<type>(swish(widened(*x), 1) * widened(x[size.elements]));
    });
  });
}

prepared fast_swiglu(const preparation& op) {
  if (op.output(0).type != dtype::f32) return {};
  return prepare_run([size = halves_of(op), silu = compute::prepare(compute::unary_operation::silu),
                      multiply =
                          compute::prepare(compute::binary_operation::multiply).equal](const arguments& a) {
    const float* x = a.input<float>(0);
    float* y = a.output<float>(0);
    for (std::size_t block = 0; block != size.blocks; ++block, x += 2 * size.elements, y += size.elements) {
      silu(x, y, size.elements);
      multiply(y, x + size.elements, y, size.elements);
    }
  });
}

}  // namespace

void add_activation_kernels(kernel_table& table) {
  table.add("Swish", reference_swish, fast_swish);
  table.add("LeakyRelu", reference_leaky_relu);
  table.add("HardSwish", reference_hard_swish);
  table.add("HardSigmoid", reference_hard_sigmoid);
  table.add("Mish", reference_mish);
  table.add("SwiGlu", reference_swiglu, fast_swiglu);
}

}  // namespace airloom::host
