// Collectives among the ranks of one process: everybody shows the addresses of its inputs, computes its own
// output from everybody's, and stays until all have.

#include <fmt/format.h>
#include <airloom/host/memory_plan.hpp>
#include <algorithm>
#include <functional>
#include <numeric>

#include "host/element.hpp"
#include "host/seat.hpp"

namespace airloom::host {

namespace {

/// What a rank shows the others.
struct brought {
  const void* const* inputs;
  const std::size_t* bytes;  ///< of each input
};

/// A rank's own place in the group of a collective, and what each of its inputs has in bytes.
struct member {
  std::shared_ptr<meeting_place> at;
  std::size_t place = 0;
  std::vector<std::size_t> bytes;

  std::size_t count() const { return at->members(); }
  const brought& of(std::size_t other) const { return *static_cast<const brought*>(at->brought_by(other)); }
  const std::byte* bytes_of(std::size_t other, std::size_t input) const {
    return static_cast<const std::byte*>(of(other).inputs[input]);
  }
  const std::int64_t* numbers_of(std::size_t other, std::size_t input) const {
    return static_cast<const std::int64_t*>(of(other).inputs[input]);
  }
  /// Whether all members brought as much as this one.
  bool all_alike() const {
    for (std::size_t other = 0; other != count(); ++other)
      for (std::size_t input = 0; input != bytes.size(); ++input)
        if (of(other).bytes[input] != bytes[input]) return false;
    return true;
  }
};

/// A meeting around `work(self, addresses)`, which returns a status_code.
template <class Work>
status_code meet_in(const member& self, const void* const* shown, const arguments& a, const Work& work) {
  const brought mine{shown, self.bytes.data()};
  if (!self.at->arrive(self.place, &mine)) return status_code::rank_missing;
  const status_code verdict = work(self, a);
  return self.at->leave() ? verdict : status_code::rank_missing;
}
template <class Work>
prepared meet(member self, Work work) {
  return prepare_run([self = std::move(self), work = std::move(work)](const arguments& a) {
    return meet_in(self, a.inputs, a, work);
  });
}
/// Work that returns nothing and is only done where all bring tensors of one size.
template <class Work>
auto if_alike(Work work) {
  return [work = std::move(work)](const member& me, const arguments& a) {
    if (!me.all_alike()) return status_code::ranks_disagree;
    work(me, a);
    return status_code::ok;
  };
}
template <class Work>
prepared meet_alike(member self, Work work) {
  return meet(std::move(self), if_alike(std::move(work)));
}

/// The first inputs of all ranks, of so many bytes each, one after the other.
void gather(const member& me, std::size_t bytes, std::byte* to) {
  for (std::size_t rank = 0; bytes != 0 && rank != me.count(); ++rank)
    std::memcpy(to + rank * bytes, me.bytes_of(rank, 0), bytes);
}

/// Units of so many bytes, from one place to another.
struct piece {
  std::int64_t from;
  std::int64_t to;
  std::int64_t count;
};
/// Moves a piece of another rank's tensor into this rank's output of `room` bytes; ranks_disagree where
/// either does not hold it.
status_code move_piece(const member& me, std::size_t rank, const arguments& a, const piece& moved,
                       std::int64_t unit, std::int64_t room) {
  if (unit == 0) return status_code::ok;
  const auto lies_within = [&](std::int64_t first, std::int64_t bytes) {
    return first >= 0 && first <= bytes / unit && moved.count <= bytes / unit - first;
  };
  if (moved.count < 0 || !lies_within(moved.to, room) ||
      !lies_within(moved.from, static_cast<std::int64_t>(me.of(rank).bytes[0])))
    return status_code::ranks_disagree;
  if (moved.count != 0)
    std::memcpy(a.output<std::byte>(0) + moved.to * unit, me.bytes_of(rank, 0) + moved.from * unit,
                static_cast<std::size_t>(moved.count * unit));
  return status_code::ok;
}

std::size_t aligned(std::size_t bytes) {
  return (bytes + arena_alignment - 1) / arena_alignment * arena_alignment;
}

/// A part of an operator that is an operator itself.
node part_of(const char* type) {
  node part;
  part.name = part.type = type;
  part.definition = find_operator(type);
  return part;
}

/// What a rank computes of its inputs before it shows the others the result, which lies at the start of the
/// scratch memory: a product, and another tensor that is added to it.
struct local_product {
  prepared product;
  prepared sum{};  ///< runs where there is something to add
  std::size_t addend = 0;
  std::size_t bytes;

