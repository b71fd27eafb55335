#pragma once
// The safetensors format: https://huggingface.co/docs/safetensors (section "Format").

#include <airloom/api.hpp>
#include <airloom/blob.hpp>
#include <airloom/weights/array.hpp>
#include <map>
#include <string>
#include <vector>

namespace airloom::weights {

struct safetensors_file {
  std::vector<named_array> tensors;  ///< in the order of the header; their bytes are parts of the file
  std::map<std::string, std::string> metadata;
};

/// Maps the file and reads its header; contents are neither read nor copied. A tensor starts wherever the
/// file put it: the format does not align the tensors of files with an odd header or with types of several
/// widths.
///
/// Takes F64 F32 F16 BF16 I64 I32 I16 I8 U64 U32 U16 U8 BOOL C64 F8_E5M2 F8_E4M3 F8_E8M0. Throws
/// file_unreadable; dtype_mismatch for another element type; rank_unsupported for more than 64 dimensions;
/// file_malformed for whatever breaks the format: a header over 100 MB, JSON of another form, equal names,
/// and tensors that overlap, leave a hole, or have another size than their shape says. Reading takes at most
/// 16 times the header's size in memory.
AIRLOOM_API safetensors_file read_safetensors(const std::string& path);

/// The same for a file in memory; `origin` names it in errors.
AIRLOOM_API safetensors_file parse_safetensors(const blob& file, const std::string& origin);

}  // namespace airloom::weights
