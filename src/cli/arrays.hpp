#pragma once
// Arrays that a command line names by files.

#include <airloom/weights/array.hpp>
#include <string>
#include <vector>

namespace airloom::cli {

/// Whether a file is .npy by its name.
bool is_npy(const std::string& path);

/// What is in an .npz file; or the one array of an .npy file, under the name "array".
std::vector<weights::named_array> read_arrays(const std::string& path);

/// NumPy has no bf16: its files hold the bit patterns, as u16.
void take_u16_for_bf16(std::vector<weights::named_array>& arrays);

}  // namespace airloom::cli
