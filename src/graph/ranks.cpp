#include <airloom/graph/ranks.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <airloom/graph/graph.hpp>
#include <algorithm>
#include <charconv>
#include <deque>
#include <optional>

#include "text.hpp"

namespace airloom {

namespace {

const std::string* text_of(const node& n, std::string_view name) {
  const attribute* found = n.find(name);
  return found == nullptr ? nullptr : found->get<std::string>();
}
std::optional<std::int64_t> integer_of(const node& n, std::string_view name) {
  const attribute* found = n.find(name);
  const auto* value = found == nullptr ? nullptr : found->get<std::int64_t>();
  return value == nullptr ? std::nullopt : std::optional{*value};
}

/// The members that `tag=…;rank_list=0,1` lists; none for any other name.
std::vector<int> listed_ranks(std::string_view name) {
  constexpr std::string_view key = ";rank_list=";
  const std::size_t at = name.rfind(key);
  if (!name.starts_with("tag=") || at == std::string_view::npos) return {};
  std::vector<int> ranks;
  const char* next = name.data() + at + key.size();
  const char* const end = name.data() + name.size();
  while (next != end) {
    int rank = 0;
    const auto [stop, problem] = std::from_chars(next, end, rank);
    const bool listed = std::find(ranks.begin(), ranks.end(), rank) != ranks.end();
    if (problem != std::errc{} || rank < 0 || listed || (stop != end && (*stop != ',' || stop + 1 == end)))
      return {};
    ranks.push_back(rank);
    next = stop == end ? end : stop + 1;
  }
  return ranks;
}

std::vector<int> members_of(const graph& g, const std::string& name) {
  for (const rank_group& group : g.groups)
    if (group.name == name) return group.ranks;
  return listed_ranks(name);
}

/// One collective of one rank, in the order in which the rank comes to it.
struct appointment {
  const graph* on = nullptr;
  const node* op = nullptr;
  int rank = 0;
  std::string group;
  std::vector<int> ranks;  ///< of the group
  int place = -1;

  meeting kind() const { return op->definition == nullptr ? meeting::alike : op->definition->ir->meets; }
  bool sends() const { return kind() == meeting::sends; }
  bool receives() const { return kind() == meeting::receives; }
  /// Ranks of a collective with counts have as many rows as the counts say; all others have one shape.
  bool has_counts() const {
    return kind() == meeting::shares || kind() == meeting::exchanges || kind() == meeting::matrix;
  }
  /// Ranks that meet with tensors of several numbers of rows.
  bool rows_differ() const { return has_counts() || kind() == meeting::dispatches; }
  /// What this rank sends to each other one, and what it receives from each; nothing where it is not known.
  /// Of an operator with experts these are as many numbers a rank as it has experts.
  std::optional<std::vector<std::int64_t>> sent() const {
    return kind() == meeting::dispatches ? list("send_counts") : numbers(1);
  }
  std::optional<std::vector<std::int64_t>> received() const {
    return kind() == meeting::dispatches ? list("recv_counts") : numbers(3);
  }
  /// The rank at the other end of a send or receive.
  int peer() const {
    const std::int64_t at = integer_of(*op, sends() ? "dest_rank" : "src_rank").value_or(-1);
    return at < 0 || at >= static_cast<std::int64_t>(ranks.size()) ? -1 : ranks[static_cast<std::size_t>(at)];
  }
  std::int64_t tag() const { return integer_of(*op, "sr_tag").value_or(0); }

