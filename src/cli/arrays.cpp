#include "arrays.hpp"

#include <airloom/weights/npy.hpp>
#include <airloom/weights/npz.hpp>

namespace airloom::cli {

bool is_npy(const std::string& path) {
  return path.ends_with(".npy");
}

std::vector<weights::named_array> read_arrays(const std::string& path) {
  if (!is_npy(path)) return weights::read_npz(path);
  return {{"array", weights::read_npy(path)}};
}

void take_u16_for_bf16(std::vector<weights::named_array>& arrays) {
  for (weights::named_array& array : arrays)
    if (array.value.type == dtype::u16) array.value.type = dtype::bf16;
}

}  // namespace airloom::cli
