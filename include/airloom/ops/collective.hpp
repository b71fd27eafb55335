#pragma once
// Collectives: what the ranks of a group compute together. HCCL runs them; their ranks are those of the
// group, so a root, a destination and a source are places inside the group.
//
// A group is a template argument (world/group.hpp). What is asked of every rank alike is a number; what
// differs from rank to rank is a function of the place: al::send<ring, [](int place) { return (place + 1) %
// 4; }>(x). Shapes have to be the same on all ranks of one trace; al::trace_each_rank() describes ranks that
// differ.

#include <airloom/ops/reshape.hpp>
#include <airloom/ops/slice.hpp>
#include <concepts>

namespace airloom {

/// What a reducing collective does with the elements of all ranks.
enum class reduction : std::uint8_t { sum, min, max, prod };

constexpr std::string_view name_of(reduction wanted) {
  constexpr std::string_view names[]{"sum", "min", "max", "prod"};
  return names[static_cast<std::size_t>(wanted)];
}

namespace op {

/// What collectives share.
struct collective : operator_definition {
  // bf16 is not in the headers of every collective; HCCL moves and reduces it (HcclDataType), and TorchAir
  // writes it.
  static constexpr dtype_set moved =
      set_of(f32, i32, i8, i16, f16, bf16, i64, dtype::u64, u8, dtype::u16, dtype::u32, f64);
  static constexpr dtype_set reduced = set_of(f32, i32, i8, i16, f16, bf16, i64);

  static constexpr void need_reduction(inference& i) {
    i.need_text("reduction", {"sum", "min", "max", "prod"});
  }
  /// x with another number of rows.
  static constexpr shape_value with_rows(const shape_value& x, const extent& rows) {
    shape_value result = x;
    if (result.rank != 0) result[0] = rows;
    return result;
  }
  /// The sum of a list of counts; unknown where the counts are.
  static constexpr extent sum_of(const inference& i, std::size_t input) {
    if (!i.has_values(input)) return extent::unknown();
    extent sum{0};
    for (std::size_t k = 0; k != i.value_count(input); ++k) sum = sum + i.value(input, k);
    return sum;
  }
  static constexpr extent elements_of_row(const shape_value& x) {
    extent elements{1};
    for (std::size_t d = 1; d < x.rank; ++d) elements = elements * x[d];
    return elements;
  }
  static constexpr bool need_counts(inference& i, part_number part, std::size_t input) {
    for (std::size_t k = 0; i.has_values(input) && k != i.value_count(input); ++k)
      if (!i.need_at_least(part, i.value(input, k), 0)) return false;
    return true;
  }
};

/// all_reduce<Group, Reduction>(x): element by element over all ranks; every rank gets the result.
/// Inputs   x
/// Output   the shape and element type of x
/// Needs    (R1) reduction is sum, min, max or prod
/// Lowers   HcomAllReduce(x) {reduction, group, fusion: 0, fusion_id} -> y
/// Example  al::all_reduce<al::world<2>>(x)
struct hcom_all_reduce : collective {
  enum class part { x };

  static constexpr void rule(inference& i) {
    need_reduction(i);  // (R1)
    i.output(0, i.shape(0));
  }
  static constexpr prototype ir = prototype{"HcomAllReduce"}
                                      .input("x", reduced)
                                      .output_like("y", 0)
                                      .required("reduction", attribute_kind::text)
                                      .required("group", attribute_kind::text)
                                      .attribute("fusion", 1)
                                      .attribute("fusion_id", -1)
                                      .met_by(meeting::alike)
                                      .with_rule(rule);
};

/// all_gather<Group>(x): the tensors of all ranks, one after the other along dimension 0.
/// Inputs   x
/// Output   x with as many times its rows as the group has ranks
/// Needs    (R1) x has rank 1 at least
///          (R2) rank_size at least 1
/// Lowers   HcomAllGather(x) {rank_size, group, fusion, fusion_id} -> y
/// Example  al::all_gather<al::world<2>>(x)
struct hcom_all_gather : collective {
  enum class part { x, rank_size };

