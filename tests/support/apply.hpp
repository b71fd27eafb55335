#pragma once
// One application of an operator's rule to shapes written as literals, and what it says.

#include <airloom/graph/rule.hpp>
#include <deque>
#include <stdexcept>
#include <vector>

#include "graphs.hpp"

namespace test {

/// What a rule found and wrote.
struct applied {
  airloom::finding found;
  std::vector<airloom::shape_value> shapes;
  std::vector<airloom::dtype> types;
  std::vector<airloom::extent> values;
  bool has_values = false;

  bool holds() const { return found.holds(); }
};

/// test::apply{"MatMul"}.input(f16, {3, 5}).input(f16, {4, 2}).unfed().run()
class apply {
 public:
  explicit apply(std::string_view type) : entry_{airloom::find_operator(type)} {
    if (entry_ == nullptr) throw std::invalid_argument{"no such operator: " + std::string{type}};
  }

  apply& in(const airloom::gear_view& gears) {
    gears_ = gears;
    return *this;
  }
  apply& input(airloom::dtype type, const airloom::shape_value& shape) {
    shapes_.push_back(shape);
    inputs_.push_back({true, type, &shapes_.back()});
    return *this;
  }
  apply& input(airloom::dtype type, std::initializer_list<airloom::extent> extents) {
    return input(type, shape(extents));
  }
  /// An input whose contents are known: these numbers, row by row.
  apply& input(airloom::dtype type, const airloom::shape_value& shape, std::vector<airloom::extent> values) {
    input(type, shape);
    values_.push_back(std::move(values));
    inputs_.back().values = values_.back().data();
    inputs_.back().value_count = values_.back().size();
    return *this;
  }
  /// A list of integers, or with `scalar` a number, as axes and sizes are given.
  apply& list(std::vector<airloom::extent> values) {
    const auto count = static_cast<std::int64_t>(values.size());
    return input(airloom::i64, shape({count}), std::move(values));
  }
  apply& scalar(const airloom::extent& value) { return input(airloom::i64, shape({}), {value}); }
  apply& unfed() {
    inputs_.emplace_back();
    return *this;
  }
  template <class Value>
  apply& set(std::string_view name, const Value& value) {
    attributes_(name, value);
    return *this;
  }
  apply& set(std::string_view name, std::initializer_list<std::int64_t> values) {
    attributes_(name, values);
    return *this;
  }
  apply& attributes(const airloom::attribute_list& all) {
    attributes_ = all;
    return *this;
  }
  apply& outputs(std::size_t count) {
    outputs_ = count;
    return *this;
  }

  applied run() const {
    const std::size_t count = outputs_ == 0 ? entry_->ir->output_count : outputs_;
    applied result;
    result.shapes.resize(count);
    result.types.resize(count, airloom::dtype::undefined);
    result.values.resize(64);
    airloom::inference_outputs out{result.shapes.data(), result.types.data(), count, result.values.data(),
                                   result.values.size()};
    airloom::inference rule{*entry_->ir, gears_, inputs_.data(), inputs_.size(), attributes_, out};
    rule.run();
    result.found = rule.found();
    result.values.resize(out.value_count);
    result.has_values = out.has_values;
    return result;
  }
  /// The name of a part of the operator, as findings number them.
  std::string_view part(int number) const { return entry_->part_name(number); }

 private:
  const airloom::operator_entry* entry_;
  airloom::gear_view gears_{};
  std::deque<airloom::shape_value> shapes_;
  std::deque<std::vector<airloom::extent>> values_;
  std::vector<airloom::inference_input> inputs_;
  airloom::attribute_list attributes_;
  std::size_t outputs_ = 0;
};

}  // namespace test
