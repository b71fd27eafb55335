#pragma once
// Where threads that stand for ranks meet: a place for all members of a group, and a box for one message.

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace airloom {

/// How long a rank waits for another one.
using patience = std::chrono::milliseconds;

/// The members of a group, each in a thread of its own, who show each other something. Once somebody did not
/// come in time, nobody meets here any more.
class meeting_place {
 public:
  meeting_place(std::size_t members, patience limit) : limit_{limit}, brought_(members) {}

  /// Shows `brought` and waits until everybody has come; false where somebody did not.
  bool arrive(std::size_t member, const void* brought) noexcept;
  /// What a member brought, between arrive() and leave().
  const void* brought_by(std::size_t member) const noexcept { return brought_[member]; }
  /// Waits until everybody has looked; false where somebody does not leave.
  bool leave() noexcept { return wait_for_all(); }

  std::size_t members() const noexcept { return brought_.size(); }

 private:
  bool wait_for_all() noexcept;

  patience limit_;
  std::vector<const void*> brought_;
  std::mutex mutex_;
  std::condition_variable all_here_;
  std::size_t waiting_ = 0;
  std::uint64_t round_ = 0;
  bool over_ = false;
};

/// A box for one message from one rank to another. A sender goes on at once if the box is empty.
class message_box {
 public:
  explicit message_box(patience limit) : limit_{limit} {}

  /// Makes room for a message of so many bytes; while preparing.
  void make_room(std::size_t bytes) {
    if (bytes > room_.size()) room_.resize(bytes);
  }
  /// Puts a message in when the last one was taken; false where nobody takes it in time.
  bool put(const void* message, std::size_t bytes) noexcept;
  enum class taken : std::uint8_t { ok, of_another_size, not_there };
  /// Takes the message out when there is one.
  taken take(void* message, std::size_t bytes) noexcept;

 private:
  patience limit_;
  std::vector<std::byte> room_;
  std::size_t bytes_ = 0;
  bool full_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
};

}  // namespace airloom
