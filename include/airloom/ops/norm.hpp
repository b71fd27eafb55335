#pragma once
// Softmax and layer normalisation.

#include <airloom/model/tensor.hpp>

namespace airloom {

namespace op {

/// softmax<Axes…>(x): e^(x - max) / Σ over these dimensions, in f32 inside.
/// Inputs   x
/// Output   the shape and element type of x (f32 for f16 where half_to_float is set)
/// Needs    (R1) axes in [-rank, rank)
/// Lowers   SoftmaxV2(x) {axes, half_to_float} -> y
/// Example  al::softmax<-1>(scores)
struct softmax_v2 : operator_definition {
  enum class part { x, axes };
  static constexpr void rule(inference& i) {
    for (std::size_t k = 0; k != i.length("axes"); ++k)
      i.need_dimension(part::axes, i.element("axes", k), i.shape(0).rank);  // (R1)
    if (i.boolean("half_to_float") && i.type(0) == f16) i.output_type(0, f32);
    i.output(0, i.shape(0));
  }
  static constexpr prototype ir = prototype{"SoftmaxV2"}
                                      .input("x", types::floats)
                                      .output_like("y", 0)
                                      .attribute("axes", {-1})
                                      .attribute("half_to_float", false)
                                      .with_rule(rule);
};

/// log_softmax<Axes…>(x): x - max - log Σ e^(x - max) over these dimensions, in f32 inside.
/// Inputs   logits
/// Output   the shape and element type of logits
/// Needs    (R1) axes in [-rank, rank)
/// Lowers   LogSoftmaxV2(logits) {axes} -> logsoftmax
/// Example  al::log_softmax<-1>(logits)
struct log_softmax_v2 : operator_definition {
  enum class part { logits, axes };
  static constexpr void rule(inference& i) {
    for (std::size_t k = 0; k != i.length("axes"); ++k)
      i.need_dimension(part::axes, i.element("axes", k), i.shape(0).rank);  // (R1)
    i.output(0, i.shape(0));
  }
  static constexpr prototype ir = prototype{"LogSoftmaxV2"}
                                      .input("logits", types::floats)
                                      .output_like("logsoftmax", 0)
                                      .attribute("axes", {-1})
                                      .with_rule(rule);
};

/// layer_norm(x, gamma, beta, epsilon): (x - mean) / √(variance + epsilon) · gamma + beta over the dimensions
/// of gamma, in f32 inside. Inputs   x; normalized_shape: the sizes of the normalised tail; gamma, beta: of
/// that shape, or not fed Output   y as x; mean and rstd: f32, the normalised dimensions 1 Needs    (R1)
/// normalized_shape is the tail of x in every gear
///          (R2) gamma and beta have that shape
/// Lowers   LayerNormV4(x, normalized_shape, gamma, beta) {epsilon} -> y, mean, rstd
/// Example  al::layer_norm(x, weight, bias, 1e-5)
struct layer_norm_v4 : operator_definition {
  enum class part {
    x,
    normalized_shape,
    gamma,
    beta,
    normalized_rank,
    x_rank,
    x_size,
    normalized_size,
    weight_size
  };

  static constexpr void rule(inference& i) {
    const shape_value &x = i.shape(0), &sizes = i.shape(1);
    i.output(0, x);
    if (!i.need_rank(part::normalized_shape, sizes, 1)) return;
    if (!sizes[0].is_constant()) return output_statistics(i, shape_value::of_unknown_sizes(x.rank));
    if (!i.need_not_above(part::normalized_rank, sizes[0], part::x_rank, x.rank)) return;  // (R1)
    const auto tail = static_cast<std::size_t>(sizes[0].constant());
    if (i.has_values(1)) check_tail(i, tail);
    check_weight(i, 2, part::gamma, tail);
    check_weight(i, 3, part::beta, tail);
    shape_value kept = x;
    for (std::size_t k = 1; k <= tail; ++k) kept.back(k) = extent{1};
    output_statistics(i, kept);
  }
  /// (R1)
  static constexpr void check_tail(inference& i, std::size_t tail) {
    const shape_value& x = i.shape(0);
    for (std::size_t k = 0; k != tail; ++k)
      i.need_equal(part::x_size, x.back(tail - k), part::normalized_size, i.value(1, k),
                   static_cast<int>(x.rank - tail + k));
  }
  /// (R2)
  static constexpr void check_weight(inference& i, std::size_t input, part name, std::size_t tail) {
    if (!i.fed(input) || !i.need_rank(name, i.shape(input), tail)) return;
    for (std::size_t k = 0; k != tail; ++k)
      i.need_equal(part::weight_size, i.shape(input)[k], part::x_size, i.shape(0).back(tail - k),
                   static_cast<int>(k));
  }
  static constexpr void output_statistics(inference& i, const shape_value& shape) {
    i.output(1, shape);
    i.output(2, shape);
  }
  static constexpr dtype_set accepts = set_of(f32, f16, bf16);
  static constexpr prototype ir = prototype{"LayerNormV4"}
                                      .input("x", accepts)
                                      .input("normalized_shape", types::index)
                                      .optional("gamma", accepts)
                                      .optional("beta", accepts)
                                      .output_like("y", 0)
                                      .output_of("mean", f32)
                                      .output_of("rstd", f32)
                                      .attribute("epsilon", 1e-5)
                                      .with_rule(rule);
};

/// The older forms, which say where the normalised tail begins; read from files.
struct layer_norm_by_axis : operator_definition {
  enum class part { x, gamma, beta, begin_norm_axis, begin_params_axis, x_size, weight_size };

