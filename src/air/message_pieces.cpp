#include "air/message_pieces.hpp"

#include "air/wire.hpp"

namespace airloom::air {

void message_pieces::add(std::string bytes) {
  size_ += bytes.size();
  auto* last = pieces_.empty() ? nullptr : std::get_if<std::string>(&pieces_.back());
  if (last != nullptr)
    *last += bytes;
  else
    pieces_.emplace_back(std::move(bytes));
}

void message_pieces::add(blob bytes) {
  size_ += bytes.size;
  pieces_.emplace_back(std::move(bytes));
}

void message_pieces::add_field(int number, message_pieces value) {
  std::string head;
  append_tag(head, static_cast<std::uint32_t>(number), wire_type::length_delimited);
  append_varint(head, value.size());
  add(std::move(head));
  for (auto& piece : value.pieces_) std::visit([this](auto& part) { add(std::move(part)); }, piece);
}

}  // namespace airloom::air