  static constexpr void rule(inference& i) {
    const shape_value& x = i.shape(0);
    const std::int64_t ranks = i.integer("rank_size");
    if (!i.need_rank_at_least(part::x, x, 1) || !i.need_at_least(part::rank_size, ranks, 1))
      return;  // (R1, R2)
    i.output(0, with_rows(x, x[0] * extent{ranks}));
  }
  static constexpr prototype ir = prototype{"HcomAllGather"}
                                      .input("x", moved)
                                      .output_like("y", 0)
                                      .required("rank_size", attribute_kind::integer)
                                      .required("group", attribute_kind::text)
                                      .attribute("fusion", 0)
                                      .attribute("fusion_id", -1)
                                      .met_by(meeting::alike)
                                      .with_rule(rule);
};

/// reduce_scatter<Group, Reduction>(x): reduced over all ranks, then cut along dimension 0; each rank
/// gets the piece of its place.
/// Inputs   x
/// Output   x with its rows divided by the ranks of the group
/// Needs    (R1) reduction is sum, min, max or prod
///          (R2) x has rank 1 at least
///          (R3) rank_size at least 1, and divides the rows in every gear
/// Lowers   HcomReduceScatter(x) {reduction, group, rank_size, fusion, fusion_id} -> y
/// Example  al::reduce_scatter<al::world<2>>(x)
struct hcom_reduce_scatter : collective {
  enum class part { x, rank_size, x_rows };

  static constexpr void rule(inference& i) {
    need_reduction(i);  // (R1)
    const shape_value& x = i.shape(0);
    const std::int64_t ranks = i.integer("rank_size");
    if (!i.need_rank_at_least(part::x, x, 1) ||         // (R2)
        !i.need_at_least(part::rank_size, ranks, 1) ||  // (R3)
        !i.need_divides(part::x_rows, x[0], part::rank_size, ranks))
      return;
    i.output(0, with_rows(x, floor_quotient(x[0], ranks, i.gears())));
  }
  static constexpr prototype ir = prototype{"HcomReduceScatter"}
                                      .input("x", reduced)
                                      .output_like("y", 0)
                                      .required("reduction", attribute_kind::text)
                                      .required("group", attribute_kind::text)
                                      .required("rank_size", attribute_kind::integer)
                                      .attribute("fusion", 0)
                                      .attribute("fusion_id", -1)
                                      .met_by(meeting::alike)
                                      .with_rule(rule);
};

/// broadcast<Group, Root>(a, b, …): every rank gets the tensors of the rank at place Root.
/// Inputs   x: one tensor or more, on every rank of the same shape
/// Output   as many tensors, each of the shape and element type of its own
/// Needs    (R1) root_rank at least 0; the cross-check of the ranks holds it below the group's size
///          (R2) as many outputs as inputs (a file may contradict itself)
/// Lowers   HcomBroadcast(x0, x1, …) {root_rank, group, fusion, fusion_id} -> y0, y1, …
/// Example  auto [weights, bias] = al::broadcast<al::world<2>, 0>(a, b);
struct hcom_broadcast : collective {
  enum class part { x, root_rank, outputs };

  static constexpr void rule(inference& i) {
    i.need_at_least(part::root_rank, i.integer("root_rank"), 0);  // (R1)
    i.need_is(part::outputs, static_cast<std::int64_t>(i.output_count()),
              static_cast<std::int64_t>(i.input_count()));  // (R2)
    for (std::size_t k = 0; k != i.input_count() && k != i.output_count(); ++k) i.output(k, i.shape(k));
  }
  static constexpr prototype ir = prototype{"HcomBroadcast"}
                                      .dynamic("x", moved)
                                      .outputs_like_members("y", 0)
                                      .required("root_rank", attribute_kind::integer)
                                      .required("group", attribute_kind::text)
                                      .attribute("fusion", 0)
                                      .attribute("fusion_id", -1)
                                      .met_by(meeting::alike)
                                      .with_rule(rule);
};

/// reduce<Group, Root, Reduction>(x): as all_reduce, but the rank at place Root alone gets the result.
/// What the output of any other rank holds is not said.
/// Inputs   x
/// Output   the shape and element type of x
/// Needs    (R1) reduction is sum, min, max or prod
///          (R2) root_rank at least 0; the cross-check of the ranks holds it below the group's size
/// Lowers   HcomReduce(x) {root_rank, reduction, group, fusion, fusion_id} -> y
/// Example  al::reduce<al::world<2>, 0>(x)
struct hcom_reduce : collective {
  enum class part { x, root_rank };

  static constexpr void rule(inference& i) {
    need_reduction(i);                                            // (R1)
    i.need_at_least(part::root_rank, i.integer("root_rank"), 0);  // (R2)
    i.output(0, i.shape(0));
  }
  static constexpr prototype ir = prototype{"HcomReduce"}
                                      .input("x", reduced)
                                      .output_like("y", 0)
                                      .required("root_rank", attribute_kind::integer)
                                      .required("reduction", attribute_kind::text)
                                      .required("group", attribute_kind::text)
                                      .attribute("fusion", 0)
                                      .attribute("fusion_id", -1)
                                      .met_by(meeting::alike)
                                      .with_rule(rule);
};

/// all_to_all<Group>(x): x is cut along dimension 0 into one piece a rank; piece i goes to the rank at
/// place i, and what comes from place i is piece i of the result. For CANN 8.2.RC1 and later.
/// Inputs   x
/// Output   the shape and element type of x
/// Needs    (R1) x has rank 1 at least
///          (R2) the ranks of the group divide the rows in every gear (a file does not say how many
///          there are; then the cross-check of the ranks asks this)
/// Lowers   HcomAllToAll(x) {group} -> y
/// Example  al::all_to_all<al::world<2>>(x)
struct hcom_all_to_all : collective {
  enum class part { x, x_rows, ranks };

