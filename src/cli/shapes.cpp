#include "shapes.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace airloom::cli {

std::string text_of_tensor(dtype type, const shape_value& shape) {
  return fmt::format("{}{}", name_of(type), to_text(shape, {}));
}

nlohmann::ordered_json json_of_tensor(dtype type, const shape_value& shape) {
  nlohmann::ordered_json sizes = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i != shape.rank; ++i)
    sizes.push_back(shape[i].is_constant() ? shape[i].constant() : -1);
  return {{"dtype", name_of(type)}, {"shape", shape.rank_known ? sizes : nlohmann::ordered_json{}}};
}

}  // namespace airloom::cli
