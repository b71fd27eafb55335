#include "compare/elements.hpp"

#include <fmt/format.h>
#include <airloom/compare/metrics.hpp>
#include <airloom/error.hpp>
#include <algorithm>

#include "element_converter.hpp"

namespace airloom::compare {

bool is_measurable(dtype type) {
  return converter_to_double(type) != nullptr;
}

element_reader::element_reader(const weights::array& tensor)
    : convert_{converter_to_double(tensor.type)},
      width_{facts_of(tensor.type).bits / 8U},
      bytes_{tensor.bytes.span()} {
  if (convert_ == nullptr)
    throw error{error_code::compare_failed,
                fmt::format("Tensors of {} cannot be measured.", name_of(tensor.type)),
                "Convert them to a type of numbers first, f32 for example."};
}

std::size_t element_reader::read(std::size_t first, element_block& to) const {
  const std::size_t length = std::min(to.size(), count() - first);
  convert_(bytes_.data() + first * width_, std::span{to}.first(length));
  return length;
}

}  // namespace airloom::compare
