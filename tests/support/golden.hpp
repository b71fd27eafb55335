#pragma once
// Golden vectors: what single operators must give, and what they must refuse. The files are described in
// tests/data/operators/README.md; none of our code made them.

#include <airloom/graph/graph.hpp>
#include <airloom/weights/array.hpp>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace test {

struct golden_input {
  std::string name;
  bool fed = true;
  airloom::dtype type = airloom::dtype::undefined;
  std::vector<std::int64_t> shape;
  std::optional<airloom::blob> data;  ///< missing where a refusal gives shape and type only
};

/// How near the values have to be: the README's `compare`.
struct golden_tolerance {
  enum class kind { exact, ulp, close } how = kind::exact;
  double ulps = 0;
  double relative = 0;
  double absolute = 0;
  bool signed_zero = false;
};

struct golden_output {
  std::string name;
  airloom::dtype type = airloom::dtype::undefined;
  std::vector<std::int64_t> shape;
  std::optional<airloom::weights::array> want;  ///< missing: judged by type and shape alone
  golden_tolerance tolerance;
};

struct golden_case {
  std::string name;
  std::string why;
  std::vector<golden_input> inputs;
  airloom::attribute_map attributes;
  std::vector<golden_output> outputs;  ///< empty for a refusal
};

struct golden_file {
  std::vector<golden_case> cases;
  std::vector<golden_case> refused;
};

/// The types of the operators that have golden vectors, sorted.
std::vector<std::string> golden_operators();

/// All cases of one operator, its attributes in the kinds that its prototype declares.
golden_file read_golden(const airloom::prototype& ir);

/// The case as a graph: one Data an input (one Const where the operator reads contents to know its shape),
/// the operator, NetOutput. Throws rank_unsupported.
airloom::graph golden_graph(const golden_case& golden, const airloom::prototype& ir);

/// What is wrong with `got`, the bytes of an output of the golden shape and type; empty where nothing is.
std::string difference(const golden_output& golden, std::span<const std::byte> got);

}  // namespace test
