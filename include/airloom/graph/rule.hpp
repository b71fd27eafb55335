#pragma once
// How an operator's rule is written and run.
//
// A rule is an ordinary constexpr function: it reads shapes, element types, known small integer contents and
// attributes, states what it needs, and writes the outputs' shapes. It never complains itself: a need that
// does not hold becomes a finding, and the compiler's error, the loader's message and the tests all read that
// finding.
//
//   static constexpr void rule(inference& i) {
//     i.need_equal(part::x1_columns, i.shape(0)[1], part::x2_rows, i.shape(1)[0]);
//     i.output(0, shape_value::of(i.shape(0)[0], i.shape(1)[1]));
//   }

#include <airloom/graph/prototype.hpp>

namespace airloom {

/// What a need asks of two parts of an operator.
enum class relation : std::uint8_t {
  holds,           ///< nothing is wrong
  equal,           ///< left == right
  equal_or_one,    ///< left == right, or one of them is 1
  at_least,        ///< left >= right
  below,           ///< left < right
  divides,         ///< right divides left
  rank,            ///< the rank of left is right_size
  rank_at_least,   ///< … is at least right_size
  rank_at_most,    ///< … is at most right_size
  same_dtype,      ///< left and right have one element type
  dtype_accepted,  ///< the operator takes left's element type
  fed,             ///< left is an input that has to be there
  contents_known,  ///< left's contents have to be known while checking
  exactly,         ///< left is right_size
  attribute_set,   ///< a required attribute is missing; left is its place among the attributes
  text_known,      ///< an attribute says what the operator does not know; left is its place
  expressible,     ///< an output's size is no polynomial with integer coefficients
};

/// What is wrong: the first need that does not hold, and where. `holds` where all is well.
struct finding {
  relation need = relation::holds;
  int left = -1;  ///< a part of the operator: an enumerator of its `part`
  int right = -1;
  std::int64_t left_size = 0;  ///< sizes in that gear; ge numbers of element types for the dtype needs
  std::int64_t right_size = 0;
  int dimension = -1;  ///< which dimension, for needs that hold dimension by dimension
  std::size_t gear = no_gear;

  constexpr bool holds() const { return need == relation::holds; }
};

/// An enumerator of an operator's `part`, as a number: so the needs below are compiled once for all
/// operators.
struct part_number {
  int value = -1;

  template <class Part>
  constexpr part_number(Part part)  // NOLINT(google-explicit-constructor): a part is its number
      : value{static_cast<int>(part)} {}
};

inline constexpr auto contents_unknown = static_cast<std::size_t>(-1);

/// What a rule sees of one input.
struct inference_input {
  bool fed = false;
  dtype type = dtype::undefined;
  const shape_value* shape = nullptr;
  const extent* values = nullptr;  ///< contents of a small integer tensor, where they are known
  std::size_t value_count = contents_unknown;
};

/// Where a rule writes. Without room for values, contents are not followed.
struct inference_outputs {
  shape_value* shapes = nullptr;
  dtype* types = nullptr;
  std::size_t count = 0;
  extent* values = nullptr;  ///< contents of output 0
  std::size_t value_capacity = 0;
  std::size_t value_count = 0;
  bool has_values = false;
};

/// One application of a rule.
class inference {
 public:
  constexpr inference(const prototype& ir, const gear_view& gears, const inference_input* inputs,
                      std::size_t count, const attribute_list& attributes, inference_outputs& outputs)
      : ir_{ir},
        gears_{gears},
        inputs_{inputs},
        input_count_{count},
        attributes_{attributes},
        outputs_{outputs} {}

  // Reading.
  constexpr const gear_view& gears() const { return gears_; }
  constexpr std::size_t input_count() const { return input_count_; }
  constexpr std::size_t output_count() const { return outputs_.count; }
  constexpr bool fed(std::size_t input) const { return input < input_count_ && inputs_[input].fed; }
  constexpr const shape_value& shape(std::size_t input) const { return *inputs_[input].shape; }
  constexpr dtype type(std::size_t input) const { return inputs_[input].type; }
  /// Whether the contents are known: all elements, row by row.
  constexpr bool has_values(std::size_t input) const {
    return fed(input) && inputs_[input].value_count != contents_unknown &&
           inputs_[input].shape->elements().is(static_cast<std::int64_t>(value_count(input)));
  }
  /// Whether the contents are known and numbers in every gear: axes, permutations, strides.
  constexpr bool has_numbers(std::size_t input) const {
    if (!has_values(input)) return false;
    for (std::size_t k = 0; k != value_count(input); ++k)
      if (!value(input, k).is_constant()) return false;
    return true;
  }
  /// How many numbers the contents are; 0 where they are not known.
  constexpr std::size_t value_count(std::size_t input) const {
    return inputs_[input].value_count == contents_unknown ? 0 : inputs_[input].value_count;
  }
  constexpr const extent& value(std::size_t input, std::size_t index) const {
    return inputs_[input].values[index];
  }

