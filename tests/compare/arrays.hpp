#pragma once
// Tensors from literals.

#include <airloom/weights/array.hpp>
#include <span>
#include <vector>

namespace test {

template <class Element>
airloom::weights::array tensor(airloom::dtype type, std::vector<Element> values,
                               std::vector<std::int64_t> shape) {
  return {type, std::move(shape), airloom::blob::copy_of(std::as_bytes(std::span{values}))};
}
template <class Element>
airloom::weights::array vector_of(airloom::dtype type, std::vector<Element> values) {
  const auto length = static_cast<std::int64_t>(values.size());
  return tensor(type, std::move(values), {length});
}
inline airloom::weights::array f32s(std::vector<float> values) {
  return vector_of(airloom::f32, std::move(values));
}
inline airloom::weights::array f64s(std::vector<double> values) {
  return vector_of(airloom::f64, std::move(values));
}

}  // namespace test
