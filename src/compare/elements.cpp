#include "compare/elements.hpp"

#include <fmt/format.h>
#include <Eigen/Core>
#include <airloom/compare/metrics.hpp>
#include <airloom/error.hpp>
#include <algorithm>
#include <cstring>

namespace airloom::compare {

namespace {

template <class Element>
void convert(const std::byte* from, std::span<double> to) {
  for (double& value : to) {
    Element element;
    std::memcpy(&element, from, sizeof element);
    value = static_cast<double>(element);
    from += sizeof element;
  }
}

using converter = void (*)(const std::byte*, std::span<double>);

/// How elements of a type become doubles; null for a type that is not measured.
converter converter_of(dtype type) {
  switch (type) {
    case dtype::f16:
      return convert<Eigen::half>;
    case dtype::bf16:
      return convert<Eigen::bfloat16>;
    case dtype::f32:
      return convert<float>;
    case dtype::f64:
      return convert<double>;
    case dtype::i8:
      return convert<std::int8_t>;
    case dtype::i16:
      return convert<std::int16_t>;
    case dtype::i32:
      return convert<std::int32_t>;
    case dtype::i64:
      return convert<std::int64_t>;
    case dtype::boolean:
    case dtype::u8:
      return convert<std::uint8_t>;
    case dtype::u16:
      return convert<std::uint16_t>;
    case dtype::u32:
      return convert<std::uint32_t>;
    case dtype::u64:
      return convert<std::uint64_t>;
    default:
      return nullptr;
  }
}

}  // namespace

bool is_measurable(dtype type) {
  return converter_of(type) != nullptr;
}

element_reader::element_reader(const weights::array& tensor)
    : convert_{converter_of(tensor.type)},
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