  std::size_t scratch_bytes() const {
    return aligned(bytes) + std::max(product.scratch_bytes, sum.scratch_bytes);
  }
  status_code run(const arguments& a) const {
    void* const result = a.scratch;
    void* const scratch = static_cast<std::byte*>(a.scratch) + aligned(bytes);
    const status_code verdict = product.run(product.state.get(), {a.inputs, &result, scratch});
    if (verdict != status_code::ok || sum.run == nullptr) return verdict;
    void* const added[]{result, a.inputs[addend]};
    return sum.run(sum.state.get(), {added, &result, scratch});
  }
};
/// A meeting in which everybody shows a product.
template <class Work>
prepared meet_after(local_product first, member self, Work work) {
  self.bytes = {first.bytes};
  const std::size_t scratch_bytes = first.scratch_bytes();
  return prepare_run(
      [first = std::move(first), self = std::move(self),
       work = if_alike(std::move(work))](const arguments& a) {
        const status_code verdict = first.run(a);
        if (verdict != status_code::ok) return verdict;
        void* const shown = a.scratch;
        return meet_in(self, &shown, a, work);
      },
      scratch_bytes);
}

/// How many rows go to, or come from, the experts of each rank, rank by rank.
struct counts_of_experts {
  std::vector<std::int64_t> counts;
  std::size_t experts;  ///< of one rank

  std::int64_t at(std::size_t rank, std::size_t expert) const { return counts[rank * experts + expert]; }
  std::size_t bytes() const { return counts.size() * sizeof(std::int64_t); }
  /// The rows of each expert, from all ranks.
  std::vector<std::size_t> rows() const {
    std::vector<std::size_t> sums(experts);
    for (std::size_t i = 0; i != counts.size(); ++i) sums[i % experts] += static_cast<std::size_t>(counts[i]);
    return sums;
  }
};
/// Collects the rows that all ranks have for a rank's own experts, in the order of the experts; each rank
/// shows its rows and, as the second tensor, its counts.
status_code collect_for_experts(const member& me, const counts_of_experts& received, std::size_t row,
                                std::byte* to) {
  for (std::size_t expert = 0; expert != received.experts; ++expert)
    for (std::size_t rank = 0; rank != me.count(); ++rank) {
      if (me.of(rank).bytes[1] != received.bytes()) return status_code::ranks_disagree;
      const std::int64_t* const sent = me.numbers_of(rank, 1);
      const std::size_t place = me.place * received.experts + expert;
      const auto before = static_cast<std::size_t>(std::accumulate(sent, sent + place, std::int64_t{0}));
      const auto count = static_cast<std::size_t>(sent[place]);
      if (sent[place] != received.at(rank, expert) || (before + count) * row > me.of(rank).bytes[0])
        return status_code::ranks_disagree;
      if (count != 0) std::memcpy(to, me.bytes_of(rank, 0) + before * row, count * row);
      to += count * row;
    }
  return status_code::ok;
}

/// The products of all experts of a rank, and of the one that every rank has.
struct grouped_product {
  struct expert {
    prepared product;
    std::size_t rows, weight, result;  ///< where they begin, in bytes
  };
  std::vector<expert> experts{};
  prepared shared{};  ///< runs where there is one

  std::size_t scratch_bytes() const {
    std::size_t most = shared.scratch_bytes;
    for (const expert& each : experts) most = std::max(most, each.product.scratch_bytes);
    return most;
  }
  status_code run(std::byte* rows, const arguments& a, void* scratch) const {
    for (const expert& each : experts) {
      void* const inputs[]{rows + each.rows, static_cast<std::byte*>(a.inputs[1]) + each.weight, nullptr};
      void* const output = a.output<std::byte>(0) + each.result;
      const status_code verdict = each.product.run(each.product.state.get(), {inputs, &output, scratch});
      if (verdict != status_code::ok) return verdict;
    }
    if (shared.run == nullptr) return status_code::ok;
    void* const inputs[]{a.inputs[4], a.inputs[5], nullptr};
    return shared.run(shared.state.get(), {inputs, a.outputs + 1, scratch});
  }
};

/// Prepares one collective for one rank.
class collective {
 public:
  explicit collective(const preparation& op)
      : op_{op}, seat_{seat_of(op)}, name_{op.text("group")}, group_{*seat_.world->find(name_)} {}

