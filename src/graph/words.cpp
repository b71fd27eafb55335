#include "graph/words.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <range/v3/range/conversion.hpp>
#include <range/v3/view/iota.hpp>
#include <range/v3/view/transform.hpp>

namespace airloom {

namespace {

std::string name_of_part(const operator_entry& definition, int part) {
  const std::string_view name = definition.part_name(part);
  return name.empty() ? fmt::format("input {}", part) : std::string{name};
}

std::string words_of_place(const gear_set& gears, std::size_t gear) {
  if (gear == no_gear || gears.axes.empty()) return {};
  return fmt::format(" in gear {} of {} ({})", gear + 1, gears.gears, words_of_gear(gears, gear));
}

std::string words_of_need(const finding& f, const operator_entry& definition) {
  const auto part = [&](int number) { return name_of_part(definition, number); };
  const auto type = [](std::int64_t number) { return name_of(from_ge_number(number)); };
  switch (f.need) {
    case relation::holds:
      return "nothing is wrong";
    case relation::equal:
      return fmt::format("{} is {} but has to equal {}, which is {}", part(f.left), f.left_size,
                         part(f.right), f.right_size);
    case relation::equal_or_one:
      return fmt::format("{} is {} and {} is {}; they have to be equal, or one of them 1", part(f.left),
                         f.left_size, part(f.right), f.right_size);
    case relation::at_least:
      if (f.left == f.right)
        return fmt::format("{} is {} but has to be at least {}", part(f.left), f.left_size, f.right_size);
      return fmt::format("{} is {} but has to be at least {}, which is {}", part(f.left), f.left_size,
                         part(f.right), f.right_size);
    case relation::below:
      return fmt::format("{} is {} but has to be below {}", part(f.left), f.left_size, f.right_size);
    case relation::divides:
      return fmt::format("{} is {}, which {} = {} does not divide", part(f.left), f.left_size, part(f.right),
                         f.right_size);
    case relation::rank:
      return fmt::format("{} has rank {} but needs rank {}", part(f.left), f.left_size, f.right_size);
    case relation::rank_at_least:
      return fmt::format("{} has rank {} but needs at least {}", part(f.left), f.left_size, f.right_size);
    case relation::rank_at_most:
      return fmt::format("{} has rank {} but may have at most {}", part(f.left), f.left_size, f.right_size);
    case relation::same_dtype:
      return fmt::format("{} is {} but {} is {}; they have to be of one element type", part(f.left),
                         type(f.left_size), part(f.right), type(f.right_size));
    case relation::dtype_accepted:
      return fmt::format("{} is {}, which {} does not take", part(f.left), type(f.left_size),
                         definition.ir->type);
    case relation::fed:
      return fmt::format("{} is not fed", part(f.left));
    case relation::contents_known:
      return fmt::format("the contents of {} have to be known before running", part(f.left));
    case relation::exactly:
      return fmt::format("{} is {} but has to be {}", part(f.left), f.left_size, f.right_size);
    case relation::text_known:
      return fmt::format("the attribute '{}' says a word that {} does not know",
                         definition.ir->attributes[f.left].name, definition.ir->type);
    case relation::attribute_set:
      return fmt::format("the required attribute '{}' is missing", definition.ir->attributes[f.left].name);
    case relation::expressible:
      return fmt::format("the size of output {} is no polynomial over the axes with whole coefficients",
                         f.left);
  }
  return {};
}

}  // namespace

std::string words_of_gear(const gear_set& gears, std::size_t gear) {
  const auto sizes = ranges::views::iota(std::size_t{0}, gears.axes.size()) |
                     ranges::views::transform([&](std::size_t axis) {
                       return fmt::format("{} = {}", gears.axes[axis], gears.view().size(gear, axis));
                     });
  return fmt::format("{}", fmt::join(sizes | ranges::to<std::vector>, ", "));
}

std::string words_of(const finding& found, const operator_entry& definition, const gear_set& gears) {
  std::string text = words_of_need(found, definition);
  if (found.dimension >= 0) text += fmt::format(", at dimension {}", found.dimension);
  return text + words_of_place(gears, found.gear) + ".";
}

}  // namespace airloom