  static constexpr void rule(inference& i) {
    const shape_value& x = i.shape(0);
    if (!i.need_rank_at_least(part::x, x, 1)) return;  // (R1)
    if (const std::int64_t ranks = i.integer(ranks_of_the_call); ranks != 0)
      i.need_divides(part::x_rows, x[0], part::ranks, ranks);  // (R2)
    i.output(0, x);
  }
  /// Known while describing and not written: the Ascend operator has no such attribute.
  static constexpr std::string_view ranks_of_the_call = "ranks";
  static constexpr prototype ir = prototype{"HcomAllToAll"}
                                      .input("x", moved)
                                      .output_like("y", 0)
                                      .required("group", attribute_kind::text)
                                      .met_by(meeting::pieces)
                                      .with_rule(rule);
};

/// all_to_all_v<Group, rows<…>, rows<…>>(x): the first rows of x go to the rank at place 0, the next to
/// place 1, as many as the first list says; as many come from each as the second list says.
/// Inputs   send_data; send_counts, send_displacements, recv_counts, recv_displacements: lists of i64,
///          in elements, one entry a rank
/// Output   send_data with the rows that come in
/// Needs    (R1) send_data has rank 1 at least
///          (R2) no negative count
///          (R3) the four lists have one length
///          (R4) as many elements as send_data has are sent
///          (R5) whole rows come in
/// Lowers   HcomAllToAllV(send_data, send_counts, send_displacements, recv_counts,
///          recv_displacements) {group} -> recv_data; held by a control edge into NetOutput
/// Example  al::all_to_all_v<al::world<2>, al::rows<1, 2>, al::rows<1, 3>>(x)
struct hcom_all_to_all_v : collective {
  enum class part {
    send_data,
    send_counts,
    send_displacements,
    recv_counts,
    recv_displacements,
    counts,
    elements_sent,
    elements_of_send_data,
    elements_received,
    elements_of_a_row,
  };

  static constexpr void rule(inference& i) {
    const shape_value& x = i.shape(0);
    if (!i.need_rank_at_least(part::send_data, x, 1)) return;  // (R1)
    for (int list = 1; list != 5; ++list) {
      const auto input = static_cast<std::size_t>(list);
      if (!need_counts(i, static_cast<part>(list), input)) return;  // (R2)
      i.need_equal(static_cast<part>(list), i.shape(input).elements(), part::counts,
                   i.shape(1).elements());  // (R3)
    }
    i.need_equal(part::elements_sent, sum_of(i, 1), part::elements_of_send_data, x.elements());  // (R4)
    const extent received = sum_of(i, 3), row = elements_of_row(x);
    if (!received.is_constant() || !row.is_constant()) return i.output(0, with_rows(x, extent::unknown()));
    if (i.need_divides(part::elements_received, received, part::elements_of_a_row, row))  // (R5)
      i.output(0, with_rows(x, received.constant() / row.constant()));
  }
  static constexpr prototype ir = prototype{"HcomAllToAllV"}
                                      .input("send_data", moved)
                                      .input("send_counts", set_of(i64))
                                      .input("send_displacements", set_of(i64))
                                      .input("recv_counts", set_of(i64))
                                      .input("recv_displacements", set_of(i64))
                                      .output_like("recv_data", 0)
                                      .required("group", attribute_kind::text)
                                      .kept()
                                      .met_by(meeting::exchanges)
                                      .with_rule(rule);
};

/// all_to_all_vc<Group, Place, rows<…>…>(x): as all_to_all_v, with the counts of all ranks in one
/// matrix: row i says how many rows place i sends to each place. Place is that of the rank described.
/// Inputs   send_data; send_count_matrix: i64, in elements, ranks x ranks
/// Output   send_data with the rows that come in
/// Needs    (R1) send_data has rank 1 at least
///          (R2) a square matrix, no negative count in it
///          (R3) rank is a row of the matrix
///          (R4) as many elements as send_data has are sent
///          (R5) whole rows come in
/// Lowers   HcomAllToAllVC(send_data, send_count_matrix) {rank, group, fusion, fusion_id} -> recv_data;
///          held by a control edge into NetOutput
/// Example  al::all_to_all_vc<al::world<2>, 0, al::rows<1, 2>, al::rows<3, 0>>(x)
struct hcom_all_to_all_vc : collective {
  enum class part {
    send_data,
    send_count_matrix,
    matrix_rows,
    matrix_columns,
    rank,
    elements_sent,
    elements_of_send_data,
    elements_received,
    elements_of_a_row,
  };

