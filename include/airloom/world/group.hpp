#pragma once
// Ranks and the groups in which they communicate, known to the compiler.
//
//   al::world<4>                                            // ranks 0 to 3: "tag=ptd:0;rank_list=0,1,2,3"
//   inline constexpr al::group<0, 1> low{"low"};            // "tag=low;rank_list=0,1"
//   inline constexpr al::group<2, 3> high{al::hccl_name{"high_group"}};
//   inline constexpr al::partition<low, high> pair;         // on each rank, the one of the two that holds it
//
// A collective takes its group as a template argument: al::all_reduce<pair>(x).

#include <cstddef>
#include <initializer_list>
#include <string_view>
#include <utility>

namespace airloom {

/// A group as its members see it: its name, and its ranks in the order of their places.
struct group_view {
  std::string_view name;
  const int* ranks = nullptr;
  std::size_t size = 0;

  /// The place of a rank inside the group; -1 where it is no member.
  constexpr int place_of(int rank) const {
    for (std::size_t i = 0; i != size; ++i)
      if (ranks[i] == rank) return static_cast<int>(i);
    return -1;
  }
};

/// The name of a communicator that the caller makes: `hcclCommName`, or `hccl_world_group`.
struct hccl_name {
  std::string_view text;
};

/// The most characters that HCCL takes as a name.
inline constexpr std::size_t longest_group_name = 127;

/// Whether these are ranks at all: none below 0, none twice.
constexpr bool are_ranks(std::initializer_list<int> ranks) {
  for (const int* rank = ranks.begin(); rank != ranks.end(); ++rank) {
    if (*rank < 0) return false;
    for (const int* other = ranks.begin(); other != rank; ++other)
      if (*other == *rank) return false;
  }
  return ranks.size() != 0;
}

constexpr int one_more_than_the_largest(std::initializer_list<int> ranks) {
  int largest = -1;
  for (const int rank : ranks) largest = rank > largest ? rank : largest;
  return largest + 1;
}

/// A name, written piece by piece while compiling.
class name_writer {
 public:
  constexpr name_writer(char* to, std::size_t room) : to_{to}, room_{room} {}
  constexpr void text(std::string_view piece) {
    for (const char character : piece) add(character);
  }
  constexpr void number(int value) {
    if (value >= 10) number(value / 10);
    add(static_cast<char>('0' + value % 10));
  }
  constexpr std::size_t length() const { return length_; }

 private:
  constexpr void add(char character) {
    if (length_ == room_) throw "a group's name is longer than HCCL takes";
    to_[length_++] = character;
  }
  char* to_;
  std::size_t room_;
  std::size_t length_ = 0;
};

/// A group of these ranks; rank Ranks[i] has place i. Needs    no rank below 0, none twice, at least one.
///
/// A tag names it as TorchAir names the groups of a CPU run: `tag=<tag>;rank_list=<r0>,<r1>,…`; an hccl_name
/// is taken as it is. A tag has at most 127 characters and so has an hccl_name; a longer one does not
/// compile.
template <int... Ranks>
class group {
  static_assert(are_ranks({Ranks...}), "a group has at least one rank, none below 0 and none twice");

 public:
  static constexpr std::size_t size = sizeof...(Ranks);
  static constexpr int ranks[size + 1]{Ranks...};
  /// One more than the largest rank: no rank from here on is a member.
  static constexpr int ranks_end = one_more_than_the_largest({Ranks...});
  /// Whether on() says something else from rank to rank.
  static constexpr bool varies = false;

  constexpr explicit group(std::string_view tag) {
    name_writer write{name_, sizeof(name_)};
    if (tag.size() > longest_group_name) throw "a group's tag is longer than HCCL takes";
    write.text("tag=");
    write.text(tag);
    write.text(";rank_list=");
    for (std::size_t i = 0; i != size; ++i) {
      if (i != 0) write.text(",");
      write.number(ranks[i]);
    }
    length_ = write.length();
  }
  constexpr explicit group(hccl_name name) {
    name_writer write{name_, longest_group_name};
    write.text(name.text);
    length_ = write.length();
  }

  constexpr group_view view() const { return {{name_, length_}, ranks, size}; }
  constexpr group_view on(int) const { return view(); }
  template <class Each>
  constexpr void for_each(Each each) const {
    each(view());
  }

 private:
  static constexpr std::size_t longest_number = 11;  // of an int, and a comma

  char name_[longest_group_name + sizeof("tag=;rank_list=") + longest_number * sizeof...(Ranks)]{};
  std::size_t length_ = 0;
};

template <int... Ranks>
constexpr group<Ranks...> group_of_all(std::integer_sequence<int, Ranks...>) {
  return group<Ranks...>{"ptd:0"};
}
constexpr bool share_no_rank(std::initializer_list<group_view> groups) {
  for (const group_view* a = groups.begin(); a != groups.end(); ++a)
    for (const group_view* b = groups.begin(); b != a; ++b)
      for (std::size_t i = 0; i != a->size; ++i)
        if (b->place_of(a->ranks[i]) >= 0) return false;
  return true;
}
/// All ranks of a world of this size, under the name of TorchAir's default group:
/// `tag=ptd:0;rank_list=0,1,…`.
template <int Size>
inline constexpr auto world = group_of_all(std::make_integer_sequence<int, Size>{});

/// Groups that share ranks out among them: on each rank the one that holds it is meant, as where each of
/// several pairs of cards reduces by itself. Needs    groups of one size, and no rank in two of them.
template <const auto& First, const auto&... Rest>
struct partition {
  static constexpr std::size_t size = First.size;
  static constexpr bool varies = true;
  static constexpr int ranks_end = [] {
    int end = First.ranks_end;
    static_cast<void>(((end = Rest.ranks_end > end ? Rest.ranks_end : end), ...));
    return end;
  }();
  static_assert(((Rest.size == First.size) && ...), "the groups of a partition have one size");
  static_assert(share_no_rank({First.view(), Rest.view()...}), "no rank is in two groups of a partition");

  /// The group that holds the rank; the first where none does.
  constexpr group_view on(int rank) const {
    group_view found = First.view();
    for_each([&](const group_view& each) {
      if (each.place_of(rank) >= 0) found = each;
    });
    return found;
  }
  template <class Each>
  constexpr void for_each(Each each) const {
    each(First.view());
    (each(Rest.view()), ...);
  }
};

}  // namespace airloom
