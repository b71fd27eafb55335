#pragma once
// Element types and shapes as the program prints them.

#include <airloom/graph/graph.hpp>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace airloom::cli {

/// "f32[2, 768]"; -1 for a size that the file leaves open.
std::string text_of_tensor(dtype type, const shape_value& shape);

/// {"dtype": "f32", "shape": [2, 768]}; -1 for a size that the file leaves open, null for an unknown rank.
nlohmann::ordered_json json_of_tensor(dtype type, const shape_value& shape);

}  // namespace airloom::cli
