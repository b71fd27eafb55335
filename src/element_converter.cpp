#include "element_converter.hpp"

#include <Eigen/Core>
#include <cstring>

namespace airloom {

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

}  // namespace

element_converter converter_to_double(dtype type) {
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

}  // namespace airloom