  static constexpr void rule(inference& i) {
    const shape_value &x = i.shape(0), &matrix = i.shape(1);
    const std::int64_t place = i.integer("rank");
    if (!i.need_rank_at_least(part::send_data, x, 1) ||      // (R1)
        !i.need_rank(part::send_count_matrix, matrix, 2) ||  // (R2)
        !i.need_equal(part::matrix_rows, matrix[0], part::matrix_columns, matrix[1]) ||
        !need_counts(i, part::send_count_matrix, 1) || !i.need_at_least(part::rank, place, 0))
      return;
    if (!i.has_numbers(1)) return i.output(0, with_rows(x, extent::unknown()));
    const auto ranks = static_cast<std::size_t>(matrix[0].constant());
    if (!i.need_below(part::rank, place, matrix[0].constant())) return;  // (R3)
    extent sent{0}, received{0};
    for (std::size_t k = 0; k != ranks; ++k) {
      sent = sent + i.value(1, static_cast<std::size_t>(place) * ranks + k);
      received = received + i.value(1, k * ranks + static_cast<std::size_t>(place));
    }
    const extent row = elements_of_row(x);
    i.need_equal(part::elements_sent, sent, part::elements_of_send_data, x.elements());  // (R4)
    if (!row.is_constant()) return i.output(0, with_rows(x, extent::unknown()));
    if (i.need_divides(part::elements_received, received, part::elements_of_a_row, row))  // (R5)
      i.output(0, with_rows(x, received.constant() / row.constant()));
  }
  static constexpr prototype ir = prototype{"HcomAllToAllVC"}
                                      .input("send_data", moved)
                                      .input("send_count_matrix", set_of(i64))
                                      .output_like("recv_data", 0)
                                      .required("rank", attribute_kind::integer)
                                      .required("group", attribute_kind::text)
                                      .attribute("fusion", 0)
                                      .attribute("fusion_id", -1)
                                      .kept()
                                      .met_by(meeting::matrix)
                                      .with_rule(rule);
};

/// all_gather_v<Group, rows<…>>(x): as all_gather, where the rank at place i has as many rows as the
/// list says.
/// Inputs   x; send_count: its rows, one number; recv_counts: a list of rows, one entry a rank;
///          recv_displacements: where each begins, left out where they follow one another
/// Output   x with the sum of all rows
/// Needs    (R1) x has rank 1 at least
///          (R2) no negative count
///          (R3) send_count is the rows of x
/// Lowers   HcomAllGatherV(x, send_count, recv_counts, recv_displacements) {group} -> y; held by a
///          control edge into NetOutput
/// Example  al::all_gather_v<al::world<2>, al::rows<3, 1>>(x)
struct hcom_all_gather_v : collective {
  enum class part { x, send_count, recv_counts, recv_displacements, x_rows };

  static constexpr void rule(inference& i) {
    const shape_value& x = i.shape(0);
    if (!i.need_rank_at_least(part::x, x, 1) ||                                         // (R1)
        !need_counts(i, part::send_count, 1) || !need_counts(i, part::recv_counts, 2))  // (R2)
      return;
    i.need_equal(part::send_count, sum_of(i, 1), part::x_rows, x[0]);  // (R3)
    i.output(0, with_rows(x, sum_of(i, 2)));
  }
  static constexpr prototype ir = prototype{"HcomAllGatherV"}
                                      .input("x", moved)
                                      .input("send_count", set_of(i64))
                                      .input("recv_counts", set_of(i64))
                                      .optional("recv_displacements", set_of(i64))
                                      .output_like("y", 0)
                                      .required("group", attribute_kind::text)
                                      .kept()
                                      .met_by(meeting::shares)
                                      .with_rule(rule);
};

/// reduce_scatter_v<Group, Place, rows<…>, Reduction>(x): as reduce_scatter, where the rank at place i
/// gets as many rows as the list says. Place is that of the rank described.
/// Inputs   x; recv_count: the rows that this rank gets, one number; send_counts: a list of rows, one
///          entry a rank; send_displacements: where each begins, left out where they follow one another
/// Output   x with recv_count rows
/// Needs    (R1) reduction is sum, min, max or prod (HCCL has no prod here)
///          (R2) x has rank 1 at least
///          (R3) no negative count
///          (R4) the counts add up to the rows of x
/// Lowers   HcomReduceScatterV(x, recv_count, send_counts, send_displacements) {reduction, group} -> y;
///          held by a control edge into NetOutput
/// Example  al::reduce_scatter_v<al::world<2>, 0, al::rows<3, 1>>(x)
struct hcom_reduce_scatter_v : collective {
  enum class part { x, recv_count, send_counts, send_displacements, rows_sent, x_rows };

