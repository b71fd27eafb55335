#pragma once
// Axes, gears and gear sets.
//
//   inline constexpr struct batch final : al::axis<batch> {} batch;
//   inline constexpr struct seq final : al::axis<seq> {} seq;
//   inline constexpr auto traffic = al::product(batch.in<1, 4>, seq.in<64, 128>);   // four gears
//
// A gear set is a compile-time expression: `zip` moves its members together, `product` combines them freely,
// and they nest. It only describes; its gears are counted and indexed by plain arithmetic (gear_table below),
// never held as types. An axis named twice has to agree with itself: combinations in which it does not are no
// gears.

#include <airloom/shape/extent.hpp>
#include <string_view>
#include <type_traits>
#include <utility>

/// A namespace of its own: g++ leaves out of a type's name what the function that prints it stands in.
namespace airloom_spelling {

/// The name of a type as this compiler spells it, with namespaces and template arguments.
template <class T>
constexpr std::string_view spelled_name() {
  const std::string_view text = __PRETTY_FUNCTION__;
  const std::size_t begin = text.find("T = ") + 4;
  const std::size_t end = text.find("; std::string_view = ", begin);  // g++ adds what the alias stands for
  return text.substr(begin, (end == std::string_view::npos ? text.size() - 1 : end) - begin);
}

}  // namespace airloom_spelling

namespace airloom {

/// The most gears of one set that an Ascend chip takes by default (CANN documentation of dynamic_dims).
inline constexpr std::size_t default_gear_limit = 100;
/// What Ascend 950 takes; ask for it with `al::product<al::ascend_950_gear_limit>(…)`.
inline constexpr std::size_t ascend_950_gear_limit = 256;

// --- what a wrong gear set says ---
/// What stands in for a gear set that was refused; everything that takes a gear set passes it on in silence.
struct no_gears {};

// The words of the errors: never defined, only read.
template <class... Axis>
struct axis_named;
template <std::int64_t... Sizes>
struct sizes;
template <std::size_t Length>
struct length;
template <std::size_t Count>
struct gears_in_all;
template <std::size_t Count>
struct at_most;
template <class Axis, std::int64_t Size>
struct where;
struct a_ladder_needs_at_least_one_size;
struct every_size_is_at_least_one;
struct zip_needs_members_of_one_length;
struct an_axis_has_one_ladder;
struct too_many_gears;
struct the_axis_never_agrees_with_itself;
struct no_such_gear;
struct zip_and_product_take_ladders_and_gear_sets;
struct too_many_axes;

template <class Rule, class... Because>
inline constexpr bool gears_hold = false;

/// The one error of a wrong gear set: the rule that is broken, and by what. g++ prints the class first, clang
/// the requirement, so both open with the reason.
template <class Rule, class... Because>
struct gear_error : no_gears {
  static_assert(gears_hold<Rule, Because...>,
                "this gear set breaks a rule (the template arguments name the rule and what breaks it)");
};

// --- axes and ladders ---
using airloom_spelling::spelled_name;

/// The name of a type as its declaration spells it, without namespaces.
template <class T>
constexpr std::string_view short_name() {
  const std::string_view text = spelled_name<T>();
  const std::size_t colon = text.substr(0, text.find('<')).rfind(':');
  return colon == std::string_view::npos ? text : text.substr(colon + 1);
}

/// A run-time choice of one axis: `batch(4)`.
struct setting {
  std::string_view axis;
  std::int64_t size = 0;
};

/// The same choice as a compile-time value, as `al::gear<traffic, batch(4), seq(128)>` takes it.
template <class Axis>
struct axis_setting {
  std::int64_t size = 0;
  constexpr operator setting() const {
    return {short_name<Axis>(), size};
  }  // NOLINT(google-explicit-constructor)
};

/// The sizes that one axis takes: a gear set of one axis.
template <class Axis, std::int64_t... Sizes>
struct ladder {
  static constexpr std::size_t raw_gears = sizeof...(Sizes);
  static constexpr std::int64_t values[sizeof...(Sizes)]{Sizes...};

