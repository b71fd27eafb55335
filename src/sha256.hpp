#pragma once
// SHA-256 (FIPS 180-4), for telling whether a file is still what it was.

#include <cstddef>
#include <memory>
#include <span>
#include <string>

namespace airloom {

/// The hash of bytes that come in pieces. libcrypto computes it, with the processor's own instructions where
/// there are any.
class sha256 {
 public:
  sha256();
  ~sha256();
  sha256(const sha256&) = delete;
  sha256& operator=(const sha256&) = delete;

  void add(std::span<const std::byte> bytes);
  /// The hash of everything that was added, as 64 lower-case hexadecimal digits. Nothing can be added after
  /// it.
  std::string finish();

 private:
  struct state;
  std::unique_ptr<state> state_;
};

/// The hash of these bytes.
std::string sha256_of(std::span<const std::byte> bytes);

}  // namespace airloom
