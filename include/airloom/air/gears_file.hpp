#pragma once
// <name>.gears.json, which lies beside <name>.air: the inputs, axes and gears of a model, and the same in the
// words of GE and ATC. The .air file itself cannot say them.

#include <airloom/air/gears.hpp>
#include <airloom/air/summary.hpp>
#include <filesystem>

namespace airloom::air {

/// What the file says.
struct gears_file {
  gear_set gears;
  std::vector<tensor_summary> inputs;  ///< in the order of the model's inputs; sizes over the axes of `gears`
  gear_options options;
  /// A static model a gear, in the order of the gears, each below the folder of the file; empty where there
  /// is none.
  std::vector<std::string> models;
};

/// The file beside a model: "out/export.air" gives "out/export.gears.json".
AIRLOOM_API std::filesystem::path gears_file_of(const std::filesystem::path& model);

/// The gears of `g` as the text of such a file; nullopt where no dimension of an input moves.
///
/// One JSON object, indented by two spaces, the same for the same graph:
///
/// | key | value |
/// |---|---|
/// | `inputs` | list of `name`, `dtype` (airloom's name), `dims` (-1 where a size moves), `extents` (texts:
/// "batch", "2*seq+1", "64") | | `axes` | list of names | | `gears` | list of objects: axis to size | |
/// `ge.inputShape`, `ge.dynamicDims`, `ge.dynamicNodeType` | the options of AddGraph | | `--input_shape`,
/// `--dynamic_dims` | the arguments of atc | | `models` | where there are any: list of paths, a static model
/// a gear |
///
/// Throws what gears_of() throws.
AIRLOOM_API std::optional<std::string> gears_text(const graph& g, const std::vector<std::string>& models = {},
                                                  std::size_t limit = ascend_950_gear_limit);

/// Reads such a file.
///
/// Needs    at most 4 MB; at most 8 axes and 256 gears, each once, of sizes from 1 to 2^31 - 1; extents that
///          are sums of at most four products of axes and whole numbers; options that say the same as inputs
///          and gears; models that stay below the file's folder.
/// Throws   file_unreadable, file_malformed.
AIRLOOM_API gears_file read_gears(const std::filesystem::path& file);

/// A loaded graph with the gears that its file of gears says: it can be planned, run and exported in every
/// gear again, like the one that was exported.
///
/// Throws   file_malformed where the inputs are not those of the graph; what infer() reports as an error.
AIRLOOM_API graph with_gears(const graph& g, const gears_file& gears);

}  // namespace airloom::air
