#pragma once
// Bytes of files, as the tests of this folder write and compare them.

#include <airloom/blob.hpp>
#include <airloom/error.hpp>
#include <airloom/weights/array.hpp>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

namespace test {

inline airloom::blob blob_of(std::string_view bytes) {
  return airloom::blob::copy_of(std::as_bytes(std::span{bytes}));
}

inline std::string content_of(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file) throw std::runtime_error{"cannot read " + path};
  return {std::istreambuf_iterator<char>{file}, {}};
}

inline void write(const std::string& path, std::string_view bytes) {
  std::ofstream{path, std::ios::binary} << bytes;
}

template <class Number>
std::string little_endian(Number number) {
  std::string bytes(sizeof(Number), '\0');
  std::memcpy(bytes.data(), &number, sizeof(Number));
  return bytes;
}

/// "00ff" is two bytes.
inline std::string from_hex(std::string_view digits) {
  std::string bytes;
  for (std::size_t i = 0; i != digits.size(); i += 2)
    bytes += static_cast<char>(std::stoi(std::string{digits.substr(i, 2)}, nullptr, 16));
  return bytes;
}

template <class Number>
std::vector<Number> values_of(const airloom::weights::array& from) {
  std::vector<Number> values(from.bytes.size / sizeof(Number));
  if (!values.empty()) std::memcpy(values.data(), from.bytes.data, from.bytes.size);
  return values;
}

template <class Number>
airloom::weights::array array_of(airloom::dtype type, std::vector<std::int64_t> shape,
                                 const std::vector<Number>& values) {
  return {type, std::move(shape), airloom::blob::copy_of(std::as_bytes(std::span{values}))};
}

/// What the call throws; code `internal` and "nothing thrown" where it does not.
template <class Function>
airloom::error thrown_by(const Function& call) {
  try {
    call();
  } catch (const airloom::error& e) {
    return e;
  }
  return {airloom::error_code::internal, "nothing thrown", ""};
}

inline bool says(const airloom::error& e, std::string_view words) {
  return e.happened().find(words) != std::string::npos;
}

}  // namespace test