  prepared all_reduce() const { return reduce(0, op_.input(0).elements(), count()); }
  prepared reduce_to_root() const { return reduce(0, op_.input(0).elements(), root()); }
  prepared matmul_all_reduce() const {
    const local_product mine = own_product(op_.output(0));
    return reduce(0, op_.output(0).elements(), count(), &mine);
  }
  prepared matmul_reduce_scatter() const {
    tensor_facts whole = op_.output(0);
    whole.shape.at(0) *= count();
    const local_product mine = own_product(whole);
    const std::size_t share = op_.output(0).elements();
    return reduce(place() * share, share, count(), &mine);
  }
  /// x1 is gathered into the second output, or into scratch memory where that one is not wanted.
  prepared all_gather_matmul() const {
    tensor_facts gathered{op_.input(0).type, op_.input(0).shape};
    gathered.shape.at(0) *= count();
    const prepared product = product_of(gathered, op_.output(0));
    const std::size_t bytes = op_.input(0).bytes();
    const std::size_t room = op_.boolean("is_gather_out") ? 0 : aligned(gathered.bytes());
    return prepare_run(
        [self = self(), product, bytes, room, has_bias = op_.fed(2)](const arguments& a) {
          std::byte* const scratch = static_cast<std::byte*>(a.scratch);
          std::byte* const rows = room == 0 ? a.output<std::byte>(1) : scratch;
          const status_code verdict =
              meet_in(self, a.inputs, a,
                      if_alike([&](const member& me, const arguments&) { gather(me, bytes, rows); }));
          if (verdict != status_code::ok) return verdict;
          void* const inputs[]{rows, a.inputs[1], has_bias ? a.inputs[2] : nullptr};
          return product.run(product.state.get(), {inputs, a.outputs, scratch + room});
        },
        room + product.scratch_bytes);
  }
  /// What is received goes into the third output, or into scratch memory where that one is not wanted.
  prepared all_to_all_v_grouped_matmul() const {
    const std::size_t experts = op_.input(1).shape.at(0);
    const counts_of_experts sent{op_.integers("send_counts"), experts};
    const counts_of_experts received{op_.integers("recv_counts"), experts};
    const grouped_product product = product_of_experts(received.rows());
    const tensor_facts rows{op_.input(0).type, {op_.output(0).shape.at(0), op_.input(0).shape.at(1)}};
    const std::size_t room = op_.boolean("permute_out_flag") ? 0 : aligned(rows.bytes());
    member me = self();
    me.bytes = {op_.input(0).bytes(), sent.bytes()};
    return prepare_run(
        [me, sent, received, product, room, row = width() * row()](const arguments& a) {
          std::byte* const scratch = static_cast<std::byte*>(a.scratch);
          std::byte* const own = room == 0 ? a.output<std::byte>(2) : scratch;
          const void* const shown[]{a.inputs[0], sent.counts.data()};
          const status_code verdict = meet_in(me, shown, a, [&](const member& self, const arguments&) {
            return collect_for_experts(self, received, static_cast<std::size_t>(row), own);
          });
          return verdict == status_code::ok ? product.run(own, a, scratch + room) : verdict;
        },
        room + product.scratch_bytes());
  }
  prepared reduce_scatter() const {
    const std::size_t share = op_.output(0).elements();
    return reduce(place() * share, share, count());
  }
  prepared all_gather() const {
    const std::size_t bytes = op_.input(0).bytes();
    return meet_alike(
        self(), [bytes](const member& me, const arguments& a) { gather(me, bytes, a.output<std::byte>(0)); });
  }
  prepared broadcast() const {
    return meet_alike(self(), [from = root()](const member& me, const arguments& a) {
      for (std::size_t i = 0; i != me.bytes.size(); ++i)
        if (me.bytes[i] != 0) std::memcpy(a.outputs[i], me.bytes_of(from, i), me.bytes[i]);
    });
  }
  prepared all_to_all() const {
    const std::size_t piece = op_.input(0).bytes() / count();
    return meet_alike(self(), [piece](const member& me, const arguments& a) {
      for (std::size_t rank = 0; piece != 0 && rank != me.count(); ++rank)
        std::memcpy(a.output<std::byte>(0) + rank * piece, me.bytes_of(rank, 0) + me.place * piece, piece);
    });
  }
  /// Counts may be known only while running; every rank says how many there are when it is prepared.
  prepared all_to_all_v() const {
    for (std::size_t list = 1; list != 5; ++list)
      if (op_.input(list).elements() != count())
        op_.refuse("another number of counts than its group has ranks");
    return meet(self(), [width = width(), room = room()](const member& me, const arguments& a) {
      const std::int64_t *counts = me.numbers_of(me.place, 3), *to = me.numbers_of(me.place, 4);
      for (std::size_t rank = 0; rank != me.count(); ++rank) {
        if (me.numbers_of(rank, 1)[me.place] != counts[rank]) return status_code::ranks_disagree;
        const piece moved{me.numbers_of(rank, 2)[me.place], to[rank], counts[rank]};
        const status_code verdict = move_piece(me, rank, a, moved, width, room);
        if (verdict != status_code::ok) return verdict;
      }
      return status_code::ok;
    });
  }
  /// Row i of the matrix says what place i sends to each place, one after the other.
  prepared all_to_all_vc() const {
    const std::vector<std::int64_t> matrix = op_.contents_of(1);
    if (matrix.size() != count() * count()) op_.refuse("another number of counts than its group has ranks");
    return meet(self(), [matrix, width = width(), room = room()](const member& me, const arguments& a) {
      std::int64_t to = 0;
      for (std::size_t rank = 0; rank != me.count(); ++rank) {
        const std::int64_t* const sent = matrix.data() + rank * me.count();
        const std::int64_t from = std::accumulate(sent, sent + me.place, std::int64_t{0});
        const status_code verdict = move_piece(me, rank, a, {from, to, sent[me.place]}, width, room);
        if (verdict != status_code::ok) return verdict;
        to += sent[me.place];
      }
      return status_code::ok;
    });
  }
  prepared all_gather_v() const {
    const std::vector<std::int64_t> counts = numbers(2), to = begins(3, counts);
    return meet(
        self(), [counts, to, row = row() * width(), room = room()](const member& me, const arguments& a) {
          for (std::size_t rank = 0; rank != me.count(); ++rank) {
            const status_code verdict = move_piece(me, rank, a, {0, to[rank], counts[rank]}, row, room);
            if (verdict != status_code::ok) return verdict;
          }
          return status_code::ok;
        });
  }
  prepared reduce_scatter_v() const {
    const std::vector<std::int64_t> from = begins(3, numbers(2));
    const std::int64_t first = from[place()] * row(), elements = room() / width();
    if (first < 0 || first + elements > static_cast<std::int64_t>(op_.input(0).elements()))
      op_.refuse("a share that its input does not hold");
    return reduce(static_cast<std::size_t>(first), static_cast<std::size_t>(elements), count());
  }
  prepared send() const {
    const std::size_t bytes = op_.input(0).bytes();
    const std::shared_ptr<message_box> to = box(seat_.rank, rank_at("dest_rank"));
    to->make_room(bytes);
    return prepare_run([to, bytes](const arguments& a) {
      return to->put(a.inputs[0], bytes) ? status_code::ok : status_code::rank_missing;
    });
  }
  prepared receive() const {
    const std::size_t bytes = op_.output(0).bytes();
    return prepare_run([from = box(rank_at("src_rank"), seat_.rank), bytes](const arguments& a) {
      const message_box::taken taken = from->take(a.outputs[0], bytes);
      if (taken == message_box::taken::ok) return status_code::ok;
      return taken == message_box::taken::not_there ? status_code::rank_missing : status_code::ranks_disagree;
    });
  }

