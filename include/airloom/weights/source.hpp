#pragma once
// Where a model's weights come from: al::safetensors("net.safetensors"), al::npz("net.npz"), al::filled(0.5),
// …

#include <airloom/api.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace airloom {

namespace weights {
struct array;
struct named_array;
struct request;
}  // namespace weights

/// How strictly the names of a source are held against those of a model.
struct weights_options {
  bool allow_unused = false;  ///< names that the model does not ask for are passed over, not refused
};

/// Weights under names. Copying shares them; the bytes of files are mapped and not read before they are used.
class AIRLOOM_API weights_source {
 public:
  struct content;
  explicit weights_source(std::shared_ptr<const content> shared) : content_{std::move(shared)} {}

  /// For messages: the path of the file, or words.
  const std::string& origin() const;
  /// The names that the source itself uses, in its order; none for filled().
  std::vector<std::string> names() const;
  /// The name under which the source keeps a model's parameter: the same one, or what renamed() said.
  std::string name_in_source(std::string_view parameter) const;
  bool allows_unused() const;
  /// What the source has under the name of the request, whatever its type and shape.
  std::optional<weights::array> find(const weights::request& wanted) const;

 private:
  friend AIRLOOM_API weights_source renamed(const weights_source& source,
                                            std::vector<std::pair<std::string, std::string>> names);
  std::shared_ptr<const content> content_;
};

/// The tensors of a safetensors file. Throws as weights::read_safetensors().
AIRLOOM_API weights_source safetensors(const std::string& path, weights_options options = {});
/// The arrays of an .npz file. Throws as weights::read_npz().
AIRLOOM_API weights_source npz(const std::string& path, weights_options options = {});
/// Every file of a folder whose name ends in .npy, under its name without this ending; no folder below it.
/// Throws file_unreadable where the folder cannot be read, and as weights::read_npy().
AIRLOOM_API weights_source npy_folder(const std::string& path, weights_options options = {});
/// Arrays of the program itself. Throws weights_do_not_fit where two have one name.
AIRLOOM_API weights_source in_memory(std::vector<weights::named_array> arrays, weights_options options = {});
/// Every element of every parameter is `value`. Parameters of one element type share their bytes, so a large
/// model takes no more than its largest parameter. When bound, throws weights_do_not_fit for integers that
/// are not `value` and dtype_mismatch for types other than f16, bf16, f32, f64, bool and integers of 8 to 64
/// bits.
AIRLOOM_API weights_source filled(double value);
inline weights_source ones() {
  return filled(1.0);
}

/// The same weights for a model whose parameters have other names: pairs of the model's name and the
/// source's. Names in no pair are the same on both sides.
AIRLOOM_API weights_source renamed(const weights_source& source,
                                   std::vector<std::pair<std::string, std::string>> names);

}  // namespace airloom