  static constexpr void rule(inference& i) {
    const shape_value& x = i.shape(0);
    const std::size_t norm = i.need_dimension(part::begin_norm_axis, i.integer("begin_norm_axis"), x.rank);
    const std::size_t params =
        i.need_dimension(part::begin_params_axis, i.integer("begin_params_axis"), x.rank);  // (R1)
    if (!i.holds()) return;
    check_weight(i, 1, part::gamma, params);
    check_weight(i, 2, part::beta, params);
    shape_value kept = x;
    for (std::size_t d = norm; d != x.rank; ++d) kept[d] = extent{1};
    i.output(0, x);
    i.output(1, kept);
    i.output(2, kept);
  }
  /// (R2)
  static constexpr void check_weight(inference& i, std::size_t input, part name, std::size_t first) {
    const shape_value &x = i.shape(0), &weight = i.shape(input);
    if (!i.need_rank(name, weight, x.rank - first)) return;
    for (std::size_t d = 0; d != weight.rank; ++d)
      i.need_equal(part::weight_size, weight[d], part::x_size, x[first + d], static_cast<int>(d));
  }
  static constexpr dtype_set accepts = set_of(f32, f16, bf16);
  /// The prototype that they have but for their names.
  static constexpr prototype of(prototype&& named, std::string_view third, double epsilon) {
    return static_cast<prototype&&>(named)
        .input("x", accepts)
        .input("gamma", accepts)
        .input("beta", accepts)
        .output_like("y", 0)
        .output_like("mean", 0)
        .output_like(third, 0)
        .attribute("begin_norm_axis", 0)
        .attribute("begin_params_axis", 0)
        .attribute("epsilon", epsilon)
        .with_rule(rule);
  }
};

/// Layer normalisation from begin_norm_axis on, with 1 / √(variance + epsilon) as third output.
/// Inputs   x; gamma, beta: of the shape of x from begin_params_axis on
/// Output   y as x; mean and rstd: the normalised dimensions 1, the element type of x
/// Needs    (R1) both axes in [-rank, rank)
///          (R2) gamma and beta have the shape of that tail of x
/// Lowers   LayerNormV3(x, gamma, beta) {begin_norm_axis, begin_params_axis, epsilon} -> y, mean, rstd
struct layer_norm_v3 : layer_norm_by_axis {
  static constexpr prototype ir = of(prototype{"LayerNormV3"}, "rstd", 1e-5);
};

/// Layer normalisation from begin_norm_axis on, with the variance as third output.
/// Inputs   x; gamma, beta: of the shape of x from begin_params_axis on
/// Output   y as x; mean and variance: the normalised dimensions 1, the element type of x
/// Needs    (R1) both axes in [-rank, rank)
///          (R2) gamma and beta have the shape of that tail of x
/// Lowers   LayerNorm(x, gamma, beta) {begin_norm_axis, begin_params_axis, epsilon} -> y, mean, variance
struct layer_norm : layer_norm_by_axis {
  static constexpr prototype ir = of(prototype{"LayerNorm"}, "variance", 1e-7);
};

/// What both root-mean-square normalisations share: gamma has the shape of the tail of x.
struct root_mean_square : operator_definition {
  /// (R1) Returns the shape of rstd: the normalised dimensions are 1.
  template <class Part>
  static constexpr shape_value normalise(inference& i, const shape_value& x, const shape_value& gamma) {
    shape_value kept = x;
    if (!i.need_not_above(Part::gamma_rank, gamma.rank, Part::x_rank, x.rank)) return kept;
    for (std::size_t k = 1; k <= gamma.rank; ++k) {
      i.need_equal(Part::gamma_size, gamma.back(k), Part::x_size, x.back(k), static_cast<int>(x.rank - k));
      kept.back(k) = extent{1};
    }
    return kept;
  }
  static constexpr dtype_set accepts = set_of(f32, f16, bf16);
};

/// rms_norm(x, gamma, epsilon): x / √(mean of x² + epsilon) · gamma over the dimensions of gamma, in f32
/// inside.
/// Inputs   x; gamma: the shape of the normalised tail of x
/// Output   y as x; rstd, 1 / √(mean of x² + epsilon): f32, the normalised dimensions 1
/// Needs    (R1) the shape of gamma is the tail of x in every gear
/// Lowers   RmsNorm(x, gamma) {epsilon} -> y, rstd
/// Example  al::rms_norm(x, weight, 1e-6)
struct rms_norm : root_mean_square {
  enum class part { x, gamma, gamma_rank, x_rank, gamma_size, x_size };

