#include <airloom/air/export.hpp>

#include <fmt/format.h>
#include <sys/stat.h>
#include <airloom/air/pbtxt.hpp>
#include <airloom/air/save.hpp>
#include <algorithm>
#include <cerrno>
#include <ostream>
#include <streambuf>
#include <system_error>

#include "air/exported_form.hpp"
#include "atomic_file.hpp"
#include "text.hpp"

namespace airloom::air {

namespace {

namespace fs = std::filesystem;

void check_name(const std::string& name) {
  const auto is_unfit = [](char character) {
    return character == '/' || character == ':' || static_cast<unsigned char>(character) < 0x20 ||
           character == 0x7F;
  };
  if (!name.empty() && name != "." && name != ".." && std::none_of(name.begin(), name.end(), is_unfit))
    return;
  throw error{error_code::usage, fmt::format("{} is no name for a model's file.", in_quotes(name)),
              "Choose a name without '/', ':' and control characters; the folder is chosen by 'path'."};
}

/// Makes the folder and those above it that are missing.
void make_folder(const fs::path& folder) {
  if (folder.empty() || fs::is_directory(folder)) return;
  make_folder(folder.parent_path());
  constexpr unsigned owner_all_group_read = 0750;
  if (::mkdir(folder.c_str(), owner_all_group_read) == 0 || errno == EEXIST) return;
  throw error{error_code::file_unwritable,
              fmt::format("The folder {} cannot be made: {}.", in_quotes(folder.string()),
                          std::generic_category().message(errno)),
              "Check that the folder above it may be written to."};
}

void check_folder(const fs::path& folder) {
  if (!fs::is_symlink(fs::symlink_status(folder))) return;
  throw error{error_code::path_refused, fmt::format("{} is a link.", in_quotes(folder.string())),
              "Name the folder itself: links are not followed."};
}

/// Lets a stream write into an atomic file. Its errors pass through the stream when the stream is told to
/// throw for badbit.
class file_buffer : public std::streambuf {
 public:
  explicit file_buffer(atomic_file& file) : file_{file} {}

 protected:
  int_type overflow(int_type character) override {
    const char only = traits_type::to_char_type(character);
    file_.write(std::string_view{&only, 1});
    return character;
  }
  std::streamsize xsputn(const char* text, std::streamsize count) override {
    file_.write(std::string_view{text, static_cast<std::size_t>(count)});
    return count;
  }

 private:
  atomic_file& file_;
};

void save_pbtxt(const graph& g, const fs::path& path) {
  atomic_file file{path.string()};
  file_buffer buffer{file};
  std::ostream out{&buffer};
  out.exceptions(std::ios::badbit);
  write_pbtxt(g, out);
  file.commit();
}

graph form_to_export(const graph& model, bool with_module_stack) {
  graph g = exported_form(model);
  if (!with_module_stack) return g;
  for (node& n : g.nodes)
    if (!n.modules.empty() && !n.output_descriptions.empty() && n.type != "Const")
      n.attributes["nn_module_stack"].value = module_stack_text(n.modules);
  return g;
}

}  // namespace

std::vector<fs::path> export_model(const graph& model, const export_options& options) {
  check_name(options.name);
  throw_first_error(verify(model));
  const graph g = form_to_export(model, options.module_stack);
  check_folder(options.path);
  make_folder(options.path);
  const std::vector<fs::path> files{options.path / (options.name + ".air"), options.path / "dynamo.pbtxt"};
  save(g, files[0]);
  save_pbtxt(g, files[1]);
  return files;
}

}  // namespace airloom::air