  constexpr std::int64_t integer(std::string_view name) const { return value_of(name).integer; }
  constexpr bool boolean(std::string_view name) const { return integer(name) != 0; }
  constexpr std::string_view text(std::string_view name) const { return value_of(name).text; }
  constexpr std::size_t length(std::string_view name) const { return value_of(name).count; }
  constexpr std::int64_t element(std::string_view name, std::size_t index) const {
    const attribute_list& holder = attributes_[name].is_set() ? attributes_ : ir_.defaults;
    const attribute_value& value = holder[name];
    return index >= value.count ? 0 : holder.list(value)[index];
  }

  // Needs. Each returns whether it holds; the first that does not is kept.
  constexpr bool need_equal(part_number left, const extent& a, part_number right, const extent& b,
                            int dimension = -1) {
    const std::size_t gear = first_misfit(a, b, gears_);
    return gear == no_gear || fail(relation::equal, left, a, right, b, gear, dimension);
  }
  constexpr bool need_at_least(part_number left, const extent& a, std::int64_t bound) {
    for (std::size_t gear = 0; a.is_known() && gear != gears_.gears; ++gear)
      if (a.size_in(gears_, gear) < bound)
        return fail(relation::at_least, left, a, left, extent{bound}, gear, -1);
    return true;
  }
  constexpr bool need_below(part_number left, const extent& a, std::int64_t bound) {
    for (std::size_t gear = 0; a.is_known() && gear != gears_.gears; ++gear)
      if (a.size_in(gears_, gear) >= bound)
        return fail(relation::below, left, a, left, extent{bound}, gear, -1);
    return true;
  }
  constexpr bool need_is(part_number part, const extent& a, std::int64_t number, int dimension = -1) {
    for (std::size_t gear = 0; a.is_known() && gear != gears_.gears; ++gear)
      if (a.size_in(gears_, gear) != number)
        return fail(relation::exactly, part, a, part, extent{number}, gear, dimension);
    return true;
  }
  /// left <= right in every gear.
  constexpr bool need_not_above(part_number left, const extent& a, part_number right, const extent& b) {
    for (std::size_t gear = 0; a.is_known() && b.is_known() && gear != gears_.gears; ++gear)
      if (a.size_in(gears_, gear) > b.size_in(gears_, gear))
        return fail(relation::at_least, right, b, left, a, gear, -1);
    return true;
  }
  /// right divides left in every gear.
  constexpr bool need_divides(part_number left, const extent& a, part_number right, const extent& b) {
    for (std::size_t gear = 0; a.is_known() && b.is_known() && gear != gears_.gears; ++gear) {
      const std::int64_t divisor = b.size_in(gears_, gear);
      if (divisor == 0 || a.size_in(gears_, gear) % divisor != 0)
        return fail(relation::divides, left, a, right, b, gear, -1);
    }
    return true;
  }
  constexpr bool need_rank(part_number part, const shape_value& shape, std::size_t rank) {
    return shape.rank == rank || fail_rank(relation::rank, part, shape.rank, rank);
  }
  constexpr bool need_rank_at_least(part_number part, const shape_value& shape, std::size_t rank) {
    return shape.rank >= rank || fail_rank(relation::rank_at_least, part, shape.rank, rank);
  }
  constexpr bool need_rank_at_most(part_number part, const shape_value& shape, std::size_t rank) {
    return shape.rank <= rank || fail_rank(relation::rank_at_most, part, shape.rank, rank);
  }
  /// A shape of this rank can be held at all.
  constexpr bool need_possible_rank(part_number part, std::size_t rank) {
    return rank <= max_rank || fail_rank(relation::rank_at_most, part, rank, max_rank);
  }
  constexpr bool need_same_dtype(part_number left, dtype a, part_number right, dtype b) {
    if (a == b) return true;
    return fail({relation::same_dtype, left.value, right.value, ge_number(a), ge_number(b), -1, no_gear});
  }
  constexpr bool need_type(part_number part, dtype type, dtype_set accepted) {
    return accepted.contains(type) ||
           fail({relation::dtype_accepted, part.value, -1, ge_number(type), 0, -1, no_gear});
  }
  /// The text attribute says one of the words.
  constexpr bool need_text(std::string_view attribute, std::initializer_list<std::string_view> words) {
    for (const std::string_view word : words)
      if (text(attribute) == word) return true;
    int place = 0;
    while (place != ir_.attribute_count && ir_.attributes[place].name != attribute) ++place;
    return fail({relation::text_known, place, -1, 0, 0, -1, no_gear});
  }
  /// An optional input that is needed all the same, because another one is there.
  constexpr bool need_fed(part_number part, std::size_t input) {
    return fed(input) || fail({relation::fed, part.value, -1, 0, 0, -1, no_gear});
  }
  /// The contents of an input (a shape operand, axes, …) are known; the operators that need them say so here.
  constexpr bool need_contents(part_number part, std::size_t input) {
    return has_values(input) || fail({relation::contents_known, part.value, -1, 0, 0, -1, no_gear});
  }
  /// A number in [-rank, rank) as a dimension in [0, rank); 0 after a finding.
  constexpr std::size_t need_dimension(part_number part, std::int64_t number, std::size_t rank) {
    const auto limit = static_cast<std::int64_t>(rank);
    if (!need_at_least(part, number, -limit) || !need_below(part, number, limit)) return 0;
    return static_cast<std::size_t>(number < 0 ? number + limit : number);
  }
  constexpr bool fail(const finding& what) {
    if (found_.holds()) found_ = what;
    return false;
  }

