#include <doctest/doctest.h>
#include <airloom/shape/shape.hpp>

namespace al = airloom;

namespace {

inline constexpr struct batch final : al::axis<batch> {
} batch;
inline constexpr struct seq final : al::axis<seq> {
} seq;
inline constexpr struct elsewhere final : al::axis<elsewhere> {
} elsewhere;
using axes = al::axis_list<struct batch, struct seq>;

template <class Shape>
struct source {
  static constexpr const al::shape_value& value = al::value_of_shape<axes, Shape>::value;
};
/// From a type to its value and back to a type.
template <class Shape>
using renamed = al::named_shape<axes, source<Shape>>;

}  // namespace

TEST_CASE("a shape type names its value and the value names the type") {
  static_assert(std::is_same_v<renamed<al::shape<>>, al::shape<>>);
  static_assert(std::is_same_v<renamed<al::shape<batch, 768>>, al::shape<batch, 768>>);
  static_assert(std::is_same_v<renamed<al::shape<batch, 0>>, al::shape<batch, 0>>);
  static_assert(std::is_same_v<renamed<al::shape<batch * seq, 4>>, al::shape<al::times<batch, seq>{}, 4>>);
  static_assert(std::is_same_v<renamed<al::shape<std::int64_t{5}>>, al::shape<5>>);
}

TEST_CASE("expressions that mean the same get the same name") {
  static_assert(std::is_same_v<renamed<al::shape<seq * batch>>, renamed<al::shape<batch * seq>>>);
  static_assert(std::is_same_v<renamed<al::shape<batch + batch>>, renamed<al::shape<al::size<2> * batch>>>);
  static_assert(std::is_same_v<renamed<al::shape<seq + al::size<1> + batch>>,
                               renamed<al::shape<batch + seq + al::size<1>>>>);
}

TEST_CASE("an axis that the gear set does not have cannot be valued") {
  static_assert(!al::value_of_shape<axes, al::shape<elsewhere, 2>>::value.is_known());
}
