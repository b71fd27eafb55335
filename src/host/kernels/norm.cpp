// Normalising: softmax and layer norm.

#include "host/axes.hpp"
#include "host/compute/elementwise.hpp"
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

prepared reference_log_softmax(const preparation& op) {
  const reduction split{op.input(0).shape, op.integers("axes")};
  return for_element(float_elements{}, op.output(0).type, [&](auto tag) {
    using type = typename decltype(tag)::type;
    using wide = compute_type<type>;
    return prepare_run([kept = split.kept_loop(), reduced = split.reduced_loop()](const arguments& a) {
      kept.run_each([&](const strided_loop<2>::offsets& at) {
        const type* const x = a.input<type>(0) + at[0];
        type* const y = a.output<type>(0) + at[0];
        wide largest = -std::numeric_limits<wide>::infinity(), sum = 0;
        reduced.run_each([&](const auto& i) { largest = larger(largest, widened(x[i[0]])); });
        reduced.run_each([&](const auto& i) { sum += std::exp(widened(x[i[0]]) - largest); });
        const wide shift = std::log(sum);
        reduced.run_each([&](const auto& i) { y[i[0]] = rounded<type>(widened(x[i[0]]) - largest - shift); });
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

// --- root-mean-square norm, of x or of a sum

compute::row_shape rows_of(const tensor_facts& x, const tensor_facts& gamma) {
  const std::size_t first = x.rank() - gamma.rank();
  compute::row_shape rows{1, 1};
  for (std::size_t d = 0; d != x.rank(); ++d) (d < first ? rows.rows : rows.columns) *= x.shape[d];
  return rows;
}

template <class T, class Gamma>
void normalise_by_root_mean_square(const T* x, const Gamma* gamma, float epsilon, T* y,
                                   float* reciprocal_mean, compute::row_shape shape) {
  for (std::size_t row = 0; row != shape.rows; ++row, x += shape.columns, y += shape.columns) {
    float sum = 0;
    for (std::size_t i = 0; i != shape.columns; ++i) sum += widened(x[i]) * widened(x[i]);
    const float factor = 1 / std::sqrt(sum / static_cast<float>(shape.columns) + epsilon);
    for (std::size_t i = 0; i != shape.columns; ++i)
      y[i] = rounded<T>(widened(x[i]) * factor * widened(gamma[i]));
    reciprocal_mean[row] = factor;
  }
}

/// make(tag of x, tag of gamma)
template <class Make>
prepared for_norm_elements(dtype x, dtype gamma, Make make) {
  return for_element(layer_norm_elements{}, x, [&](auto x_tag) {
    return for_element(layer_norm_elements{}, gamma, [&](auto gamma_tag) { return make(x_tag, gamma_tag); });
  });
}

prepared reference_rms_norm(const preparation& op) {
  return for_norm_elements(op.input(0).type, op.input(1).type, [&](auto x_tag, auto gamma_tag) {
    using type = typename decltype(x_tag)::type;
    using gamma = typename decltype(gamma_tag)::type;
    return prepare_run([shape = rows_of(op.input(0), op.input(1)),
                        epsilon = static_cast<float>(op.real("epsilon"))](const arguments& a) {
      normalise_by_root_mean_square(a.input<type>(0), a.input<gamma>(1), epsilon, a.output<type>(0),
                                    a.output<float>(1), shape);
    });
  });
}

prepared fast_rms_norm(const preparation& op) {
  if (op.input(0).type != dtype::f32 || op.input(1).type != dtype::f32) return {};
  return prepare_run([norm = compute::prepare_rms_norm(), shape = rows_of(op.input(0), op.input(1)),
                      epsilon = static_cast<float>(op.real("epsilon"))](const arguments& a) {
    norm({a.input<float>(0), a.input<float>(1), epsilon, a.output<float>(0), a.output<float>(1)}, shape);
  });
}

/// The sum is rounded to its element type before it is normalised, as the unfused operators do it.
prepared reference_add_rms_norm(const preparation& op) {
  return for_norm_elements(op.input(0).type, op.input(2).type, [&](auto x_tag, auto gamma_tag) {
    using type = typename decltype(x_tag)::type;
    using gamma = typename decltype(gamma_tag)::type;
    return prepare_run([shape = rows_of(op.input(0), op.input(2)), count = op.output(0).elements(),
                        epsilon = static_cast<float>(op.real("epsilon"))](const arguments& a) {
      type* const sum = a.output<type>(2);
      for (std::size_t i = 0; i != count; ++i)
        sum[i] = rounded<type>(widened(a.input<type>(0)[i]) + widened(a.input<type>(1)[i]));
      normalise_by_root_mean_square(static_cast<const type*>(sum), a.input<gamma>(2), epsilon,
                                    a.output<type>(0), a.output<float>(1), shape);
    });
  });
}

prepared fast_add_rms_norm(const preparation& op) {
  if (op.input(0).type != dtype::f32 || op.input(2).type != dtype::f32) return {};
  return prepare_run([add = compute::prepare(compute::binary_operation::add).equal,
                      norm = compute::prepare_rms_norm(), shape = rows_of(op.input(0), op.input(2)),
                      epsilon = static_cast<float>(op.real("epsilon"))](const arguments& a) {
    float* const sum = a.output<float>(2);
    add(a.input<float>(0), a.input<float>(1), sum, shape.rows * shape.columns);
    norm({sum, a.input<float>(2), epsilon, a.output<float>(0), a.output<float>(1)}, shape);
  });
}

}  // namespace

void add_norm_kernels(kernel_table& table) {
  table.add("SoftmaxV2", reference_softmax, fast_softmax);
  table.add("LogSoftmaxV2", reference_log_softmax);
  table.add({"LayerNormV4", "LayerNormV3", "LayerNorm"}, reference_layer_norm, fast_layer_norm);
  table.add("RmsNorm", reference_rms_norm, fast_rms_norm);
  table.add("AddRmsNorm", reference_add_rms_norm, fast_add_rms_norm);
}

}  // namespace airloom::host