 private:
  static const rank_seat& seat_of(const preparation& op) {
    if (op.seat() != nullptr) return *op.seat();
    throw error{error_code::kernel_missing,
                fmt::format("{} meets other ranks, and this engine runs by itself.", op.type()),
                "Make the engines of all ranks together: airloom/host/ranks.hpp."};
  }
  std::size_t count() const { return group_.ranks.size(); }
  std::size_t place() const {
    const auto found = std::find(group_.ranks.begin(), group_.ranks.end(), seat_.rank);
    return static_cast<std::size_t>(found - group_.ranks.begin());
  }
  std::size_t root() const { return static_cast<std::size_t>(op_.integer("root_rank")); }
  member self() const {
    member made{group_.place, place(), {}};
    for (std::size_t i = 0; i != op_.input_count(); ++i)
      made.bytes.push_back(op_.fed(i) ? op_.input(i).bytes() : 0);
    return made;
  }
  /// x1 · x2 + bias with these rows as x1, and this result.
  prepared product_of(const tensor_facts& rows, const tensor_facts& result) const {
    std::vector<tensor_facts> inputs{rows, op_.input(1), op_.fed(2) ? op_.input(2) : tensor_facts{}};
    for (const tensor_facts& each : inputs)
      if (each.fed() && each.type != result.type) op_.refuse("quantised tensors");
    return multiplied(std::move(inputs), result, op_.boolean("is_trans_b"));
  }
  prepared multiplied(std::vector<tensor_facts> inputs, const tensor_facts& result, bool transposed) const {
    node product = part_of("BatchMatMulV2");
    product.attributes["adj_x2"].value = transposed;
    return prepare({product, std::move(inputs), {result}, op_.forms()}, kernels::reference);
  }
  /// The products of experts that get so many rows each.
  grouped_product product_of_experts(const std::vector<std::size_t>& rows) const {
    const tensor_facts &x = op_.input(0), &weights = op_.input(1);
    const tensor_facts weight{weights.type, {weights.shape.at(1), weights.shape.at(2)}};
    const std::size_t columns = op_.output(0).shape.at(1);
    grouped_product made;
    std::size_t first = 0;
    for (std::size_t expert = 0; expert != rows.size(); first += rows[expert++]) {
      if (rows[expert] == 0) continue;
      const tensor_facts own{x.type, {rows[expert], x.shape.at(1)}}, result{x.type, {rows[expert], columns}};
      made.experts.push_back({multiplied({own, weight, {}}, result, op_.boolean("trans_gmm_weight")),
                              bytes_for(x.type, first * x.shape.at(1)), expert * weight.bytes(),
                              bytes_for(x.type, first * columns)});
    }
    if (op_.fed(4))
      made.shared =
          multiplied({op_.input(4), op_.input(5), {}}, op_.output(1), op_.boolean("trans_mm_weight"));
    return made;
  }
  local_product own_product(const tensor_facts& result) const {
    constexpr std::size_t x3 = 3;
    local_product mine{product_of(op_.input(0), result), {}, x3, result.bytes()};
    if (op_.fed(x3))
      mine.sum =
          prepare({part_of("Add"), {result, op_.input(x3)}, {result}, op_.forms()}, kernels::reference);
    return mine;
  }
  /// Elements [first, first + elements) of all ranks, in order of their places. Where one place alone gets
  /// the result, the others keep their own elements; `only` is that place, or count() where all get it.
  /// Reduced are the ranks' inputs, or the products that they compute first.
  prepared reduce(std::size_t first, std::size_t elements, std::size_t only,
                  const local_product* product = nullptr) const {
    const std::string how = op_.text(product == nullptr ? "reduction" : "reduce_op");
    const auto by = [&](auto combine) { return reduce_by(first, elements, only, combine, product); };
    if (how == "sum") return by([](auto a, auto b) { return wrapped_around(a, b, std::plus<>{}); });
    if (how == "prod") return by([](auto a, auto b) { return wrapped_around(a, b, std::multiplies<>{}); });
    if (how == "max") return by([](auto a, auto b) { return larger(a, b); });
    return by([](auto a, auto b) { return smaller(a, b); });
  }
  template <class Combine>
  prepared reduce_by(std::size_t first, std::size_t elements, std::size_t only, Combine combine,
                     const local_product* product) const {
    return for_element(number_elements{}, op_.output(0).type, [&](auto tag) {
      using element = typename decltype(tag)::type;
      const auto work = [=](const member& me, const arguments& a) {
        const bool keeps_its_own = only != me.count() && only != me.place;
        for (std::size_t e = 0; e != elements; ++e) {
          const auto at = [&](std::size_t rank) {
            return widened(reinterpret_cast<const element*>(me.bytes_of(rank, 0))[first + e]);
          };
          auto sum = at(keeps_its_own ? me.place : 0);
          for (std::size_t rank = 1; !keeps_its_own && rank != me.count(); ++rank)
            sum = combine(sum, at(rank));
          a.output<element>(0)[e] = rounded<element>(sum);
        }
      };
      return product == nullptr ? meet_alike(self(), work) : meet_after(*product, self(), work);
    });
  }
  std::int64_t width() const { return static_cast<std::int64_t>(facts_of(op_.input(0).type).bits / 8); }
  std::int64_t room() const { return static_cast<std::int64_t>(op_.output(0).bytes()); }
  /// The elements of one row of x.
  std::int64_t row() const {
    std::int64_t elements = 1;
    for (std::size_t d = 1; d < op_.input(0).rank(); ++d)
      elements *= static_cast<std::int64_t>(op_.input(0).shape[d]);
    return elements;
  }
  /// A constant list with one number a rank.
  std::vector<std::int64_t> numbers(std::size_t input) const {
    std::vector<std::int64_t> list = op_.contents_of(input);
    if (list.size() != count()) op_.refuse("another number of counts than its group has ranks");
    return list;
  }
  /// Where each rank's rows begin: as input `input` says, else one after the other.
  std::vector<std::int64_t> begins(std::size_t input, const std::vector<std::int64_t>& counts) const {
    if (op_.fed(input) && op_.input(input).elements() != 0) return numbers(input);
    std::vector<std::int64_t> list(counts.size());
    for (std::size_t i = 1; i < list.size(); ++i) list[i] = list[i - 1] + counts[i - 1];
    return list;
  }
  std::shared_ptr<message_box> box(int from, int to) const {
    return seat_.world->box(name_, from, to, op_.integer("sr_tag"));
  }
  int rank_at(std::string_view attribute) const {
    return group_.ranks[static_cast<std::size_t>(op_.integer(attribute))];
  }