  // Writing.
  constexpr void output(std::size_t index, const shape_value& shape) {
    if (index < outputs_.count) outputs_.shapes[index] = shape;
  }
  constexpr void output_type(std::size_t index, dtype type) {
    if (index < outputs_.count) outputs_.types[index] = type;
  }
  /// Whether the caller follows contents; then output_value() says them one by one.
  constexpr bool follows_values() const { return outputs_.value_capacity != 0; }
  constexpr void output_value(const extent& value) {
    if (!follows_values()) return;
    // Counted beyond the capacity too: then check_outputs() sees that not all of them were kept.
    if (outputs_.value_count < outputs_.value_capacity) outputs_.values[outputs_.value_count] = value;
    ++outputs_.value_count;
  }
  constexpr void no_output_values() { outputs_.value_count = 0; }

  constexpr const finding& found() const { return found_; }
  constexpr bool holds() const { return found_.holds(); }

  /// Checks the ports, runs the rule, checks what it wrote.
  constexpr void run() {
    if (!check_ports() || !check_attributes()) return;
    set_default_types();
    if (!ir_.takes_unknown_rank && some_rank_unknown()) {
      for (std::size_t i = 0; i != outputs_.count; ++i) outputs_.shapes[i] = shape_value::of_unknown_rank();
      return;
    }
    ir_.rule(*this);
    check_outputs();
  }

