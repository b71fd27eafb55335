#pragma once
// What one rank's engine knows of the other ranks.

#include <airloom/graph/graph.hpp>
#include <airloom/host/engine.hpp>
#include <map>
#include <tuple>

#include "world/meeting.hpp"

namespace airloom::host {

/// The groups of a world and the messages between its ranks.
class meeting_places {
 public:
  meeting_places(const std::vector<rank_group>& groups, patience limit);

  struct group {
    std::vector<int> ranks;
    std::shared_ptr<meeting_place> place;
  };
  /// Null for a group that no rank names.
  const group* find(const std::string& name) const;
  /// The box of messages of one tag from one rank to another; made on first use, while preparing.
  std::shared_ptr<message_box> box(const std::string& group, int from, int to, std::int64_t tag);

 private:
  patience limit_;
  std::map<std::string, group> groups_;
  std::map<std::tuple<std::string, int, int, std::int64_t>, std::shared_ptr<message_box>> boxes_;
};

/// One rank of the world.
struct rank_seat {
  std::shared_ptr<meeting_places> world;
  int rank = 0;
};

}  // namespace airloom::host