  std::string where() const {
    return op->where.file.empty() ? in_quotes(op->name)
                                  : fmt::format("{}:{}", op->where.file, op->where.line);
  }
  std::string words() const { return fmt::format("{} on rank {} ({})", op->type, rank, where()); }
  /// An input as the operator that makes it describes it, or what a receive gives; empty where there is none.
  const tensor_description& tensor(std::size_t input) const {
    static const tensor_description nothing;
    if (receives()) return op->output_descriptions.empty() ? nothing : op->output_descriptions[0];
    if (input >= op->inputs.size() || op->inputs[input].node < 0) return nothing;
    return on->nodes[static_cast<std::size_t>(op->inputs[input].node)]
        .output_descriptions[static_cast<std::size_t>(op->inputs[input].output)];
  }
  const tensor_description& moved() const { return tensor(0); }
  std::string text(const tensor_description& tensor) const {
    return fmt::format("{} {}", name_of(tensor.type), to_text(tensor.shape, on->gears));
  }
  std::optional<std::vector<std::int64_t>> list(std::string_view name) const {
    const attribute* found = op->find(name);
    const auto* values = found == nullptr ? nullptr : found->get<std::vector<std::int64_t>>();
    return values == nullptr ? std::nullopt : std::optional{*values};
  }
  /// The integers that an input holds; nothing where they are not known.
  std::optional<std::vector<std::int64_t>> numbers(std::size_t input) const {
    if (input >= op->inputs.size() || op->inputs[input].node < 0) return std::nullopt;
    const node& from = on->nodes[static_cast<std::size_t>(op->inputs[input].node)];
    if (!from.contents_known || op->inputs[input].output != 0) return std::nullopt;
    std::vector<std::int64_t> all;
    for (const extent& each : from.contents) {
      if (!each.is_constant()) return std::nullopt;
      all.push_back(each.constant());
    }
    return all;
  }
};

bool agree(const extent& a, const extent& b) {
  return !a.is_known() || !b.is_known() || a == b;
}
/// Whether two shapes are the same as far as they are known, from dimension `first` on.
bool agree(const shape_value& a, const shape_value& b, std::size_t first = 0) {
  if (!a.rank_known || !b.rank_known) return true;
  if (a.rank != b.rank) return false;
  for (std::size_t d = first; d < a.rank; ++d)
    if (!agree(a[d], b[d])) return false;
  return true;
}

class checking {
 public:
  explicit checking(const rank_graphs& ranks) {
    for (std::size_t rank = 0; rank != ranks.size(); ++rank) {
      graphs_.push_back(ranks[rank]);
      static_cast<void>(infer(graphs_.back()));  // for shapes and counts; what does not hold is not said here
    }
    for (std::size_t rank = 0; rank != ranks.size(); ++rank) list_appointments(static_cast<int>(rank));
  }

  std::vector<diagnostic> run() {
    check_gears();
    for (const auto& of_rank : appointments_)
      for (const appointment& each : of_rank) check_alone(each);
    if (!found_.empty()) return std::move(found_);  // nobody can meet in a group that is not one
    step_through(false);
    if (found_.empty()) step_through(true);
    return std::move(found_);
  }

 private:
  // --- each by itself ---

  void list_appointments(int rank) {
    const graph& g = graphs_[static_cast<std::size_t>(rank)];
    std::vector<appointment>& all = appointments_.emplace_back();
    for (const int index : topological_order(g)) {
      const node& n = g.nodes[static_cast<std::size_t>(index)];
      if (!is_collective(n)) continue;
      appointment each{&g, &n, rank, *text_of(n, "group"), {}, -1};
      each.ranks = members_of(g, each.group);
      const auto self = std::find(each.ranks.begin(), each.ranks.end(), rank);
      if (self != each.ranks.end()) each.place = static_cast<int>(self - each.ranks.begin());
      all.push_back(std::move(each));
    }
  }

  void say(bool is_error, const appointment& about, std::string message, std::string remedy) {
    found_.push_back(
        {is_error, error_code::ranks_disagree, about.op->name, std::move(message), std::move(remedy)});
  }

  void check_gears() {
    for (std::size_t rank = 1; rank < graphs_.size(); ++rank)
      if (graphs_[rank].gears.axes != graphs_[0].gears.axes ||
          graphs_[rank].gears.sizes != graphs_[0].gears.sizes)
        found_.push_back({true,
                          error_code::ranks_disagree,
                          {},
                          fmt::format("Rank {} serves other gears than rank 0.", rank),
                          "Declare the inputs of all ranks in one gear set."});
  }

  void check_alone(const appointment& each) {
    const std::string group = in_quotes(each.group);
    const auto world = static_cast<int>(graphs_.size());
    if (each.ranks.empty())
      return say(true, each,
                 fmt::format("{} names the group {}, whose ranks nobody says.", each.words(), group),
                 "Describe the group with its ranks, or name it tag=…;rank_list=….");
    for (const int rank : each.ranks)
      if (rank >= world)
        return say(true, each,
                   fmt::format("{} names the group {}, but the world has ranks 0 to {}.", each.words(), group,
                               world - 1),
                   "Trace all ranks of the group.");
    if (each.place < 0)
      return say(true, each,
                 fmt::format("{} names the group {}, of which it is no member.", each.words(), group),
                 "Leave the collective out on this rank, or add the rank to the group.");
    check_numbers(each);
  }

