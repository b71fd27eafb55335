#pragma once
// The gears that the operators' tests share.

#include <airloom/model/record.hpp>

namespace test {

inline constexpr struct batch final : airloom::axis<batch> {
} batch;
inline constexpr struct seq final : airloom::axis<seq> {
} seq;

/// Four gears: (1, 64), (1, 128), (4, 64), (4, 128).
inline constexpr auto free = airloom::product(batch.in<1, 4>, seq.in<64, 128>);
/// Two gears: (2, 2), (3, 3): the axes have different names and one size.
inline constexpr auto tied = airloom::zip(batch.in<2, 3>, seq.in<2, 3>);

template <airloom::dtype Type, auto... Extents>
using plain = airloom::tensor<decltype(airloom::product()), Type, airloom::shape<Extents...>>;
template <airloom::dtype Type, auto... Extents>
using geared = airloom::tensor<std::remove_cvref_t<decltype(free)>, Type, airloom::shape<Extents...>>;
template <airloom::dtype Type, auto... Extents>
using tied_tensor = airloom::tensor<std::remove_cvref_t<decltype(tied)>, Type, airloom::shape<Extents...>>;

/// The gears of `free` and `tied` as rules see them: axis 0 is batch, axis 1 is seq.
inline constexpr airloom::gear_view free_view =
    airloom::gear_table<std::remove_cvref_t<decltype(free)>>::view;
inline constexpr airloom::gear_view tied_view =
    airloom::gear_table<std::remove_cvref_t<decltype(tied)>>::view;
inline const airloom::extent batch_extent = airloom::extent::of_axis(0);
inline const airloom::extent seq_extent = airloom::extent::of_axis(1);

template <class Result, class Expected>
concept is = std::is_same_v<Result, Expected>;

}  // namespace test