  static constexpr void rule(inference& i) {
    need_reduction(i);  // (R1)
    const shape_value& x = i.shape(0);
    if (!i.need_rank_at_least(part::x, x, 1) ||                                         // (R2)
        !need_counts(i, part::recv_count, 1) || !need_counts(i, part::send_counts, 2))  // (R3)
      return;
    i.need_equal(part::rows_sent, sum_of(i, 2), part::x_rows, x[0]);  // (R4)
    i.output(0, with_rows(x, sum_of(i, 1)));
  }
  static constexpr prototype ir = prototype{"HcomReduceScatterV"}
                                      .input("x", set_of(f32, f16, bf16, i32, i16, i8))
                                      .input("recv_count", set_of(i64))
                                      .input("send_counts", set_of(i64))
                                      .optional("send_displacements", set_of(i64))
                                      .output_like("y", 0)
                                      .required("reduction", attribute_kind::text)
                                      .required("group", attribute_kind::text)
                                      .kept()
                                      .met_by(meeting::shares)
                                      .with_rule(rule);
};

/// send<Group, Destination, Tag>(x): to the rank at place Destination, which receives under the same tag.
/// Inputs   x
/// Output   none
/// Needs    (R1) dest_rank at least 0; the cross-check of the ranks holds it below the size of the group
/// Lowers   HcomSend(x) {group, sr_tag, dest_rank}; held by a control edge into NetOutput
/// Example  al::send<al::world<2>, 1>(x)
struct hcom_send : collective {
  enum class part { x, dest_rank };

  static constexpr void rule(inference& i) {
    i.need_at_least(part::dest_rank, i.integer("dest_rank"), 0);  // (R1)
  }
  static constexpr prototype ir = prototype{"HcomSend"}
                                      .input("x", moved)
                                      .required("group", attribute_kind::text)
                                      .required("sr_tag", attribute_kind::integer)
                                      .required("dest_rank", attribute_kind::integer)
                                      .kept()
                                      .met_by(meeting::sends)
                                      .with_rule(rule);
};

/// receive<Group, Source, Type, shape<…>, Tag>(beside): what the rank at place Source sends under this tag.
/// `beside` is any tensor of the model: it is not read, it says which model and gears the result belongs to.
/// Inputs   none
/// Output   the shape that is written, which is the same in every gear: the operator holds it as numbers
/// Needs    (R1) src_rank at least 0; the cross-check of the ranks holds it below the size of the group
///          (R2) every size a number at least 0, at most 8 of them
///          (R3) dtype is one that HCCL moves
/// Lowers   HcomReceive() {group, sr_tag, src_rank, shape, dtype} -> y; held by a control edge into NetOutput
/// Example  al::receive<al::world<2>, 0, al::f32, al::shape<2, 3>>(x)
struct hcom_receive : collective {
  enum class part { y, src_rank, size, shape };

  static constexpr void rule(inference& i) {
    i.need_at_least(part::src_rank, i.integer("src_rank"), 0);          // (R1)
    if (!i.need_possible_rank(part::shape, i.length("shape"))) return;  // (R2)
    shape_value result;
    for (std::size_t d = 0; d != i.length("shape"); ++d) {
      if (!i.need_at_least(part::size, i.element("shape", d), 0)) return;  // (R2)
      result.push(i.element("shape", d));
    }
    i.need_type(part::y, from_ge_number(i.integer("dtype")), moved);  // (R3)
    i.output(0, result);
  }
  static constexpr prototype ir = prototype{"HcomReceive"}
                                      .output_from("y", "dtype")
                                      .required("group", attribute_kind::text)
                                      .required("sr_tag", attribute_kind::integer)
                                      .required("src_rank", attribute_kind::integer)
                                      .required("shape", attribute_kind::integers)
                                      .required("dtype", attribute_kind::element_type)
                                      .kept()
                                      .met_by(meeting::receives)
                                      .with_rule(rule);
};

}  // namespace op

// --- describing ---

/// How many rows go to, or come from, the rank at each place of a group.
template <std::int64_t... Counts>
struct rows {
  static constexpr std::size_t ranks = sizeof...(Counts);
  static constexpr std::int64_t counts[ranks + 1]{Counts..., 0};
  static constexpr std::int64_t at(std::size_t place) { return counts[place]; }
};

/// A number that is the same on every rank, or a function of a rank's place in its group.
template <auto Value>
inline constexpr bool varies = !std::is_integral_v<decltype(Value)>;
template <auto Value>
constexpr std::int64_t value_at(int place) {
  if constexpr (varies<Value>)
    return Value(place);
  else
    return Value;
}

/// The attributes of a collective of this group: its name, and what Write adds for a rank of this place. On a
/// rank that is no member they are those of place 0; the cross-check of the ranks refuses it.
template <const auto& Group, bool Varies, class Write>
struct attributes_of_collective {
  static constexpr int ranks = Varies || Group.varies ? Group.ranks_end : 1;