  void check_numbers(const appointment& each) {
    const auto size = static_cast<std::int64_t>(each.ranks.size());
    const auto refuse = [&](std::string_view name, std::int64_t value) {
      say(true, each,
          fmt::format("{} has {} {}, but the group {} has {} ranks.", each.words(), name, value,
                      in_quotes(each.group), size),
          "Count the ranks of the group; a root or peer is a place inside it.");
    };
    // 0 of an operator that computes as well (MatmulReduceScatter) leaves it to the group.
    for (const std::string_view name : {"rank_size", "ep_world_size"})
      if (const auto ranks = integer_of(*each.op, name).value_or(0); ranks != 0 && ranks != size)
        refuse(name, ranks);
    for (const std::string_view name : {"root_rank", "dest_rank", "src_rank"})
      if (const auto place = integer_of(*each.op, name); place && (*place < 0 || *place >= size))
        refuse(name, *place);
    if ((each.sends() || each.receives()) && each.peer() == each.rank)
      say(true, each, fmt::format("{} is its own peer.", each.words()), "Name another place of the group.");
    if (each.kind() == meeting::pieces) check_rows(each);
    check_lists(each);
    if (each.kind() == meeting::matrix && integer_of(*each.op, "rank") != each.place)
      say(true, each,
          fmt::format("{} is described for place {}, but has place {} in the group.", each.words(),
                      integer_of(*each.op, "rank").value_or(-1), each.place),
          "Give each rank its own place.");
  }

  /// One count for each rank of the group, and for each pair of them in a matrix.
  void check_lists(const appointment& each) {
    const bool is_matrix = each.kind() == meeting::matrix;
    if (!each.has_counts()) return;
    for (std::size_t input = each.kind() == meeting::shares ? 2 : 1; input < each.op->inputs.size(); ++input)
      if (const auto numbers = each.numbers(input);
          numbers && !numbers->empty() &&
          numbers->size() != each.ranks.size() * (is_matrix ? each.ranks.size() : 1))
        say(true, each,
            fmt::format("{} has {} counts, but the group {} has {} ranks.", each.words(), numbers->size(),
                        in_quotes(each.group), each.ranks.size()),
            "Give one count for each rank of the group.");
  }

  void check_rows(const appointment& each) {
    const shape_value& x = each.moved().shape;
    const auto size = static_cast<std::int64_t>(each.ranks.size());
    if (x.rank == 0 || !x[0].is_constant() || x[0].constant() % size == 0) return;
    say(true, each, fmt::format("{} cuts {} rows among {} ranks.", each.words(), x[0].constant(), size),
        "Choose rows that the ranks divide.");
  }

  // --- against each other ---

  const appointment* next(int rank) const {
    const auto& all = appointments_[static_cast<std::size_t>(rank)];
    const std::size_t at = at_[static_cast<std::size_t>(rank)];
    return at == all.size() ? nullptr : &all[at];
  }
  void go_on(int rank) { ++at_[static_cast<std::size_t>(rank)]; }

  /// Lets every rank come to its collectives in turn until nobody can go on. Where `sends_wait`, a send is
  /// over only when it is received; what else differs has been said already then.
  void step_through(bool sends_wait) {
    at_.assign(appointments_.size(), 0);
    in_flight_.clear();
    for (bool somebody = true; somebody;) {
      somebody = false;
      for (int rank = 0; rank != static_cast<int>(appointments_.size()); ++rank)
        while (next(rank) != nullptr && try_step(*next(rank), sends_wait)) somebody = true;
    }
    if (sends_wait)
      warn_of_waiting_sends();
    else
      report_who_waits();
  }

  bool try_step(const appointment& first, bool sends_wait) {
    if (first.sends()) return sends_wait ? try_hand_over(first) : post(first);
    if (first.receives()) return !sends_wait && try_receive(first);
    for (const int rank : first.ranks)
      if (const appointment* other = next(rank);
          other == nullptr || other->group != first.group || other->sends() || other->receives())
        return false;
    if (!sends_wait) compare(first);
    for (const int rank : first.ranks) go_on(rank);
    return true;
  }

  bool post(const appointment& sent) {
    in_flight_.push_back(&sent);
    go_on(sent.rank);
    return true;
  }

  static bool meet(const appointment& sent, const appointment& received) {
    return sent.group == received.group && sent.peer() == received.rank && received.peer() == sent.rank &&
           sent.tag() == received.tag();
  }

