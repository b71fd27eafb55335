#include "air/read_text.hpp"

#include <fmt/format.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/text_format.h>
#include <airloom/error.hpp>
#include <algorithm>
#include <array>
#include <string_view>

#include "air/limits.hpp"
#include "air/messages.hpp"

namespace airloom::air {

namespace {

constexpr std::string_view blanks = " \t\r\n";

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string_view without_blanks(std::string_view text) {
  while (true) {
    const std::size_t begin = text.find_first_not_of(blanks);
    if (begin == std::string_view::npos) return {};
    text.remove_prefix(begin);
    if (text.front() != '#') return text;
    text.remove_prefix(std::min(text.find('\n'), text.size()));
  }
}

/// Counts what becomes an object of its own when the text is read: messages, and texts.
void check_object_count(std::string_view text) {
  const std::size_t limit = object_limit(text.size());
  std::size_t count = 0;
  for (std::size_t i = 0; i != text.size(); ++i) {
    const char character = text[i];
    if (character == '#') {
      i = std::min(text.find('\n', i), text.size() - 1);
    } else if (character == '{' || character == '<') {
      ++count;
    } else if (character == '"' || character == '\'') {
      ++count;
      for (++i; i < text.size() && text[i] != character && text[i] != '\n'; ++i)
        if (text[i] == '\\') ++i;
      if (i >= text.size()) break;
    }
  }
  if (count > limit)
    throw error{error_code::air_too_large,
                fmt::format("The text holds {} messages and texts, too many for its size; {} are read.",
                            count, limit),
                "Split the model, or export it with weights in files of their own."};
}

class first_error : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, google::protobuf::io::ColumnNumber column, const std::string& message) override {
    if (line_ >= 0) return;
    line_ = line;
    column_ = column;
    message_ = message;
  }
  int line() const { return line_; }
  [[noreturn]] void raise() const {
    throw error{error_code::air_malformed,
                fmt::format("The text is no model: line {}, column {}: {}", line_ + 1, column_ + 1, message_),
                "Dump the graph again, or mend the text there."};
  }

 private:
  int line_ = -1;
  int column_ = 0;
  std::string message_;
};

bool parse(std::string_view text, google::protobuf::Message& message, first_error& errors) {
  google::protobuf::io::ArrayInputStream stream{text.data(), static_cast<int>(text.size())};
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&errors);
  parser.SetRecursionLimit(max_depth);
  return parser.Parse(&stream, &message);
}

ir::ModelDef parse(std::string_view text) {
  first_error of_model, of_graph;
  ir::ModelDef model;
  if (parse(text, model, of_model)) return model;
  model.Clear();
  if (parse(text, *model.add_graph(), of_graph)) return model;
  (of_graph.line() > of_model.line() ? of_graph : of_model).raise();
}

}  // namespace

bool is_text_form(std::span<const std::byte> file) {
  constexpr std::array<std::string_view, 9> fields{
      "name", "version", "custom_version", "graph", "attr", "attr_groups", "op", "input", "output"};
  const std::string_view text = without_blanks(text_of(file));
  const std::size_t end = text.find_first_not_of("abcdefghijklmnopqrstuvwxyz_");
  if (end == std::string_view::npos) return false;
  const std::string_view after = without_blanks(text.substr(end));
  return std::find(fields.begin(), fields.end(), text.substr(0, end)) != fields.end() && !after.empty() &&
         (after.front() == ':' || after.front() == '{' || after.front() == '<');
}

blob from_text_form(const blob& text) {
  if (text.size > max_file_bytes)
    throw error{error_code::air_too_large,
                fmt::format("The text has {} bytes; at most {} are read.", text.size, max_file_bytes),
                "Dump the graph without the contents of its constants, or save it as an .air file."};
  check_object_count(text_of(text.span()));
  const auto bytes = std::make_shared<const std::string>(serialise(parse(text_of(text.span()))));
  return {bytes, reinterpret_cast<const std::byte*>(bytes->data()), bytes->size()};
}

}  // namespace airloom::air
