#include "host/kernel.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>

namespace airloom::host {

namespace {

std::string types_of(const preparation& op) {
  std::vector<std::string_view> types;
  for (std::size_t i = 0; i != op.input_count(); ++i)
    if (op.fed(i)) types.push_back(name_of(op.input(i).type));
  return fmt::format("{}", fmt::join(types, ", "));
}

}  // namespace

const attribute::value_type* preparation::find(std::string_view name) const {
  const attribute* found = op_.find(name);
  return found == nullptr || found->get<std::monostate>() != nullptr ? nullptr : &found->value;
}

const attribute_list& preparation::defaults() const {
  return op_.definition == nullptr ? no_attributes : op_.definition->ir->defaults;
}

std::int64_t preparation::integer(std::string_view name) const {
  if (const attribute::value_type* value = find(name)) {
    if (const auto* number = std::get_if<std::int64_t>(value)) return *number;
    if (const auto* flag = std::get_if<bool>(value)) return *flag ? 1 : 0;
    if (const auto* type = std::get_if<dtype>(value)) return ge_number(*type);
  }
  return defaults()[name].integer;
}

double preparation::real(std::string_view name) const {
  if (const attribute::value_type* value = find(name))
    if (const auto* number = std::get_if<float>(value)) return static_cast<double>(*number);
  return defaults()[name].real;
}

std::string preparation::text(std::string_view name) const {
  if (const attribute::value_type* value = find(name))
    if (const auto* text = std::get_if<std::string>(value)) return *text;
  return std::string{defaults()[name].text};
}

std::vector<std::int64_t> preparation::integers(std::string_view name) const {
  if (const attribute::value_type* value = find(name))
    if (const auto* list = std::get_if<std::vector<std::int64_t>>(value)) return *list;
  const attribute_value& value = defaults()[name];
  const std::int64_t* first = defaults().list(value);
  return {first, first + value.count};
}

std::vector<std::size_t> preparation::sizes(std::string_view name, std::size_t count,
                                            std::int64_t least) const {
  const std::vector<std::int64_t> values = integers(name);
  if (values.size() != count ||
      std::any_of(values.begin(), values.end(), [least](std::int64_t value) { return value < least; }))
    throw error{error_code::attribute_invalid,
                fmt::format("'{}' ({}): the attribute '{}' is [{}].", op_.name, op_.type, name,
                            fmt::join(values, ", ")),
                fmt::format("It takes {} numbers of at least {}.", count, least)};
  return {values.begin(), values.end()};
}

std::size_t preparation::input_named(std::string_view name) const {
  const prototype& ir = *op_.definition->ir;
  for (std::size_t i = 0; i != inputs_.size(); ++i)
    if (ir.inputs[ir.port_of(i, inputs_.size())].name == name) return i;
  return inputs_.size();
}

std::vector<std::int64_t> preparation::contents_of(std::size_t input) const {
  const tensor_facts& facts = inputs_[input];
  if (facts.contents == nullptr)
    throw error{error_code::plan_failed,
                fmt::format("'{}' ({}): the contents of input {} are not known before running.", op_.name,
                            op_.type, input),
                "Make the input a constant, or compute it from constants and shapes alone."};
  std::vector<std::int64_t> values;
  for (std::size_t i = 0; i != facts.elements(); ++i) {
    if (facts.type == dtype::i64)
      values.push_back(static_cast<const std::int64_t*>(facts.contents)[i]);
    else
      values.push_back(static_cast<const std::int32_t*>(facts.contents)[i]);
  }
  return values;
}

void preparation::refuse(const std::string& what) const {
  throw error{error_code::kernel_missing,
              fmt::format("'{}': {} with {} has no kernel on the host.", op_.name, op_.type, what),
              "docs/operators.md says what the host runs."};
}

const kernel_table& all_kernels() {
  static const kernel_table table = [] {
    kernel_table made;
    add_every_family(made);
    return made;
  }();
  return table;
}

prepared prepare(const preparation& op, kernels use) {
  const kernel* found = all_kernels().find(op.type());
  prepared result;
  if (found != nullptr && found->fast != nullptr && use == kernels::fast) result = found->fast(op);
  if (found != nullptr && result.run == nullptr) result = found->reference(op);
  if (result.run == nullptr) op.refuse(fmt::format("inputs of type {}", types_of(op)));
  return result;
}

}  // namespace airloom::host
