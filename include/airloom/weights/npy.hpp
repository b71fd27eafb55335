#pragma once
// NumPy's .npy format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html

#include <airloom/api.hpp>
#include <airloom/blob.hpp>
#include <airloom/weights/array.hpp>
#include <string>

namespace airloom::weights {

/// Maps a file of version 1.0, 2.0 or 3.0. Bytes of an array that is little-endian and in C order are a part
/// of the mapping (at any alignment where the file was not written by NumPy); a big-endian or Fortran-ordered
/// one is rearranged into a buffer of its own, of the same size.
///
/// Takes f2 f4 f8, i1 to i8, u1 to u8, b1, c8 and c16. bf16 and float8 have no type in this format: read them
/// from their bit patterns in u16 and u8. Throws file_unreadable; dtype_mismatch for another element type
/// (objects, strings, dates, records); rank_unsupported for more than 64 dimensions; file_malformed for a
/// header of another form and for data of another size than the header says.
AIRLOOM_API array read_npy(const std::string& path);

/// The same for a file in memory; `origin` names it in errors.
AIRLOOM_API array parse_npy(const blob& file, const std::string& origin);

/// Writes version 1.0, byte for byte as numpy.save does. bf16 is written as the u16, and float8 as the u8, of
/// its bit pattern. Throws dtype_mismatch for an element type without a counterpart, shape_mismatch where the
/// bytes are not those of the shape, file_unwritable. The file appears under its name when it is complete.
AIRLOOM_API void write_npy(const std::string& path, const array& values);

}  // namespace airloom::weights
