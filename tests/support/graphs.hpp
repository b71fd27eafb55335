#pragma once
// Small graphs, built by hand, for tests.

#include <airloom/graph/graph.hpp>
#include <initializer_list>
#include <span>

namespace test {

inline airloom::shape_value shape(std::initializer_list<airloom::extent> dims) {
  airloom::shape_value result;
  for (const airloom::extent& dim : dims) result.push(dim);
  return result;
}

inline airloom::tensor_description description(airloom::dtype type, const airloom::shape_value& shape) {
  airloom::tensor_description result;
  result.type = type;
  result.shape = shape;
  return result;
}

/// Builds a graph node by node; every call gives the new node's place.
class graph_builder {
 public:
  airloom::graph g;

  int input(const std::string& name, airloom::dtype type, const airloom::shape_value& shape) {
    airloom::node n;
    n.name = name;
    n.type = "Data";
    n.attributes["index"].value = inputs_++;
    n.inputs = {airloom::value_reference{}};
    n.input_names = {"x"};
    n.output_names = {"y"};
    n.input_descriptions = n.output_descriptions = {description(type, shape)};
    return add(std::move(n));
  }
  template <class T>
  int constant(const std::string& name, airloom::dtype type, const airloom::shape_value& shape,
               const std::vector<T>& values) {
    return constant(name, type, shape, airloom::blob::copy_of(std::as_bytes(std::span{values})));
  }
  int constant(const std::string& name, airloom::dtype type, const airloom::shape_value& shape,
               airloom::blob bytes) {
    airloom::node n;
    n.name = name;
    n.type = "Const";
    n.output_names = {""};
    n.output_descriptions = {description(type, shape)};
    n.attributes["value"].value = airloom::tensor_contents{description(type, shape), std::move(bytes)};
    return add(std::move(n));
  }
  int integers(const std::string& name, const std::vector<std::int64_t>& values) {
    return constant(name, airloom::dtype::i64, shape({static_cast<std::int64_t>(values.size())}), values);
  }
  /// An operator with `outputs` outputs; input -1 is not fed.
  int node(const std::string& type, const std::vector<int>& inputs, airloom::attribute_map attributes = {},
           std::size_t outputs = 1) {
    airloom::node n;
    n.type = type;
    n.name = type + "_" + std::to_string(g.nodes.size());
    for (const int from : inputs) {
      n.inputs.push_back({from, 0});
      n.input_names.push_back(std::string{"x"}.append(std::to_string(n.inputs.size())));
      n.input_descriptions.emplace_back();
    }
    n.output_descriptions.resize(outputs);
    for (std::size_t i = 0; i != outputs; ++i)
      n.output_names.push_back(std::string{"y"}.append(std::to_string(i)));
    n.attributes = std::move(attributes);
    return add(std::move(n));
  }
  void result(std::initializer_list<int> values) {
    node("NetOutput", values, {}, 0);
    g.nodes.back().name = "NetOutput";
  }
  airloom::node& operator[](int index) { return g.nodes[static_cast<std::size_t>(index)]; }

 private:
  int add(airloom::node n) {
    g.nodes.push_back(std::move(n));
    return static_cast<int>(g.nodes.size()) - 1;
  }
  std::int64_t inputs_ = 0;
};

}  // namespace test
