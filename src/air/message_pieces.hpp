#pragma once
// A serialised message in pieces, so that weights go to a file from where they lie.

#include <airloom/blob.hpp>
#include <string>
#include <variant>
#include <vector>

namespace airloom::air {

class message_pieces {
 public:
  message_pieces() = default;
  explicit message_pieces(std::string bytes) { add(std::move(bytes)); }
  explicit message_pieces(blob bytes) { add(std::move(bytes)); }

  std::uint64_t size() const { return size_; }
  /// Fields as they are in a file.
  void add(std::string bytes);
  void add(blob bytes);
  /// A field with a message or bytes as its value.
  void add_field(int number, message_pieces value);
  /// Gives the bytes to `take`, piece by piece.
  template <class Take>
  void write(Take take) const {
    for (const auto& piece : pieces_) {
      if (const auto* text = std::get_if<std::string>(&piece))
        take(std::as_bytes(std::span{*text}));
      else
        take(std::get<blob>(piece).span());
    }
  }

 private:
  std::vector<std::variant<std::string, blob>> pieces_;
  std::uint64_t size_ = 0;
};

}  // namespace airloom::air
