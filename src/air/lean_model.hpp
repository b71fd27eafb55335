#pragma once
// A file's message without the contents of its constants, so that protobuf never copies weights.

#include <string>
#include <vector>

#include "air/wire.hpp"

namespace airloom::air {

/// A ModelDef in which the contents of every tensor that is an attribute of an operator are replaced by their
/// place in `contents`, written as by std::to_string.
struct lean_model {
  std::string message;
  std::vector<blob> contents;  ///< parts of the file
};

/// Takes the contents out and checks what is left against the limits: its bytes, messages and depth. Throws
/// air_malformed and air_too_large.
lean_model take_contents_out(const blob& model);

}  // namespace airloom::air