  constexpr void operator()(attribute_list& list) const { (*this)(list, 0); }
  constexpr void operator()(attribute_list& list, int rank) const {
    const group_view group = Group.on(rank);
    const int place = group.place_of(rank);
    list("group", group.name);
    Write{}(list, place < 0 ? 0 : place);
  }
};

/// Notes the group's members, so that the graph knows them.
template <const auto& Group>
constexpr void note_group(tape* record) {
  Group.for_each([&](const group_view& each) { record->add_group(each); });
}

template <class Op, const auto& Group, bool Varies = false, class Write, class First, class... Rest>
constexpr auto collective(const line& where, Write, const First& first, const Rest&... rest) {
  const auto done = record<Op>(where, attributes_of_collective<Group, Varies, Write>{}, first, rest...);
  if constexpr (!std::is_same_v<decltype(done), const nothing_recorded>) note_group<Group>(done.record);
  return done;
}

/// Waits for an asynchronous collective: TorchAir writes one Identity for each.
template <operand_like X>
constexpr auto wait(const X& x, const line& where = line::current()) {
  return identity(x, where);
}

template <const auto& Group, reduction Reduction = reduction::sum, operand_like X>
constexpr auto all_reduce(const X& x, const line& where = line::current()) {
  return collective<op::hcom_all_reduce, Group>(
             where,
             [](attribute_list& set, int) {
               set("reduction", name_of(Reduction));
               set("fusion", 0);
             },
             x)
      .template output<0>();
}
template <const auto& Group, operand_like X>
constexpr auto all_gather(const X& x, const line& where = line::current()) {
  return collective<op::hcom_all_gather, Group>(
             where, [](attribute_list& set, int) { set("rank_size", static_cast<std::int64_t>(Group.size)); },
             x)
      .template output<0>();
}
template <const auto& Group, reduction Reduction = reduction::sum, operand_like X>
constexpr auto reduce_scatter(const X& x, const line& where = line::current()) {
  return collective<op::hcom_reduce_scatter, Group>(
             where,
             [](attribute_list& set, int) {
               set("reduction", name_of(Reduction));
               set("rank_size", static_cast<std::int64_t>(Group.size));
             },
             x)
      .template output<0>();
}
template <const auto& Group, auto Root, operand_like... Members>
constexpr auto broadcast(const Members&... members) {
  const auto received = collective<op::hcom_broadcast, Group, varies<Root>>(
      last_line(members...), [](attribute_list& set, int place) { set("root_rank", value_at<Root>(place)); },
      members...);
  if constexpr (sizeof...(Members) == 1)
    return received.template output<0>();
  else
    return outputs_of<sizeof...(Members)>(received);
}
template <const auto& Group, auto Root, reduction Reduction = reduction::sum, operand_like X>
constexpr auto reduce(const X& x, const line& where = line::current()) {
  return collective<op::hcom_reduce, Group, varies<Root>>(
             where,
             [](attribute_list& set, int place) {
               set("root_rank", value_at<Root>(place));
               set("reduction", name_of(Reduction));
             },
             x)
      .template output<0>();
}
template <const auto& Group, operand_like X>
constexpr auto all_to_all(const X& x, const line& where = line::current()) {
  return collective<op::hcom_all_to_all, Group>(
             where,
             [](attribute_list& set, int) {
               set(op::hcom_all_to_all::ranks_of_the_call, static_cast<std::int64_t>(Group.size));
             },
             x)
      .template output<0>();
}

/// A size as a number: -1 for one that moves with the gears.
constexpr std::int64_t number_of(const extent& size, const gear_view& gears) {
  if (gears.gears == 1) return size.size_in(gears, 0);
  return size.is_constant() ? size.constant() : -1;
}
/// The rows of a tensor, as a number; 0 for a scalar.
template <class X>
constexpr std::int64_t rows_of = 0;
template <class Gears, dtype Type, class Shape>
  requires(Shape::rank > 0)
constexpr std::int64_t rows_of<tensor<Gears, Type, Shape>> =
    number_of(value_of_shape<typename gear_table<Gears>::axes, Shape>::value[0], gear_table<Gears>::view);
/// The elements of one row of a tensor, as a number.
template <class X>
constexpr std::int64_t row_elements = 0;
template <class Gears, dtype Type, class Shape>
constexpr std::int64_t row_elements<tensor<Gears, Type, Shape>> =
    number_of(op::collective::elements_of_row(value_of_shape<typename gear_table<Gears>::axes, Shape>::value),
              gear_table<Gears>::view);

/// Rows as the lists of numbers that collectives take, in elements of `Elements` a row.
template <std::int64_t Elements, class Rows>
struct counted;
template <std::int64_t Elements, std::int64_t... Counts>
struct counted<Elements, rows<Counts...>> {
  static constexpr std::int64_t before(std::size_t place) {
    const std::int64_t counts[]{Counts..., 0};
    std::int64_t sum = 0;
    for (std::size_t i = 0; i != place; ++i) sum += counts[i] * Elements;
    return sum;
  }
  template <std::size_t... I>
  static constexpr auto displacements(std::index_sequence<I...>) {
    return integer_list<i64, before(I)...>{};
  }
  using counts = integer_list<i64, Counts * Elements...>;
  using begins = decltype(displacements(std::make_index_sequence<sizeof...(Counts)>{}));
};

template <const auto& Group, class Sent, class Received, operand_like X>
constexpr auto all_to_all_v(const X& x, const line& where = line::current()) {
  static_assert(Sent::ranks == Group.size && Received::ranks == Group.size,
                "all_to_all_v: one number of rows for each rank of the group");
  using sent = counted<row_elements<X>, Sent>;
  using received = counted<row_elements<X>, Received>;
  return collective<op::hcom_all_to_all_v, Group>(
             where, [](attribute_list&, int) {}, x, typename sent::counts{}, typename sent::begins{},
             typename received::counts{}, typename received::begins{})
      .template output<0>();
}

/// Matrices of counts, row by row, in elements.
template <std::int64_t Elements, class... Rows>
struct counted_matrix;
template <std::int64_t Elements, std::int64_t... Counts>
struct counted_matrix<Elements, rows<Counts...>> {
  template <std::size_t Ranks>
  using table = integer_table<i64, static_cast<std::int64_t>(Ranks), Counts * Elements...>;
};
template <std::int64_t Elements, std::int64_t... First, std::int64_t... Second, class... Rest>
struct counted_matrix<Elements, rows<First...>, rows<Second...>, Rest...>
    : counted_matrix<Elements, rows<First..., Second...>, Rest...> {};

template <const auto& Group, std::int64_t Place, class... Matrix, operand_like X>
  requires(sizeof...(Matrix) != 0)
constexpr auto all_to_all_vc(const X& x, const line& where = line::current()) {
  static_assert(sizeof...(Matrix) == Group.size && ((Matrix::ranks == Group.size) && ...),
                "all_to_all_vc: one row of counts for each rank of the group, with one count for each");
  using matrix = counted_matrix<row_elements<X>, Matrix...>;
  return collective<op::hcom_all_to_all_vc, Group>(
             where, [](attribute_list& set, int) { set("rank", Place); }, x,
             typename matrix::template table<Group.size>{})
      .template output<0>();
}

template <const auto& Group, class Counts, operand_like X>
constexpr auto all_gather_v(const X& x, const line& where = line::current()) {
  static_assert(Counts::ranks == Group.size, "all_gather_v: one number of rows for each rank of the group");
  if constexpr (is_refused<X>)
    return x;
  else
    return collective<op::hcom_all_gather_v, Group>(
               where, [](attribute_list&, int) {}, x, integer_scalar<i64, rows_of<X>>{},
               typename counted<1, Counts>::counts{}, unfed)
        .template output<0>();
}
template <const auto& Group, std::size_t Place, class Counts, reduction Reduction = reduction::sum,
          operand_like X>
constexpr auto reduce_scatter_v(const X& x, const line& where = line::current()) {
  static_assert(Counts::ranks == Group.size && Place < Group.size,
                "reduce_scatter_v: one number of rows for each rank of the group, and a place in it");
  return collective<op::hcom_reduce_scatter_v, Group>(
             where, [](attribute_list& set, int) { set("reduction", name_of(Reduction)); }, x,
             integer_scalar<i64, Counts::at(Place)>{}, typename counted<1, Counts>::counts{}, unfed)
      .template output<0>();
}

template <const auto& Group, auto Destination, auto Tag = 0, operand_like X>
constexpr void send(const X& x, const line& where = line::current()) {
  static_cast<void>(collective < op::hcom_send, Group,
                    varies<Destination> || varies < Tag >> (
                                                               where,
                                                               [](attribute_list& set, int place) {
                                                                 set("sr_tag", value_at<Tag>(place));
                                                                 set("dest_rank",
                                                                     value_at<Destination>(place));
                                                               },
                                                               x));
}

template <const auto& Group, auto Source, dtype Type, class Shape, auto Tag = 0, class Gears, dtype OfX,
          class ShapeOfX>
constexpr auto receive(const tensor<Gears, OfX, ShapeOfX>& beside, const line& where = line::current()) {
  const auto write = [](attribute_list& set, int place) {
    using table = gear_table<Gears>;
    constexpr const shape_value& shape = value_of_shape<typename table::axes, Shape>::value;
    std::int64_t sizes[max_rank]{};
    for (std::size_t d = 0; d != shape.rank; ++d) sizes[d] = number_of(shape[d], table::view);
    set("sr_tag", value_at<Tag>(place));
    set("src_rank", value_at<Source>(place));
    set.integers("shape", sizes, shape.rank);
    set("dtype", Type);
  };
  using call =
      attributes_of_collective<Group, varies<Source> || varies<Tag>, std::remove_const_t<decltype(write)>>;
  note_group<Group>(beside.record);
  return record_on<op::hcom_receive, Gears>(beside.record, where, call{}).template output<0>();
}
template <const auto& Group, auto Source, dtype Type, class Shape, auto Tag = 0,
          std::derived_from<no_shape> Refused>
constexpr Refused receive(const Refused& beside, const line& = line::current()) {
  return beside;
}

// --- a rank's own share ---

/// One number that differs from rank to rank: (place + Offset) * Step.
template <const auto& Group, std::int64_t Step, std::int64_t Offset>
struct place_operand : written_operand {};

template <class Axes, const auto& Group, std::int64_t Step, std::int64_t Offset>
struct operand<Axes, place_operand<Group, Step, Offset>> {
  using shape_type = shape<>;
  /// A rule sees the number of place 0: sizes are the same on every rank.
  static constexpr extent contents[1]{extent{Offset * Step}};
  static constexpr inference_input input{true, i64, &scalar_shape, contents, 1};

