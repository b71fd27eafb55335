#include <airloom/air/convert.hpp>

#include <airloom/air/dot.hpp>
#include <airloom/air/ge_text.hpp>
#include <airloom/air/onnx_text.hpp>
#include <airloom/air/pbtxt.hpp>
#include <airloom/air/save.hpp>
#include <ostream>

#include "atomic_file.hpp"

namespace airloom::air {

namespace {

void write(const graph& g, file_kind kind, std::ostream& out, const convert_options& options) {
  switch (kind) {
    case file_kind::air:
      return save(g, out);
    case file_kind::dynamo:
      return options.with_contents ? write_pbtxt(g, out) : write_pbtxt(g, out, {.largest_constant = 0});
    case file_kind::ge_text:
      return write_ge_text(g, out, options.with_contents);
    case file_kind::onnx_text:
      return write_onnx_text(g, out, options.with_contents);
    case file_kind::dot:
      return write_dot(g, out);
  }
}

}  // namespace

std::optional<file_kind> kind_of_file(const std::filesystem::path& file) {
  const std::string name = file.filename().string();
  if (name.ends_with(".air")) return file_kind::air;
  if (name.ends_with(".txt")) return file_kind::ge_text;
  if (name.ends_with(".onnx.pbtxt")) return file_kind::onnx_text;
  if (name.ends_with(".pbtxt")) return file_kind::dynamo;
  if (name.ends_with(".dot")) return file_kind::dot;
  return std::nullopt;
}

void convert(const graph& g, file_kind kind, const std::filesystem::path& file,
             const convert_options& options) {
  atomic_file target{file.string()};
  output_file_buffer buffer{target.content()};
  std::ostream out{&buffer};
  out.exceptions(std::ios::badbit);
  write(g, kind, out, options);
  target.commit();
}

}  // namespace airloom::air