 private:
  constexpr const attribute_value& value_of(std::string_view name) const {
    const attribute_value& value = attributes_[name];
    return value.is_set() ? value : ir_.defaults[name];
  }
  constexpr bool fail(relation need, part_number left, const extent& a, part_number right, const extent& b,
                      std::size_t gear, int dimension) {
    return fail(
        {need, left.value, right.value, a.size_in(gears_, gear), b.size_in(gears_, gear), dimension, gear});
  }
  constexpr bool fail_rank(relation need, part_number part, std::size_t rank, std::size_t bound) {
    return fail({need, part.value, part.value, static_cast<std::int64_t>(rank),
                 static_cast<std::int64_t>(bound), -1, no_gear});
  }
  constexpr bool some_rank_unknown() const {
    for (std::size_t i = 0; i != input_count_; ++i)
      if (inputs_[i].fed && !inputs_[i].shape->rank_known) return true;
    return false;
  }
  constexpr bool check_ports() {
    const std::size_t least = ir_.has_dynamic_input() ? ir_.input_count - std::size_t{1} : ir_.input_count;
    const std::size_t places = input_count_ > least ? input_count_ : least;
    for (std::size_t i = 0; i != places; ++i) {
      const std::size_t port = ir_.port_of(i, places);
      if (port >= ir_.input_count) return fail({relation::fed, static_cast<int>(i), -1, 0, 0, -1, no_gear});
      if (!check_port(i, port)) return false;
    }
    return true;
  }
  constexpr bool check_port(std::size_t input, std::size_t port) {
    if (!fed(input)) {
      if (ir_.inputs[port].kind == port_kind::optional) return true;
      return fail({relation::fed, static_cast<int>(port), -1, 0, 0, -1, no_gear});
    }
    if (!ir_.inputs[port].accepts.contains(type(input)))
      return fail(
          {relation::dtype_accepted, static_cast<int>(port), -1, ge_number(type(input)), 0, -1, no_gear});
    if (ir_.inputs[port].group == 0) return true;
    for (std::size_t other = 0; other != input; ++other) {
      const std::size_t other_port = ir_.port_of(other, input_count_);
      if (fed(other) && ir_.inputs[other_port].group == ir_.inputs[port].group && type(other) != type(input))
        return fail({relation::same_dtype, static_cast<int>(other_port), static_cast<int>(port),
                     ge_number(type(other)), ge_number(type(input)), -1, no_gear});
    }
    return true;
  }
  constexpr bool check_attributes() {
    for (std::size_t i = 0; i != ir_.attribute_count; ++i)
      if (ir_.attributes[i].required && !attributes_[ir_.attributes[i].name].is_set())
        return fail({relation::attribute_set, static_cast<int>(i), -1, 0, 0, -1, no_gear});
    return true;
  }
  constexpr void set_default_types() {
    for (std::size_t i = 0; i != outputs_.count; ++i) {
      const output_port& port = ir_.outputs[i < ir_.output_count ? i : ir_.output_count - std::size_t{1}];
      if (port.source == airloom::output_type::fixed)
        outputs_.types[i] = port.fixed;
      else if (port.source == airloom::output_type::from_attribute)
        outputs_.types[i] = from_ge_number(integer(port.attribute));
      else if (const std::size_t like =
                   port.dynamic && port.count_attribute.empty() ? port.input + i : port.input;
               fed(like))
        outputs_.types[i] = type(like);
    }
  }
  constexpr void check_outputs() {
    for (std::size_t i = 0; holds() && i != outputs_.count; ++i)
      for (std::size_t d = 0; d != outputs_.shapes[i].rank; ++d)
        if (outputs_.shapes[i][d].state == extent_state::inexpressible)
          fail({relation::expressible, static_cast<int>(i), -1, 0, 0, static_cast<int>(d), no_gear});
    check_values();
  }
  /// Contents are all elements of output 0, or none of them is known. Of an empty output they always are.
  constexpr void check_values() {
    if (!follows_values() || outputs_.count == 0) return;
    const auto count = static_cast<std::int64_t>(outputs_.value_count);
    const bool kept = outputs_.value_count <= outputs_.value_capacity;
    outputs_.has_values = kept && outputs_.shapes[0].elements().is(count);
    if (!outputs_.has_values) no_output_values();
  }

