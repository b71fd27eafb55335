#include "sha256.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <airloom/error.hpp>
#include <array>

namespace airloom {

namespace {

/// libcrypto fails only where its own installation is broken or memory is short.
void require(bool done) {
  if (done) return;
  throw error{error_code::environment, "libcrypto computes no SHA-256.",
              "Install OpenSSL's libcrypto 3 again, with its default provider."};
}

}  // namespace

struct sha256::state {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  state() = default;
  ~state() { EVP_MD_CTX_free(context); }
  state(const state&) = delete;
  state& operator=(const state&) = delete;
};

sha256::sha256() : state_{std::make_unique<state>()} {
  require(state_->context != nullptr && EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr) == 1);
}

sha256::~sha256() = default;

void sha256::add(std::span<const std::byte> bytes) {
  require(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) == 1);
}

std::string sha256::finish() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  require(EVP_DigestFinal_ex(state_->context, digest.data(), &size) == 1);
  std::string text;
  for (unsigned i = 0; i != size; ++i) text += fmt::format("{:02x}", digest[i]);
  return text;
}

std::string sha256_of(std::span<const std::byte> bytes) {
  sha256 hash;
  hash.add(bytes);
  return hash.finish();
}

}  // namespace airloom
