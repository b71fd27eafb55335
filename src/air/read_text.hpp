#pragma once
// Models in protobuf's text form: GE's dumps hold a whole model, TorchAir's a graph.

#include <airloom/blob.hpp>

namespace airloom::air {

/// Whether a file is in text form: after blanks and comments it begins with a field of a model or a graph.
bool is_text_form(std::span<const std::byte> file);

/// The same model as a file's bytes. Throws air_malformed, with line and column, and air_too_large.
blob from_text_form(const blob& text);

}  // namespace airloom::air
