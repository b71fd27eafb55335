#pragma once
// Shapes as types: the names of shape values.
//
// `shape<batch, 768>` is what people write and what errors print; shape_value is what rules compute with.
// This header goes from one to the other. The arguments of a shape are whole numbers, axes, and expressions
// over them: `batch * seq`, `seq + 1`.

#include <airloom/shape/gears.hpp>

namespace airloom {

/// The product of its factors, as it is printed: times<2, batch>.
template <auto... Factors>
struct times {};
/// The sum of its terms, as it is printed: plus<seq, 1>.
template <auto... Terms>
struct plus {};

/// The dimensions of a tensor, as they are written and printed.
template <auto... Extents>
struct shape {
  static constexpr std::size_t rank = sizeof...(Extents);
};

template <class T>
inline constexpr bool is_extent_expression = is_axis<T>;
template <auto... Factors>
inline constexpr bool is_extent_expression<times<Factors...>> = true;
template <auto... Terms>
inline constexpr bool is_extent_expression<plus<Terms...>> = true;

/// An axis or an expression over axes: what an extent may be besides a number.
template <class T>
concept extent_expression = is_extent_expression<T>;

template <extent_expression Left, extent_expression Right>
constexpr times<Left{}, Right{}> operator*(Left, Right) {
  return {};
}
template <extent_expression Left, extent_expression Right>
constexpr plus<Left{}, Right{}> operator+(Left, Right) {
  return {};
}
/// A number inside an extent expression: `al::size<2> * batch`, `seq + al::size<1>`.
template <std::int64_t Value>
inline constexpr times<Value> size{};

/// The polynomial that an argument of shape<…> names, over the axes of a gear set (an axis that the set does
/// not have gives `inexpressible`).
template <class Axes, auto Extent>
constexpr extent extent_of();

template <class Axes, auto... Factors>
constexpr extent extent_of_expression(times<Factors...>) {
  return (extent_of<Axes, Factors>() * ... * extent{1});
}
template <class Axes, auto... Terms>
constexpr extent extent_of_expression(plus<Terms...>) {
  return (extent_of<Axes, Terms>() + ... + extent{0});
}
template <class Axes, auto Extent>
constexpr extent extent_of() {
  using type = std::remove_cvref_t<decltype(Extent)>;
  if constexpr (std::is_integral_v<type>)
    return extent{static_cast<std::int64_t>(Extent)};
  else if constexpr (is_axis<type>) {
    constexpr std::size_t place = Axes::template index<type>();
    return place == Axes::count ? extent::inexpressible() : extent::of_axis(place);
  } else
    return extent_of_expression<Axes>(Extent);
}

/// The value of a shape type.
template <class Axes, class Shape>
struct value_of_shape;
template <class Axes, auto... Extents>
struct value_of_shape<Axes, shape<Extents...>> {
  static constexpr shape_value value = shape_value::of(extent_of<Axes, Extents>()...);
};

// --- naming a value ---
template <std::int64_t Number>
constexpr auto canonical_number() {
  if constexpr (Number >= -2147483647 && Number <= 2147483647)
    return static_cast<int>(Number);
  else
    return Number;
}

/// A list of values, used to put the parts of an expression together.
template <auto... Values>
struct parts {};
template <auto... Left, auto... Right>
constexpr parts<Left..., Right...> operator|(parts<Left...>, parts<Right...>) {
  return {};
}

template <class Axis, unsigned Power>
constexpr auto factors_of_axis() {
  return []<std::size_t... I>(std::index_sequence<I...>) {
    return parts<(static_cast<void>(I), Axis{})...>{};
  }(std::make_index_sequence<Power>{});
}

template <std::int64_t Coefficient>
constexpr auto factors_of_coefficient() {
  if constexpr (Coefficient == 1)
    return parts<>{};
  else
    return parts<canonical_number<Coefficient>()>{};
}

constexpr int as_factor(parts<>) {
  return 1;
}
template <auto Only>
constexpr auto as_factor(parts<Only>) {
  return Only;
}
template <auto First, auto Second, auto... Rest>
constexpr times<First, Second, Rest...> as_factor(parts<First, Second, Rest...>) {
  return {};
}

/// One monomial: a number, an axis, or times<…> with the coefficient in front.
template <std::int64_t Coefficient, std::uint64_t Powers, class... Axes, std::size_t... I>
constexpr auto name_monomial(axis_list<Axes...>, std::index_sequence<I...>) {
  if constexpr (Powers == 0)
    return canonical_number<Coefficient>();
  else
    return as_factor((factors_of_coefficient<Coefficient>() | ... |
                      factors_of_axis<Axes, monomial{Coefficient, Powers}.power(I)>()));
}
// A variable, so that a monomial is named once however many shapes hold it: naming is most of what an
// operator costs.
template <class Axes, std::int64_t Coefficient, std::uint64_t Powers>
inline constexpr auto monomial_name =
    name_monomial<Coefficient, Powers>(Axes{}, std::make_index_sequence<Axes::count>{});

/// The name of dimension `Dimension` of `Source::value`, a shape_value whose dimensions are all polynomials.
template <class Axes, class Source, std::size_t Dimension, std::size_t... Term>
constexpr auto name_extent(std::index_sequence<Term...>) {
  constexpr const monomial* terms = Source::value.dims[Dimension].terms;
  if constexpr (sizeof...(Term) < 2)
    return monomial_name<Axes, terms[0].coefficient, terms[0].powers>;
  else
    return plus<monomial_name<Axes, terms[Term].coefficient, terms[Term].powers>...>{};
}

template <class Axes, class Source, std::size_t... I>
constexpr auto name_dimensions(std::index_sequence<I...>) {
  constexpr bool simple = ((Source::value.dims[I].count < 2) && ...);
  if constexpr (simple)
    return shape<monomial_name<Axes, Source::value.dims[I].terms[0].coefficient,
                               Source::value.dims[I].terms[0].powers>...>{};
  else
    return shape<name_extent<Axes, Source, I>(std::make_index_sequence<Source::value.dims[I].count>{})...>{};
}

/// The shape type of `Source::value`.
template <class Axes, class Source>
using named_shape = decltype(name_dimensions<Axes, Source>(std::make_index_sequence<Source::value.rank>{}));

}  // namespace airloom
