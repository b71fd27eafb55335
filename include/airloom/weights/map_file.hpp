#pragma once
// Files whose bytes are paged in when they are looked at.

#include <airloom/api.hpp>
#include <airloom/blob.hpp>
#include <string>

namespace airloom::weights {

/// The content of a regular file, mapped read-only for as long as the blob or a part of it lives. Links are
/// followed. The file must not be shortened meanwhile: the system ends a process that reads a page that is
/// gone (SIGBUS). Throws file_unreadable for anything that cannot be opened or is no regular file.
AIRLOOM_API blob map_file(const std::string& path);

}  // namespace airloom::weights
