#pragma once
// NumPy's .npz format: a zip archive of .npy files
// (https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT).

#include <airloom/api.hpp>
#include <airloom/blob.hpp>
#include <airloom/weights/array.hpp>
#include <span>
#include <string>
#include <vector>

namespace airloom::weights {

/// Maps the archive and checks the CRC of every member. An array of a stored member (numpy.savez) is a part
/// of the mapping, at any alignment; a deflated one (numpy.savez_compressed) is inflated into a buffer of its
/// own. Names are those of the members without ".npy", in the order of the archive.
///
/// Throws as read_npy() does, and file_malformed for: a member that is no .npy file, is encrypted, or is
/// packed by another method than deflate; equal names, or names that are not UTF-8; members that overlap or
/// lie outside; a wrong CRC or size. Against small files that inflate without end: a deflated member may say
/// at most 1032 times its packed size (deflate can do no more), all of them together at most the larger of 1
/// GiB and 100 times the archive.
AIRLOOM_API std::vector<named_array> read_npz(const std::string& path);

/// The same for an archive in memory; `origin` names it in errors.
AIRLOOM_API std::vector<named_array> parse_npz(const blob& archive, const std::string& origin);

/// Writes stored members in the order given, byte for byte as numpy.savez does: equal arrays give equal
/// files. Element types as in write_npy(). Throws as it does, and file_unwritable for names that are empty,
/// equal, not UTF-8, or that hold a zero byte.
AIRLOOM_API void write_npz(const std::string& path, std::span<const named_array> arrays);

}  // namespace airloom::weights
