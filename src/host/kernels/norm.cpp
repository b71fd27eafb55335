// Normalising: softmax and layer norm.

#include "host/axes.hpp"
#include "host/compute/rows.hpp"
#include "host/element.hpp"

namespace airloom::host {

namespace {

// --- softmax

prepared reference_softmax(const preparation& op) {
  const reduction split{op.input(0).shape, op.integers("axes")};
  return for_element(float_elements{}, op.input(0).type, [&](auto from_tag) {
    using from = typename decltype(from_tag)::type;
    return for_element(element_list<from, float>{}, op.output(0).type, [&](auto to_tag) {
      using to = typename decltype(to_tag)::type;
      using wide = compute_type<from>;
      return prepare_run([kept = split.kept_loop(), reduced = split.reduced_loop()](const arguments& a) {
        kept.run_each([&](const strided_loop<2>::offsets& at) {
          const from* const x = a.input<from>(0) + at[0];
          to* const y = a.output<to>(0) + at[0];
          wide largest = -std::numeric_limits<wide>::infinity(), sum = 0;
          reduced.run_each([&](const auto& i) { largest = larger(largest, widened(x[i[0]])); });
          reduced.run_each([&](const auto& i) { sum += std::exp(widened(x[i[0]]) - largest); });
          reduced.run_each([&](const auto& i) {
            y[i[0]] = rounded<to>(static_cast<compute_type<to>>(std::exp(widened(x[i[0]]) - largest) / sum));
          });
        });
      });
    });
  });
}

prepared fast_softmax(const preparation& op) {
  const reduction split{op.input(0).shape, op.integers("axes")};
  if (op.input(0).type != dtype::f32 || !split.reduces_rows()) return {};
  return prepare_run([softmax = compute::prepare_softmax(),
                      shape = compute::row_shape{split.kept_elements(), split.reduced_elements()}](
                         const arguments& a) { softmax(a.input<float>(0), a.output<float>(0), shape); });
}

// --- layer norm: the three operators differ in how they say which dimensions are normalised, and in the last
// output

struct layer_norm_form {
  compute::row_shape shape;
  std::size_t gamma;  // places of inputs
  std::size_t beta;
  bool gives_variance;  // in the place of 1 / sqrt(variance + epsilon)
};

layer_norm_form form_of(const preparation& op) {
  const tensor_facts& x = op.input(0);
  const std::size_t named = op.input_named("normalized_shape");
  const std::size_t first = named == op.input_count() ? dimension_of(op.integer("begin_norm_axis"), x.rank())
                                                      : x.rank() - op.input(named).elements();
  std::size_t rows = 1, columns = 1;
  for (std::size_t d = 0; d != x.rank(); ++d) (d < first ? rows : columns) *= x.shape[d];
  return {{rows, columns}, op.input_named("gamma"), op.input_named("beta"), op.type() == "LayerNorm"};
}

template <class T, class Statistic>
prepared layer_norm_of(const preparation& op) {
  const layer_norm_form form = form_of(op);
  const auto epsilon = static_cast<float>(op.real("epsilon"));
  const bool has_gamma = op.fed(form.gamma), has_beta = op.fed(form.beta);
  return prepare_run([=](const arguments& a) {
    const std::size_t columns = form.shape.columns;
    const auto wide = [columns](const T* from) {
      return elements_at(from, columns).unaryExpr([](T value) { return widened(value); });
    };
    const auto count = static_cast<float>(columns);
    for (std::size_t row = 0; row != form.shape.rows; ++row) {
      const auto x = wide(a.input<T>(0) + row * columns);
      const float mean = x.sum() / count;
      const float variance = (x - mean).square().sum() / count;
      const float reciprocal_deviation = 1 / std::sqrt(variance + epsilon);
      for (std::size_t i = 0; i != columns; ++i) {
        const float gamma = has_gamma ? widened(a.input<T>(form.gamma)[i]) : 1;
        const float beta = has_beta ? widened(a.input<T>(form.beta)[i]) : 0;
        const float normal = (x[static_cast<Eigen::Index>(i)] - mean) * reciprocal_deviation;
        a.output<T>(0)[row * columns + i] = rounded<T>(normal * gamma + beta);
      }
      a.output<Statistic>(1)[row] = rounded<Statistic>(mean);
      a.output<Statistic>(2)[row] = rounded<Statistic>(form.gives_variance ? variance : reciprocal_deviation);
    }
  });
}

using layer_norm_elements = element_list<float, half, bfloat16>;

prepared reference_layer_norm(const preparation& op) {
  return for_element(layer_norm_elements{}, op.input(0).type, [&](auto tag) {
    using type = typename decltype(tag)::type;
    return op.output(1).type == dtype::f32 ? layer_norm_of<type, float>(op) : layer_norm_of<type, type>(op);
  });
}

prepared fast_layer_norm(const preparation& op) {
  const layer_norm_form form = form_of(op);
  if (op.input(0).type != dtype::f32 || form.gives_variance) return {};
  const bool has_gamma = op.fed(form.gamma), has_beta = op.fed(form.beta);
  return prepare_run(
      [=, norm = compute::prepare_layer_norm(), epsilon = static_cast<float>(op.real("epsilon")),
       ones = std::vector<float>(has_gamma ? 0 : form.shape.columns, 1.0F),
       zeros = std::vector<float>(has_beta ? 0 : form.shape.columns, 0.0F)](const arguments& a) {
        norm({a.input<float>(0), has_gamma ? a.input<float>(form.gamma) : ones.data(),
              has_beta ? a.input<float>(form.beta) : zeros.data(), epsilon, a.output<float>(0),
              a.output<float>(1), a.output<float>(2)},
             form.shape);
      });
}

}  // namespace

void add_norm_kernels(kernel_table& table) {
  table.add("SoftmaxV2", reference_softmax, fast_softmax);
  table.add({"LayerNormV4", "LayerNormV3", "LayerNorm"}, reference_layer_norm, fast_layer_norm);
}

}  // namespace airloom::host
