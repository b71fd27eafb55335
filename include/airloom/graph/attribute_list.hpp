#pragma once
// Attributes in the light, fixed-size form that a recorded step carries and a shape rule reads. The graph's
// own attributes (graph/attribute.hpp) hold every kind that a file may have; rules only ever read these few.

#include <airloom/dtype.hpp>
#include <initializer_list>

namespace airloom {

/// The kinds of attribute that an operator's prototype may declare.
enum class attribute_kind : std::uint8_t {
  none,
  integer,
  real,
  boolean,
  text,
  element_type,
  integers,
  reals,
  booleans,
  texts,
  element_types,
  tensor,
};

/// One attribute's value. A list lies in the pool of the attribute_list that holds it, or elsewhere.
struct attribute_value {
  attribute_kind kind = attribute_kind::none;
  std::int64_t integer = 0;  ///< also boolean (0 or 1) and element_type (the ge number)
  double real = 0;
  std::string_view text;
  const std::int64_t* elsewhere = nullptr;  ///< the list, where it does not lie in the pool
  std::uint32_t count = 0;                  ///< of a list
  std::uint8_t first = 0;                   ///< of a list, in the pool
  bool is_elsewhere = false;

  constexpr bool is_set() const { return kind != attribute_kind::none; }
};
inline constexpr attribute_value attribute_not_set{};

struct named_attribute {
  std::string_view name;
  attribute_value value;
};

/// A few attributes by name, with a pool for their lists.
struct attribute_list {
  static constexpr std::size_t max_entries = 16;
  static constexpr std::size_t max_pool = 64;

  named_attribute entries[max_entries]{};
  std::int64_t pool[max_pool]{};
  std::uint8_t count = 0;
  std::uint8_t pooled = 0;

  constexpr void operator()(std::string_view name, bool value) {
    add(name, attribute_kind::boolean).integer = value ? 1 : 0;
  }
  constexpr void operator()(std::string_view name, std::int64_t value) {
    add(name, attribute_kind::integer).integer = value;
  }
  constexpr void operator()(std::string_view name, int value) { (*this)(name, std::int64_t{value}); }
  constexpr void operator()(std::string_view name, double value) {
    add(name, attribute_kind::real).real = value;
  }
  constexpr void operator()(std::string_view name, dtype value) {
    add(name, attribute_kind::element_type).integer = ge_number(value);
  }
  constexpr void operator()(std::string_view name, std::string_view value) {
    add(name, attribute_kind::text).text = value;
  }
  constexpr void operator()(std::string_view name, const char* value) {
    (*this)(name, std::string_view{value});
  }
  constexpr void operator()(std::string_view name, std::initializer_list<std::int64_t> values) {
    integers(name, values.begin(), values.size());
  }
  /// A list of integers, kept here: as long as a shape or less.
  constexpr void integers(std::string_view name, const std::int64_t* values, std::size_t length) {
    attribute_value& value = add(name, attribute_kind::integers);
    value.first = pooled;
    value.count = static_cast<std::uint32_t>(length);
    for (std::size_t i = 0; i != length; ++i) pool[pooled++] = values[i];
  }
  /// A list of integers that stays where it is, and has to stay there as long as it is read.
  constexpr void integers_at(std::string_view name, const std::int64_t* values, std::size_t length) {
    attribute_value& value = add(name, attribute_kind::integers);
    value.elsewhere = values;
    value.is_elsewhere = true;
    value.count = static_cast<std::uint32_t>(length);
  }

  /// The attribute of this name, or one that is not set. No pointer: g++ 12 with -fsanitize=undefined refuses
  /// to compare the address of a constant with null in constant evaluation.
  constexpr const attribute_value& operator[](std::string_view name) const {
    for (std::size_t i = 0; i != count; ++i)
      if (entries[i].name == name) return entries[i].value;
    return attribute_not_set;
  }
  constexpr const std::int64_t* list(const attribute_value& value) const {
    return value.is_elsewhere ? value.elsewhere : pool + value.first;
  }

 private:
  constexpr attribute_value& add(std::string_view name, attribute_kind kind) {
    // Prototypes declare at most max_entries attributes that rules read; a longer list is a fault of ours.
    named_attribute& entry = entries[count < max_entries ? count++ : max_entries - 1];
    entry.name = name;
    entry.value = {};
    entry.value.kind = kind;
    return entry.value;
  }
};

inline constexpr attribute_list no_attributes{};

}  // namespace airloom