  /// The size of axis `Asked` in a raw gear; 0 where this set does not move it.
  template <class Asked>
  static constexpr std::int64_t raw_size(std::size_t gear) {
    if constexpr (std::is_same_v<Asked, Axis>) return values[gear];
    return 0;
  }
};

template <class Axis, std::int64_t... Sizes>
constexpr auto make_ladder() {
  if constexpr (sizeof...(Sizes) == 0)
    return gear_error<a_ladder_needs_at_least_one_size, axis_named<Axis>>{};
  else if constexpr (((Sizes < 1) || ...))
    return gear_error<every_size_is_at_least_one, axis_named<Axis>, sizes<Sizes...>>{};
  else
    return ladder<Axis, Sizes...>{};
}

/// A named dimension that has gears. Declared once, so that every compiler prints its name:
///   inline constexpr struct batch final : al::axis<batch> {} batch;
/// `batch.in<1, 4>` is its ladder, `batch(4)` a choice among the gears, `batch * seq` an extent.
template <class Derived>
struct axis {
  using axis_type = Derived;
  template <std::int64_t... Sizes>
  static constexpr decltype(make_ladder<Derived, Sizes...>()) in{};  // `auto` here confuses clang 16
  constexpr axis_setting<Derived> operator()(std::int64_t size) const { return {size}; }
};

template <class T>
concept is_axis = std::is_base_of_v<axis<T>, T>;

// --- combinations ---
/// Members that move together: gear i of the set is gear i of every member.
template <class... Members>
struct zip_set {
  static constexpr std::size_t raw_gears = [] {
    std::size_t count = 1;
    ((count = Members::raw_gears), ...);
    return count;
  }();

  /// As ladder::raw_size; -1 where two members contradict each other.
  template <class Asked>
  static constexpr std::int64_t raw_size(std::size_t gear) {
    std::int64_t found = 0;
    ((found = agree(found, Members::template raw_size<Asked>(gear))), ...);
    return found;
  }
  static constexpr std::int64_t agree(std::int64_t left, std::int64_t right) {
    if (left == 0 || left == right) return right == 0 ? left : right;
    return right == 0 ? left : -1;
  }
};

/// All combinations of the members' gears; the last member varies fastest.
template <class... Members>
struct product_set {
  static constexpr std::size_t raw_gears = (Members::raw_gears * ... * std::size_t{1});

  template <class Asked>
  static constexpr std::int64_t raw_size(std::size_t gear) {
    std::int64_t found = 0;
    std::size_t stride = raw_gears;
    ((stride /= Members::raw_gears,
      found = zip_set<>::agree(found, Members::template raw_size<Asked>(gear / stride % Members::raw_gears))),
     ...);
    return found;
  }
};

// --- the axes of a set ---
template <class... Axes>
struct axis_list {
  static constexpr std::size_t count = sizeof...(Axes);
  /// The place of `Axis`; `count` where the set does not have it.
  template <class Axis>
  static constexpr std::size_t index() {
    std::size_t place = 0;
    static_cast<void>(((std::is_same_v<Axis, Axes> || (++place, false)) || ...));
    return place;
  }
  static constexpr std::string_view names[sizeof...(Axes) + 1]{short_name<Axes>()..., ""};
};

template <class... Axes>
constexpr axis_list<Axes...> merge_axes(axis_list<Axes...> left, axis_list<>) {
  return left;
}
template <class... Axes, class First, class... Rest>
constexpr auto merge_axes(axis_list<Axes...>, axis_list<First, Rest...>) {
  if constexpr ((std::is_same_v<Axes, First> || ...))
    return merge_axes(axis_list<Axes...>{}, axis_list<Rest...>{});
  else
    return merge_axes(axis_list<Axes..., First>{}, axis_list<Rest...>{});
}

template <class Axis, std::int64_t... Sizes>
constexpr axis_list<Axis> axes_of(ladder<Axis, Sizes...>) {
  return {};
}
template <class List>
constexpr List axes_of_all(List list) {
  return list;
}
template <class List, class First, class... Rest>
constexpr auto axes_of_all(List list, First first, Rest... rest) {
  return axes_of_all(merge_axes(list, axes_of(first)), rest...);
}
template <class... Members>
constexpr auto axes_of(zip_set<Members...>) {
  return axes_of_all(axis_list<>{}, Members{}...);
}
template <class... Members>
constexpr auto axes_of(product_set<Members...>) {
  return axes_of_all(axis_list<>{}, Members{}...);
}

// --- the gears of a set ---
/// The distinct gears of a set in order of first occurrence, as TorchAir merges them: a table of numbers.
template <std::size_t Axes, std::size_t Raw>
struct gear_rows {
  std::int64_t sizes[(Axes == 0 ? 1 : Axes) * (Raw == 0 ? 1 : Raw)]{};
  std::size_t gears = 0;