  static constexpr tape_value place(tape& record, const written_operand&, const shape_value*) {
    constexpr auto ranks = static_cast<std::size_t>(Group.ranks_end);
    std::int64_t words[ranks]{};
    for (std::size_t rank = 0; rank != ranks; ++rank) {
      const int place = Group.on(static_cast<int>(rank)).place_of(static_cast<int>(rank));
      words[rank] = ((place < 0 ? 0 : place) + Offset) * Step;
    }
    tape_step step{&op::constant::ir, &no_attributes, &scalar_shape, &size_type, 1};
    step.contents = record.add_contents(words, 1, false, ranks);
    step.ranks = Group.ranks_end;
    return {record.add_step(step, record.line(), nullptr, 0), 0};
  }
};

/// shard<Group, Axis>(x): of x, which every rank has, the piece of this rank: the dimension is cut into equal
/// pieces, one for each place of the group. Lowers to StridedSliceV2, whose bounds are other numbers on every
/// rank. Refused where the group's size does not divide the dimension, and where the dimension moves with the
/// gears: bounds are constants.
template <const auto& Group, std::int64_t Axis, class Gears, dtype Type, class Shape>
constexpr auto shard(const tensor<Gears, Type, Shape>& x, const line& where = line::current()) {
  using table = gear_table<Gears>;
  constexpr const shape_value& shape = value_of_shape<typename table::axes, Shape>::value;
  constexpr auto rank = static_cast<std::int64_t>(shape.rank);
  static_assert(Axis >= -rank && Axis < rank, "shard: the axis is a dimension of x");
  constexpr std::int64_t size =
      number_of(shape[static_cast<std::size_t>(Axis < 0 ? Axis + rank : Axis)], table::view);
  constexpr auto pieces = static_cast<std::int64_t>(Group.size);
  if constexpr (size < 0) {
    static_cast<void>(
        shape_error<op::strided_slice_v2, needs_known_contents<op::strided_slice_v2::part::begin>,
                    at_dimension<static_cast<int>(Axis)>>{});
    return no_shape{};
  } else if constexpr (size % pieces != 0) {
    static_cast<void>(
        shape_error<op::split_d, is<op::split_d::part::x_size, canonical_number<size>()>,
                    must_be_divisible_by<op::split_d::part::num_split, canonical_number<pieces>()>>{});
    return no_shape{};
  } else {
    note_group<Group>(x.record);
    return record<op::strided_slice_v2>(where, x, place_operand<Group, size / pieces, 0>{},
                                        place_operand<Group, size / pieces, 1>{}, integer_scalar<i64, Axis>{},
                                        integer_scalar<i64, 1>{})
        .template output<0>();
  }
}
template <const auto& Group, std::int64_t Axis, std::derived_from<no_shape> Refused>
constexpr Refused shard(const Refused& x, const line& = line::current()) {
  return x;
}

}  // namespace airloom
