#pragma once
// The operators that a graph is held together by: its inputs, its constants, its result.

#include <airloom/graph/rule.hpp>

namespace airloom {

// The sets of element types that the Ascend prototypes name (hicann/metadef, inc/external/graph/types.h).
namespace types {
inline constexpr dtype_set integers =
    set_of(dtype::i8, dtype::i16, dtype::i32, dtype::i64, dtype::u8, dtype::u16, dtype::u32, dtype::u64);
inline constexpr dtype_set index = set_of(dtype::i32, dtype::i64);
inline constexpr dtype_set floats = set_of(dtype::f64, dtype::f32, dtype::f16, dtype::bf16);
inline constexpr dtype_set real = integers | floats;
inline constexpr dtype_set complex = set_of(dtype::c64, dtype::c128);
inline constexpr dtype_set quantised = set_of(dtype::qi8, dtype::qi16, dtype::qi32, dtype::qu8, dtype::qu16);
inline constexpr dtype_set number = real | complex | set_of(dtype::qi32, dtype::qi8, dtype::qu8);
inline constexpr dtype_set basic = real | complex | quantised;
inline constexpr dtype_set unary = floats | complex | set_of(dtype::c32);
inline constexpr dtype_set all = {~std::uint64_t{0} & ~(std::uint64_t{1} << ge_number(dtype::undefined))};
}  // namespace types

namespace op {

struct operator_definition {};

struct source : operator_definition {
  enum class part { x };
};

/// Data: one input of the graph. `index` is its place; the description says element type and shape.
struct data : source {
  static constexpr prototype ir = prototype{"Data"}
                                      .optional("x", types::all)
                                      .output_like("y", 0)
                                      .attribute("index", 0)
                                      .planned_as(memory_trait::source);
};

/// RefData: an input that the graph also writes.
struct ref_data : source {
  static constexpr prototype ir = prototype{"RefData"}
                                      .optional("x", types::all)
                                      .output_like("y", 0)
                                      .attribute("index", 0)
                                      .planned_as(memory_trait::source);
};

/// Const: contents in the attribute `value`.
struct constant : source {
  static constexpr prototype ir = prototype{"Const"}
                                      .output_of("y", dtype::undefined)
                                      .required("value", attribute_kind::tensor)
                                      .planned_as(memory_trait::source);
};

/// FileConstant: contents in a file; element type and shape in attributes.
struct file_constant : source {
  static constexpr prototype ir = prototype{"FileConstant"}
                                      .output_from("y", "dtype")
                                      .required("shape", attribute_kind::integers)
                                      .required("dtype", attribute_kind::element_type)
                                      .attribute("file_path", "")
                                      .attribute("file_id", "")
                                      .planned_as(memory_trait::source);
};

/// NetOutput: the results of the graph, one input each.
struct net_output : operator_definition {
  enum class part { input };
  static constexpr prototype ir =
      prototype{"NetOutput"}.dynamic("input", types::all).planned_as(memory_trait::source);
};

}  // namespace op
}  // namespace airloom
