#include "sha256.hpp"

#include <doctest/doctest.h>
#include <string_view>

namespace {

std::string hash_of(std::string_view text) {
  return airloom::sha256_of(std::as_bytes(std::span{text}));
}

}  // namespace

// NIST's examples for FIPS 180-4.
TEST_CASE("sha256: the examples of the standard") {
  CHECK(hash_of("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(hash_of("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(hash_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST_CASE("sha256: bytes may come in pieces") {
  airloom::sha256 hash;
  const std::string piece(1000, 'a');
  for (int i = 0; i != 1000; ++i) hash.add(std::as_bytes(std::span{piece}));
  CHECK(hash.finish() == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}