  static constexpr void rule(inference& i) {
    i.output(0, i.shape(0));
    i.output(1, normalise<part>(i, i.shape(0), i.shape(1)));
  }
  static constexpr prototype ir = prototype{"RmsNorm"}
                                      .input("x", accepts)
                                      .input("gamma", accepts)
                                      .output_like("y", 0)
                                      .output_of("rstd", f32)
                                      .attribute("epsilon", 1e-6)
                                      .with_rule(rule);
};

/// add_rms_norm(x1, x2, gamma, epsilon): rms_norm of the sum x1 + x2, which is an output too and is rounded
/// to its element type first; for structured bindings.
/// Inputs   x1, x2: one shape, one element type; gamma: the shape of the normalised tail of x1
/// Output   y as x1; rstd: f32, the normalised dimensions 1; x, the sum: as x1
/// Needs    (R1) the shape of gamma is the tail of x1 in every gear
///          (R2) x1 and x2 have one shape in every gear
/// Lowers   AddRmsNorm(x1, x2, gamma) {epsilon} -> y, rstd, x
/// Example  auto [y, rstd, sum] = al::add_rms_norm(residual, x, weight, 1e-6);
struct add_rms_norm : root_mean_square {
  enum class part { x1, x2, gamma, gamma_rank, x_rank, gamma_size, x_size, x1_size, x2_size };

  static constexpr void rule(inference& i) {
    const shape_value &x1 = i.shape(0), &x2 = i.shape(1);
    if (!i.need_rank(part::x2, x2, x1.rank)) return;  // (R2)
    for (std::size_t d = 0; d != x1.rank; ++d)
      i.need_equal(part::x1_size, x1[d], part::x2_size, x2[d], static_cast<int>(d));  // (R2)
    i.output(0, x1);
    i.output(1, normalise<part>(i, x1, i.shape(2)));
    i.output(2, x1);
  }
  static constexpr prototype ir = prototype{"AddRmsNorm"}
                                      .input("x1", accepts, 'T')
                                      .input("x2", accepts, 'T')
                                      .input("gamma", accepts)
                                      .output_like("y", 0)
                                      .output_of("rstd", f32)
                                      .output_like("x", 0)
                                      .attribute("epsilon", 1e-6)
                                      .with_rule(rule);
};

}  // namespace op

template <std::int64_t... Axes, operand_like X>
constexpr auto softmax(const X& x, const line& where = line::current()) {
  return record<op::softmax_v2>(
             where, [](attribute_list& set) { set("axes", {Axes...}); }, x)
      .template output<0>();
}

template <operand_like X, dtype Type, auto... Extents>
constexpr auto layer_norm(const X& x, const parameter<Type, Extents...>& gamma,
                          const parameter<Type, Extents...>& beta, double epsilon,
                          const line& where = line::current()) {
  return record<op::layer_norm_v4>(where, x, integer_list<i64, static_cast<std::int64_t>(Extents)...>{},
                                   gamma, beta)
      .with("epsilon", epsilon)
      .template output<0>();
}

template <operand_like X, operand_like Gamma>
constexpr auto rms_norm(const X& x, const Gamma& gamma, double epsilon, const line& where = line::current()) {
  return record<op::rms_norm>(where, x, gamma).with("epsilon", epsilon).template output<0>();
}
template <operand_like Left, operand_like Right, operand_like Gamma>
constexpr auto add_rms_norm(const Left& x1, const Right& x2, const Gamma& gamma, double epsilon,
                            const line& where = line::current()) {
  return outputs_of<3>(record<op::add_rms_norm>(where, x1, x2, gamma).with("epsilon", epsilon));
}

template <std::int64_t... Axes, operand_like X>
constexpr auto log_softmax(const X& x, const line& where = line::current()) {
  return record<op::log_softmax_v2>(
             where, [](attribute_list& set) { set("axes", {Axes...}); }, x)
      .template output<0>();
}

}  // namespace airloom