  const preparation& op_;
  const rank_seat& seat_;
  std::string name_;
  const meeting_places::group& group_;
};

template <prepared (collective::*Prepare)() const>
prepared reference(const preparation& op) {
  return (collective{op}.*Prepare)();
}

}  // namespace

void add_collective_kernels(kernel_table& table) {
  table.add("HcomAllReduce", reference<&collective::all_reduce>);
  table.add("HcomReduce", reference<&collective::reduce_to_root>);
  table.add("HcomReduceScatter", reference<&collective::reduce_scatter>);
  table.add("HcomReduceScatterV", reference<&collective::reduce_scatter_v>);
  table.add("HcomAllGather", reference<&collective::all_gather>);
  table.add("HcomAllGatherV", reference<&collective::all_gather_v>);
  table.add("HcomBroadcast", reference<&collective::broadcast>);
  table.add("HcomAllToAll", reference<&collective::all_to_all>);
  table.add("HcomAllToAllV", reference<&collective::all_to_all_v>);
  table.add("HcomAllToAllVC", reference<&collective::all_to_all_vc>);
  table.add("MatmulAllReduce", reference<&collective::matmul_all_reduce>);
  table.add("MatmulReduceScatter", reference<&collective::matmul_reduce_scatter>);
  table.add("AllGatherMatmul", reference<&collective::all_gather_matmul>);
  table.add("AlltoAllvGroupedMatMul", reference<&collective::all_to_all_v_grouped_matmul>);
  table.add("HcomSend", reference<&collective::send>);
  table.add("HcomReceive", reference<&collective::receive>);
}

}  // namespace airloom::host
