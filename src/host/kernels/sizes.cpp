// Sizes as numbers of a tensor.

#include "host/element.hpp"

namespace airloom::host {

namespace {

prepared reference_shape(const preparation& op) {
  return for_element(element_list<std::int32_t, std::int64_t>{}, op.output(0).type, [&](auto tag) {
    using type = typename decltype(tag)::type;
    return prepare_run([shape = op.input(0).shape](const arguments& a) {
      std::transform(shape.begin(), shape.end(), a.output<type>(0),
                     [](std::size_t size) { return static_cast<type>(size); });
    });
  });
}

}  // namespace

void add_sizes_kernels(kernel_table& table) {
  table.add("Shape", reference_shape);
}

}  // namespace airloom::host
