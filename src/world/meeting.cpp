#include "world/meeting.hpp"

#include <cstring>

namespace airloom {

bool meeting_place::arrive(std::size_t member, const void* brought) noexcept {
  brought_[member] = brought;
  return wait_for_all();
}

bool meeting_place::wait_for_all() noexcept {
  std::unique_lock lock{mutex_};
  if (over_) return false;
  const std::uint64_t mine = round_;
  if (++waiting_ == brought_.size()) {
    waiting_ = 0;
    ++round_;
    all_here_.notify_all();
    return true;
  }
  all_here_.wait_for(lock, limit_, [&] { return round_ != mine || over_; });
  if (round_ != mine) return true;
  over_ = true;
  all_here_.notify_all();
  return false;
}

bool message_box::put(const void* message, std::size_t bytes) noexcept {
  std::unique_lock lock{mutex_};
  if (bytes > room_.size() || !changed_.wait_for(lock, limit_, [&] { return !full_; })) return false;
  if (bytes != 0) std::memcpy(room_.data(), message, bytes);
  bytes_ = bytes;
  full_ = true;
  changed_.notify_all();
  return true;
}

message_box::taken message_box::take(void* message, std::size_t bytes) noexcept {
  std::unique_lock lock{mutex_};
  if (!changed_.wait_for(lock, limit_, [&] { return full_; })) return taken::not_there;
  const bool fits = bytes == bytes_;
  if (fits && bytes != 0) std::memcpy(message, room_.data(), bytes);
  full_ = false;
  changed_.notify_all();
  return fits ? taken::ok : taken::of_another_size;
}

}  // namespace airloom
