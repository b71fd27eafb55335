#include <fmt/format.h>
#include <fmt/ranges.h>
#include <airloom/compare/compare.hpp>
#include <airloom/error.hpp>
#include <algorithm>

namespace airloom::compare {

namespace {

/// The tolerance of single elements; none where only the tensor as a whole is judged.
std::optional<double> absolute_limit(const thresholds& limits, dtype golden) {
  constexpr dtype_set exact =
      set_of(dtype::boolean, dtype::i16, dtype::u16, dtype::i32, dtype::u32, dtype::i64, dtype::u64);
  if (limits.absolute || !exact.contains(golden)) return limits.absolute;
  return 0.0;
}

/// Collects what is out of its limits. A measured NaN (sums beyond double) is never within them.
class judgement {
 public:
  void at_least(double limit, double measured, std::string_view what) {
    if (!(measured >= limit)) add(what, measured, "at least", limit);
  }
  void at_most(double limit, double measured, std::string_view what) {
    if (!(measured <= limit)) add(what, measured, "at most", limit);
  }
  void say(std::string sentence) { reasons_.push_back(std::move(sentence)); }

  std::vector<std::string> reasons() && { return std::move(reasons_); }

 private:
  void add(std::string_view what, double measured, std::string_view bound, double limit) {
    say(fmt::format("The {} is {:.9g} and has to be {} {:.9g}.", what, measured, bound, limit));
  }

  std::vector<std::string> reasons_;
};

std::vector<std::string> judge(const metrics& measured, const thresholds& limits, dtype golden) {
  judgement verdict;
  if (measured.non_finite_disagreements != 0)
    verdict.say(fmt::format("In {} places a value that is not finite stands against another value.",
                            measured.non_finite_disagreements));
  verdict.at_least(limits.cosine, measured.cosine, "cosine similarity");
  verdict.at_most(limits.relative_distance, measured.relative_distance, "relative distance");
  if (const std::optional<double> absolute = absolute_limit(limits, golden)) {
    verdict.at_most(*absolute, measured.largest_absolute_error, "largest absolute error");
    verdict.at_most(*absolute, measured.largest_error_at_zero, "largest error where the golden value is 0");
  }
  if (limits.relative)
    verdict.at_most(*limits.relative, measured.largest_relative_error, "largest relative error");
  return std::move(verdict).reasons();
}

/// Why two tensors cannot be measured against each other; empty where they can.
std::string obstacle(const tensor_comparison& pair) {
  for (const dtype type : {pair.golden_type, pair.mine_type})
    if (!is_measurable(type)) return fmt::format("Tensors of {} cannot be measured.", name_of(type));
  if (pair.golden_shape != pair.mine_shape)
    return fmt::format("The golden shape is [{}] and mine is [{}].", fmt::join(pair.golden_shape, ", "),
                       fmt::join(pair.mine_shape, ", "));
  return {};
}

}  // namespace

bool report::agrees() const {
  return missing.empty() && extra.empty() &&
         std::all_of(tensors.begin(), tensors.end(), [](const tensor_comparison& t) { return t.agrees(); });
}

tensor_comparison compare(const weights::array& golden, const weights::array& mine,
                          const thresholds& limits) {
  tensor_comparison pair{{}, golden.type, mine.type, golden.shape, mine.shape, {}, {}};
  if (const std::string why = obstacle(pair); !why.empty()) {
    pair.reasons.push_back(why);
    return pair;
  }
  pair.measured = measure(golden, mine);
  pair.reasons = judge(*pair.measured, limits, golden.type);
  return pair;
}

report compare(std::span<const weights::named_array> golden, std::span<const weights::named_array> mine,
               const thresholds& limits) {
  if (golden.empty())
    throw error{error_code::compare_failed, "The golden side holds no tensor.",
                "Name a file or folder that holds the trusted values."};
  report result;
  for (const weights::named_array& trusted : golden) {
    const weights::array* counterpart = weights::find(mine, trusted.name);
    if (counterpart == nullptr) {
      result.missing.push_back(trusted.name);
      continue;
    }
    result.tensors.push_back(compare(trusted.value, *counterpart, limits));
    result.tensors.back().name = trusted.name;
  }
  for (const weights::named_array& given : mine)
    if (weights::find(golden, given.name) == nullptr) result.extra.push_back(given.name);
  return result;
}

}  // namespace airloom::compare
