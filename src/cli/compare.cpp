#include <fmt/format.h>
#include <fmt/ranges.h>
#include <CLI/CLI.hpp>
#include <airloom/compare/compare.hpp>
#include <nlohmann/json.hpp>

#include "arrays.hpp"
#include "output.hpp"
#include "verbs.hpp"

namespace airloom::cli {

namespace {

using compare::metrics;
using compare::report;
using compare::tensor_comparison;
using nlohmann::ordered_json;

struct compare_options {
  std::string golden;
  std::string mine;
  compare::thresholds limits;
  bool bf16 = false;
  bool json = false;
};

ordered_json json_of(const compare::non_finite_count& counts) {
  return {{"nan", counts.nan}, {"infinite", counts.infinite}};
}

ordered_json json_of(const metrics& measured) {
  return {{"cosine", measured.cosine},
          {"relative_distance", measured.relative_distance},
          {"largest_absolute_error", measured.largest_absolute_error},
          {"mean_absolute_error", measured.mean_absolute_error},
          {"largest_relative_error", measured.largest_relative_error},
          {"mean_relative_error", measured.mean_relative_error},
          {"largest_error_at_zero", measured.largest_error_at_zero},
          {"golden_non_finite", json_of(measured.golden_non_finite)},
          {"mine_non_finite", json_of(measured.mine_non_finite)},
          {"non_finite_disagreements", measured.non_finite_disagreements}};
}

ordered_json json_of(const tensor_comparison& pair) {
  return {{"name", pair.name},
          {"golden", {{"dtype", name_of(pair.golden_type)}, {"shape", pair.golden_shape}}},
          {"mine", {{"dtype", name_of(pair.mine_type)}, {"shape", pair.mine_shape}}},
          {"metrics", pair.measured ? json_of(*pair.measured) : ordered_json{}},
          {"agrees", pair.agrees()},
          {"reasons", pair.reasons}};
}

ordered_json json_of(const report& result) {
  ordered_json tensors = ordered_json::array();
  for (const tensor_comparison& pair : result.tensors) tensors.push_back(json_of(pair));
  return {{"agrees", result.agrees()},
          {"tensors", tensors},
          {"missing", result.missing},
          {"extra", result.extra}};
}

std::string numbers_of(const tensor_comparison& pair) {
  if (!pair.measured)
    return fmt::format("{:>12} {:>10} {:>10} {:>10} {:>10} {:>10}", "-", "-", "-", "-", "-", "-");
  const metrics& m = *pair.measured;
  return fmt::format("{:>12.9f} {:>10.3g} {:>10.3g} {:>10.3g} {:>10.3g} {:>10.3g}", m.cosine,
                     m.relative_distance, m.largest_absolute_error, m.mean_absolute_error,
                     m.largest_relative_error, m.mean_relative_error);
}

std::string type_and_shape_of(const tensor_comparison& pair) {
  return fmt::format("{}[{}]", name_of(pair.golden_type), fmt::join(pair.golden_shape, ", "));
}

std::string table_of(const report& result) {
  std::size_t names = 4, types = 6;
  for (const tensor_comparison& pair : result.tensors) {
    names = std::max(names, pair.name.size());
    types = std::max(types, type_and_shape_of(pair).size());
  }
  std::string text =
      fmt::format("{:<{}}  {:<{}} {:>12} {:>10} {:>10} {:>10} {:>10} {:>10}  verdict\n", "name", names,
                  "golden", types, "cosine", "distance", "max abs", "mean abs", "max rel", "mean rel");
  for (const tensor_comparison& pair : result.tensors) {
    text += fmt::format("{:<{}}  {:<{}} {}  {}\n", pair.name, names, type_and_shape_of(pair), types,
                        numbers_of(pair), pair.agrees() ? "same" : "not the same");
    for (const std::string& reason : pair.reasons) text += fmt::format("  {}\n", reason);
  }
  return text;
}

std::string verdict_of(const report& result) {
  const auto agreeing = std::count_if(result.tensors.begin(), result.tensors.end(),
                                      [](const tensor_comparison& pair) { return pair.agrees(); });
  std::string text;
  for (const std::string& name : result.missing) text += fmt::format("{}: only on the golden side\n", name);
  for (const std::string& name : result.extra) text += fmt::format("{}: not on the golden side\n", name);
  return text + fmt::format("{}: {} of {} tensors agree.\n", result.agrees() ? "The same" : "Not the same",
                            agreeing, result.tensors.size() + result.missing.size() + result.extra.size());
}

int compare_files(const compare_options& options) {
  std::vector<weights::named_array> golden = read_arrays(options.golden), mine = read_arrays(options.mine);
  if (is_npy(options.golden) != is_npy(options.mine))
    throw error{error_code::usage, "One of the two files is .npy and the other .npz.",
                "Name two files of one kind: tensors are paired by name, and an .npy file holds none."};
  if (options.bf16) {
    take_u16_for_bf16(golden);
    take_u16_for_bf16(mine);
  }
  const report result = compare::compare(golden, mine, options.limits);
  if (options.json)
    print_json(json_of(result));
  else
    print_text(table_of(result) + verdict_of(result));
  return result.agrees() ? 0 : 1;
}

}  // namespace

void add_compare(CLI::App& program, int& exit_code) {
  const auto options = std::make_shared<compare_options>();
  CLI::App* verb =
      program.add_subcommand("compare", "Say how far two sets of tensors are apart, and whether too far");
  verb->add_option("golden", options->golden, "The trusted tensors: .npz, or .npy for one")->required();
  verb->add_option("mine", options->mine, "The tensors to judge, under the same names")->required();
  verb->add_option("--cosine", options->limits.cosine, "Cosine similarity: at least")->capture_default_str();
  verb->add_option("--distance", options->limits.relative_distance, "|mine - golden| / |golden|: at most")
      ->capture_default_str();
  verb->add_option("--absolute", options->limits.absolute, "Largest absolute error: at most");
  verb->add_option("--relative", options->limits.relative, "Largest relative error: at most");
  verb->add_flag("--bf16", options->bf16, "Arrays of u16 are the bit patterns of bf16");
  verb->add_flag("--json", options->json, "Print JSON");
  verb->footer("Example: airloom compare expected.npz out.npz --absolute 1e-3");
  verb->callback([options, &exit_code] { exit_code = compare_files(*options); });
}

}  // namespace airloom::cli
