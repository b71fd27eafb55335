#pragma once
// Bytes that somebody keeps alive: a part of a mapped file, of a buffer, or of static storage.

#include <cstddef>
#include <cstring>
#include <memory>
#include <span>

namespace airloom {

/// Read-only bytes together with what keeps them alive. Copying a blob copies no byte of its content.
///
/// A blob promises no alignment: one that lies in a file starts wherever the file put it. Read elements with
/// std::memcpy, or test the address first.
struct blob {
  std::shared_ptr<const void> owner;  ///< keeps `data` alive; empty where the storage is static
  const std::byte* data = nullptr;
  std::size_t size = 0;  ///< in bytes

  std::span<const std::byte> span() const noexcept { return {data, size}; }

  /// The `length` bytes from `offset` on, kept alive by the same owner. They must lie within this blob.
  blob part(std::size_t offset, std::size_t length) const { return {owner, data + offset, length}; }

  /// A copy of `bytes` in a buffer of its own, aligned for every fundamental type.
  static blob copy_of(std::span<const std::byte> bytes) {
    const std::shared_ptr<std::byte[]> buffer{new std::byte[bytes.size()]};
    if (!bytes.empty()) std::memcpy(buffer.get(), bytes.data(), bytes.size());
    return {buffer, buffer.get(), bytes.size()};
  }
};

}  // namespace airloom