  constexpr bool contains(const std::int64_t (&row)[Axes + 1]) const {
    for (std::size_t gear = 0; gear != gears; ++gear) {
      bool same = true;
      for (std::size_t axis = 0; axis != Axes && same; ++axis) same = sizes[gear * Axes + axis] == row[axis];
      if (same) return true;
    }
    return false;
  }
};

template <class Set, class List>
struct gear_table_of;

template <class Set, class... Axes>
struct gear_table_of<Set, axis_list<Axes...>> {
  using axes = axis_list<Axes...>;
  static constexpr std::size_t axis_count = sizeof...(Axes);

  // No more rows are kept than the largest limit plus one: enough to see that there are too many.
  static constexpr std::size_t kept =
      Set::raw_gears > ascend_950_gear_limit + 1 ? ascend_950_gear_limit + 1 : Set::raw_gears;

  static constexpr auto rows = [] {
    gear_rows<axis_count, kept> result;
    for (std::size_t raw = 0; raw != Set::raw_gears && result.gears != kept; ++raw) {
      const std::int64_t row[axis_count + 1]{Set::template raw_size<Axes>(raw)..., 0};
      bool agrees = true;
      for (std::size_t axis = 0; axis != axis_count; ++axis) agrees = agrees && row[axis] > 0;
      if (!agrees || result.contains(row)) continue;
      for (std::size_t axis = 0; axis != axis_count; ++axis)
        result.sizes[result.gears * axis_count + axis] = row[axis];
      ++result.gears;
    }
    return result;
  }();
  static constexpr gear_view view{rows.sizes, rows.gears, axis_count};
};

template <class Set>
using gear_table = gear_table_of<Set, decltype(axes_of(Set{}))>;

template <class Set>
inline constexpr std::size_t gear_count = gear_table<Set>::view.gears;

/// The gear with these sizes (one an axis, in the order of the set's axes); `no_gear` where there is none.
constexpr std::size_t find_gear(const gear_view& gears, const std::int64_t* row) {
  for (std::size_t gear = 0; gear != gears.gears; ++gear) {
    bool same = true;
    for (std::size_t axis = 0; axis != gears.axes && same; ++axis) same = gears.size(gear, axis) == row[axis];
    if (same) return gear;
  }
  return no_gear;
}

/// Whether every size that `Left` gives the axis is one that `Right` gives it.
template <class Left, class Right, class Axis>
constexpr bool sizes_within() {
  for (std::size_t l = 0; l != Left::raw_gears; ++l) {
    bool found = false;
    for (std::size_t r = 0; r != Right::raw_gears && !found; ++r)
      found = Left::template raw_size<Axis>(l) == Right::template raw_size<Axis>(r);
    if (!found) return false;
  }
  return true;
}

template <class T>
inline constexpr bool is_gear_set = false;
template <class Axis, std::int64_t... Sizes>
inline constexpr bool is_gear_set<ladder<Axis, Sizes...>> = true;
template <class... Members>
inline constexpr bool is_gear_set<zip_set<Members...>> = true;
template <class... Members>
inline constexpr bool is_gear_set<product_set<Members...>> = true;

template <class Set, class Axis>
constexpr bool moves_axis =
    decltype(axes_of(Set{}))::template index<Axis>() != decltype(axes_of(Set{}))::count;

template <class Left, class Right, class Axis>
constexpr bool ladders_differ() {
  if constexpr (!moves_axis<Left, Axis> || !moves_axis<Right, Axis>)
    return false;
  else
    return !sizes_within<Left, Right, Axis>() || !sizes_within<Right, Left, Axis>();
}

template <class T>
inline constexpr bool is_bare_ladder = false;
template <class Axis, std::int64_t... Sizes>
inline constexpr bool is_bare_ladder<ladder<Axis, Sizes...>> = true;

/// The first axis that two of the members give different ladders; an empty list where there is none.
template <class... Members>
struct member_pairs {
  template <class Axis, class Left>
  static constexpr bool differs_from_any() {
    return (ladders_differ<Left, Members, Axis>() || ...);
  }
  template <class Axis>
  static constexpr bool clashes() {
    return (differs_from_any<Axis, Members>() || ...);
  }
};

template <class Pairs>
constexpr auto clashing_axis(axis_list<>) {
  return axis_list<>{};
}
template <class Pairs, class First, class... Rest>
constexpr auto clashing_axis(axis_list<First, Rest...>) {
  if constexpr (Pairs::template clashes<First>())
    return axis_list<First>{};
  else
    return clashing_axis<Pairs>(axis_list<Rest...>{});
}

/// `Set` itself where it keeps the rules, else the error that says which one it breaks.
template <std::size_t Limit, class Set, class... Members>
constexpr auto checked_set() {
  using axes = decltype(axes_of(Set{}));
  using clash = decltype(clashing_axis<member_pairs<Members...>>(axes{}));
  if constexpr (axes::count > max_axes)
    return gear_error<too_many_axes, length<axes::count>, at_most<max_axes>>{};
  else if constexpr (clash::count != 0)
    return gear_error<an_axis_has_one_ladder, clash>{};
  else if constexpr (gear_count<Set> == 0)
    return gear_error<the_axis_never_agrees_with_itself, axes>{};
  else if constexpr (gear_count<Set> > Limit) {
    constexpr std::size_t in_all = gear_table<Set>::kept < Set::raw_gears ? Set::raw_gears : gear_count<Set>;
    return gear_error<too_many_gears, gears_in_all<in_all>, at_most<Limit>>{};
  } else
    return Set{};
}

template <std::size_t Limit, template <class...> class Combined, class... Members>
constexpr auto combine(Members...) {
  if constexpr ((std::is_base_of_v<no_gears, Members> || ...))
    return no_gears{};
  else if constexpr (!(is_gear_set<Members> && ...))
    return gear_error<zip_and_product_take_ladders_and_gear_sets, Members...>{};
  else
    return checked_set<Limit, Combined<Members...>, Members...>();
}

/// The members move together: `zip(batch.in<1, 4>, seq.in<64, 128>)` has two gears, (1, 64) and (4, 128).
/// Needs    members of one length; no axis with two different ladders; at most Limit distinct gears.
template <std::size_t Limit = default_gear_limit, class... Members>
constexpr auto zip(Members... members) {
  if constexpr (((std::is_base_of_v<no_gears, Members> || !is_gear_set<Members>) || ...))
    return combine<Limit, zip_set>(members...);
  else {
    constexpr std::size_t lengths[]{Members::raw_gears...};
    constexpr bool equal = ((Members::raw_gears == lengths[0]) && ...);
    if constexpr (equal)
      return combine<Limit, zip_set>(members...);
    else
      return gear_error<zip_needs_members_of_one_length, length<Members::raw_gears>...>{};
  }
}

/// All combinations: `product(batch.in<1, 4>, seq.in<64, 128>)` has four gears, the last member varying
/// fastest. Needs    no axis with two different ladders; at most Limit distinct gears.
template <std::size_t Limit = default_gear_limit, class... Members>
constexpr auto product(Members... members) {
  return combine<Limit, product_set>(members...);
}

/// The gear set of a model whose sizes are all numbers: one gear, no axis.
inline constexpr product_set<> static_model{};

// --- choosing a gear ---
template <class T>
struct axis_of_setting;
template <class Axis>
struct axis_of_setting<axis_setting<Axis>> {
  using type = Axis;
};

/// The number of the gear that the settings choose, checked while compiling:
///   al::gear<traffic, al::settings<batch(4), seq(128)>>   (or shorter, al::gear<traffic, batch(4),
///   seq(128)>)
/// Needs    every axis of the set once; sizes that one gear has.
template <auto Set, auto... Settings>
constexpr auto choose_gear() {
  using set = std::remove_cvref_t<decltype(Set)>;
  if constexpr (std::is_base_of_v<no_gears, set>)
    return no_gears{};
  else {
    using table = gear_table<set>;
    constexpr std::size_t chosen = [] {
      std::int64_t row[max_axes + 1]{};
      ((row[table::axes::template index<
            typename axis_of_setting<std::remove_cvref_t<decltype(Settings)>>::type>()] = Settings.size),
       ...);
      return find_gear(table::view, row);
    }();
    if constexpr (chosen == no_gear)
      return gear_error<
          no_such_gear,
          where<typename axis_of_setting<std::remove_cvref_t<decltype(Settings)>>::type, Settings.size>...>{};
    else
      return std::integral_constant<std::size_t, chosen>{};
  }
}
template <auto Set, auto... Settings>
inline constexpr auto gear = choose_gear<Set, Settings...>();

}  // namespace airloom