  bool try_receive(const appointment& received) {
    const auto found = std::find_if(in_flight_.begin(), in_flight_.end(),
                                    [&](const appointment* each) { return meet(*each, received); });
    if (found == in_flight_.end()) return false;
    const appointment& sent = **found;
    if (sent.moved().type != received.moved().type || !agree(sent.moved().shape, received.moved().shape))
      say(true, received,
          fmt::format("{} waits for {}, but {} sends {}.", received.words(), received.text(received.moved()),
                      sent.words(), sent.text(sent.moved())),
          "Receive the element type and shape that is sent.");
    in_flight_.erase(found);
    go_on(received.rank);
    return true;
  }

  bool try_hand_over(const appointment& sent) {
    const appointment* received = next(sent.peer());
    if (received == nullptr || !received->receives() || !meet(sent, *received)) return false;
    go_on(received->rank);
    go_on(sent.rank);
    return true;
  }

  // --- what differs ---

  void differ(const appointment& a, const appointment& b, std::string_view what, const std::string& of_a,
              const std::string& of_b) {
    say(true, b,
        fmt::format("{} and {} meet in the group {} with different {}: {} and {}.", a.words(), b.words(),
                    in_quotes(a.group), what, of_a, of_b),
        "Describe the collective alike on all ranks of the group.");
  }

  void compare(const appointment& first) {
    for (const int rank : first.ranks)
      if (const appointment& other = *next(rank); other.ranks != first.ranks)
        return differ(first, other, "members", fmt::format("{}", first.ranks),
                      fmt::format("{}", other.ranks));
    const appointment& lead = *next(first.ranks[0]);
    for (const int rank : first.ranks)
      if (rank != lead.rank && !same_kind(lead, *next(rank))) return;
    check_counts(lead);
  }

  bool same_kind(const appointment& a, const appointment& b) {
    const std::size_t before = found_.size();
    if (a.op->type != b.op->type) {
      differ(a, b, "operators", a.op->type, b.op->type);
      return false;
    }
    for (const std::string_view name : {"reduction", "reduce_op"})
      if (const std::string *of_a = text_of(*a.op, name), *of_b = text_of(*b.op, name);
          of_a != nullptr && of_b != nullptr && *of_a != *of_b)
        differ(a, b, "reductions", *of_a, *of_b);
    if (const auto of_a = integer_of(*a.op, "root_rank"), of_b = integer_of(*b.op, "root_rank"); of_a != of_b)
      differ(a, b, "roots", std::to_string(of_a.value_or(-1)), std::to_string(of_b.value_or(-1)));
    compare_tensors(a, b);
    return found_.size() == before;
  }

  void compare_tensors(const appointment& a, const appointment& b) {
    if (a.op->inputs.size() != b.op->inputs.size())
      return differ(a, b, "numbers of inputs", std::to_string(a.op->inputs.size()),
                    std::to_string(b.op->inputs.size()));
    const std::size_t weights = a.kind() == meeting::dispatches ? 1 : 0;
    for (std::size_t i = 0; i != (a.rows_differ() ? 1 + weights : a.op->inputs.size()); ++i) {
      const tensor_description &of_a = a.tensor(i), &of_b = b.tensor(i);
      if (of_a.type != of_b.type || !agree(of_a.shape, of_b.shape, a.rows_differ() && i == 0 ? 1 : 0))
        differ(a, b, "tensors", a.text(of_a), b.text(of_b));
    }
  }

  // --- counts ---

  void check_counts(const appointment& lead) {
    if (lead.kind() == meeting::exchanges || lead.kind() == meeting::dispatches) return check_exchanged(lead);
    if (!lead.has_counts()) return;
    const std::size_t all = lead.kind() == meeting::shares ? 2 : 1;
    const auto of_lead = lead.numbers(all);
    for (const int rank : lead.ranks) {
      const appointment& other = *next(rank);
      const auto of_other = other.numbers(all);
      if (of_lead && of_other && *of_lead != *of_other)
        return differ(lead, other, "counts", fmt::format("{}", *of_lead), fmt::format("{}", *of_other));
      if (other.kind() == meeting::shares) check_own_share(other);
    }
  }
  void check_own_share(const appointment& each) {
    const auto own = each.numbers(1), all = each.numbers(2);
    const auto place = static_cast<std::size_t>(each.place);
    if (!own || !all || own->size() != 1 || place >= all->size() || own->front() == (*all)[place]) return;
    say(true, each,
        fmt::format("{} says {} rows for itself, but its counts say {} for place {}.", each.words(),
                    own->front(), (*all)[place], place),
        "Let the rank's own number be the one at its place.");
  }