  const prototype& ir_;
  const gear_view& gears_;
  const inference_input* inputs_;
  std::size_t input_count_;
  const attribute_list& attributes_;
  inference_outputs& outputs_;
  finding found_;
};

// --- broadcasting ---
/// The extent of this size in every gear: the first candidate that is, else a number; `inexpressible` where
/// neither is.
template <class Size>
constexpr extent extent_of_sizes(const gear_view& gears, Size size,
                                 std::initializer_list<extent> candidates) {
  const auto fits = [&](const extent& candidate) {
    for (std::size_t gear = 0; gear != gears.gears; ++gear)
      if (!candidate.is_known() || candidate.size_in(gears, gear) != size(gear)) return false;
    return true;
  };
  for (const extent& candidate : candidates)
    if (fits(candidate)) return candidate;
  const extent number{size(0)};
  return fits(number) ? number : extent::inexpressible();
}

/// a / divisor, rounded down; divisor > 0.
constexpr std::int64_t floor_quotient(std::int64_t a, std::int64_t divisor) {
  return a / divisor - static_cast<std::int64_t>(a % divisor < 0);
}
constexpr extent floor_quotient(const extent& a, std::int64_t divisor, const gear_view& gears) {
  if (!a.is_known() || divisor == 1) return a;
  // Where the divisor divides all other coefficients, only the constant term is rounded.
  extent rounded;
  for (std::size_t i = 0; i != a.count; ++i) {
    extent term;
    term.terms[0] = {floor_quotient(a.terms[i].coefficient, divisor), a.terms[i].powers};
    term.count = static_cast<std::uint8_t>(term.terms[0].coefficient != 0);
    rounded = rounded + term;
  }
  return extent_of_sizes(
      gears, [&](std::size_t gear) { return floor_quotient(a.size_in(gears, gear), divisor); }, {rounded});
}

/// The extent that is the larger of the two in every gear, one of them being 1 wherever they differ.
constexpr extent larger_extent(const extent& a, const extent& b, const gear_view& gears) {
  const auto larger = [&](std::size_t gear) {
    const std::int64_t x = a.size_in(gears, gear), y = b.size_in(gears, gear);
    return x == 1 ? y : x;
  };
  return extent_of_sizes(gears, larger, {a, b});
}

/// One dimension of a broadcast: equal, or one of them 1, in every gear.
constexpr extent broadcast_extent(inference& i, part_number left, const extent& a, part_number right,
                                  const extent& b, int dimension) {
  if (a == b || b.is(1)) return a;
  if (a.is(1)) return b;
  if (!a.is_known() || !b.is_known()) {
    const extent& known = a.is_known() ? a : b;
    return known.is_constant() ? known
                               : extent::unknown();  // as upstream: n with n > 1 decides an unknown size
  }
  for (std::size_t gear = 0; gear != i.gears().gears; ++gear) {
    const std::int64_t x = a.size_in(i.gears(), gear), y = b.size_in(i.gears(), gear);
    if (x != y && x != 1 && y != 1) {
      i.fail({relation::equal_or_one, left.value, right.value, x, y, dimension, gear});
      return a;
    }
  }
  return larger_extent(a, b, i.gears());
}

/// Two shapes, right-aligned; each dimension equal, or 1 on one side.
constexpr shape_value broadcast(inference& i, part_number left, const shape_value& a, part_number right,
                                const shape_value& b) {
  const std::size_t rank = a.rank > b.rank ? a.rank : b.rank;
  shape_value result;
  for (std::size_t d = 0; d != rank; ++d) {
    const std::size_t from_end = rank - d;
    if (from_end > a.rank)
      result.push(b.back(from_end));
    else if (from_end > b.rank)
      result.push(a.back(from_end));
    else
      result.push(broadcast_extent(i, left, a.back(from_end), right, b.back(from_end), static_cast<int>(d)));
  }
  return result;
}

/// `from` can be repeated to give `to`: right-aligned, each of its dimensions equal to that of `to`, or 1.
constexpr void need_broadcast_to(inference& i, part_number left, const shape_value& from, part_number right,
                                 const shape_value& to) {
  for (std::size_t from_end = 1; from_end <= from.rank && from_end <= to.rank; ++from_end) {
    const extent &a = from.back(from_end), &b = to.back(from_end);
    for (std::size_t gear = 0; a.is_known() && b.is_known() && gear != i.gears().gears; ++gear) {
      const std::int64_t x = a.size_in(i.gears(), gear), y = b.size_in(i.gears(), gear);
      if (x != 1 && x != y)
        i.fail({relation::equal, left.value, right.value, x, y, static_cast<int>(to.rank - from_end), gear});
    }
  }
}

// --- contents ---
/// Follows the contents of small integer tensors through an element-wise operator: lists of one length, or
/// one side a single number. This is how a size read from a shape stays known through arithmetic.
template <class Combine>
constexpr void follow_integers(inference& i, Combine combine) {
  if (!i.follows_values() || !i.has_values(0) || !i.has_values(1)) return;
  const std::size_t a = i.value_count(0), b = i.value_count(1);
  if (a != b && a != 1 && b != 1) return;
  for (std::size_t k = 0; k != (a > b ? a : b); ++k)
    i.output_value(combine(i.value(0, a == 1 ? 0 : k), i.value(1, b == 1 ? 0 : k)));
}

}  // namespace airloom
