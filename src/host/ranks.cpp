#include <airloom/host/ranks.hpp>

#include "host/seat.hpp"

namespace airloom::host {

meeting_places::meeting_places(const std::vector<rank_group>& groups, patience limit) : limit_{limit} {
  for (const rank_group& each : groups)
    groups_[each.name] = {each.ranks, std::make_shared<meeting_place>(each.ranks.size(), limit)};
}

const meeting_places::group* meeting_places::find(const std::string& name) const {
  const auto found = groups_.find(name);
  return found == groups_.end() ? nullptr : &found->second;
}

std::shared_ptr<message_box> meeting_places::box(const std::string& group, int from, int to,
                                                 std::int64_t tag) {
  std::shared_ptr<message_box>& kept = boxes_[{group, from, to, tag}];
  if (kept == nullptr) kept = std::make_shared<message_box>(limit_);
  return kept;
}

rank_engines::rank_engines(const rank_graphs& ranks, const rank_options& how) {
  throw_first_error(check_ranks(ranks));
  const auto world = std::make_shared<meeting_places>(groups_in_use(ranks), how.patience);
  for (std::size_t rank = 0; rank != ranks.size(); ++rank)
    engines_.emplace_back(
        ranks[rank],
        options{how.use, std::make_shared<const rank_seat>(rank_seat{world, static_cast<int>(rank)})});
}

}  // namespace airloom::host