  /// What place i sends to place j, or to each expert there, is what j receives from i.
  void check_exchanged(const appointment& lead) {
    for (const int from : lead.ranks)
      for (const int to : lead.ranks) check_pair(*next(from), *next(to));
  }
  void check_pair(const appointment& sender, const appointment& receiver) {
    const auto sent = sender.sent(), received = receiver.received();
    const std::size_t ranks = sender.ranks.size();
    if (!sent || !received || sent->size() != received->size() || sent->size() % ranks != 0) return;
    const std::size_t each = sent->size() / ranks;
    for (std::size_t k = 0; k != each; ++k) {
      const std::int64_t out = (*sent)[static_cast<std::size_t>(receiver.place) * each + k];
      const std::int64_t in = (*received)[static_cast<std::size_t>(sender.place) * each + k];
      if (out == in) continue;
      const std::string unit =
          sender.kind() == meeting::dispatches ? fmt::format("rows for expert {}", k) : "elements";
      say(true, receiver,
          fmt::format("{} sends {} {} to rank {}, but {} receives {} from it.", sender.words(), out, unit,
                      receiver.rank, receiver.words(), in),
          "Let both say the same number.");
    }
  }

  // --- who cannot go on ---

  void report_who_waits() {
    for (int rank = 0; rank != static_cast<int>(appointments_.size()); ++rank)
      if (const appointment* waiting = next(rank)) say_waiting(*waiting);
    for (const appointment* lost : in_flight_)
      say(true, *lost,
          fmt::format("{} sends to rank {} under tag {}, which does not receive it.", lost->words(),
                      lost->peer(), lost->tag()),
          "Receive under the same tag, in the same group.");
  }

  void say_waiting(const appointment& waiting) {
    if (waiting.receives())
      return say(true, waiting,
                 fmt::format("{} waits for rank {} to send under tag {} and would wait for ever.",
                             waiting.words(), waiting.peer(), waiting.tag()),
                 "Send under the same tag, in the same group.");
    std::vector<std::string> others;
    for (const int rank : waiting.ranks) {
      const appointment* other = next(rank);
      if (other != nullptr && other->group == waiting.group) continue;
      others.push_back(other == nullptr ? fmt::format("rank {}, which has no more collectives", rank)
                                        : other->words());
    }
    say(true, waiting,
        fmt::format("{} waits in the group {} for {}, and would wait for ever.", waiting.words(),
                    in_quotes(waiting.group), fmt::join(others, " and ")),
        "Let all ranks of the group come to its collectives in one order.");
  }

  void warn_of_waiting_sends() {
    for (int rank = 0; rank != static_cast<int>(appointments_.size()); ++rank)
      if (const appointment* waiting = next(rank); waiting != nullptr && waiting->sends())
        return say(
            false, *waiting,
            fmt::format(
                "{} sends to rank {}, which does not receive before it goes on itself: the ranks go on "
                "only if a send does not wait.",
                waiting->words(), waiting->peer()),
            "Let one of the two receive before it sends.");
  }

  std::vector<graph> graphs_;
  std::vector<std::vector<appointment>> appointments_;
  std::vector<std::size_t> at_;
  std::deque<const appointment*> in_flight_;  // sent and not received yet
  std::vector<diagnostic> found_;
};

}  // namespace

bool is_collective(const node& n) {
  return text_of(n, "group") != nullptr;
}

std::vector<rank_group> groups_in_use(const rank_graphs& ranks) {
  std::vector<rank_group> groups;
  for (std::size_t rank = 0; rank != ranks.size(); ++rank)
    for (const node& n : ranks[rank].nodes) {
      if (!is_collective(n)) continue;
      const std::string& name = *text_of(n, "group");
      const auto known = [&](const rank_group& group) { return group.name == name; };
      if (std::none_of(groups.begin(), groups.end(), known))
        groups.push_back({name, members_of(ranks[rank], name)});
    }
  return groups;
}

std::vector<diagnostic> check_ranks(const rank_graphs& ranks) {
  return checking{ranks}.run();
}

}  // namespace airloom
