#include "air/lean_model.hpp"

#include <fmt/format.h>
#include <google/protobuf/descriptor.h>
#include <airloom/error.hpp>
#include <array>

#include "air/airloom_ir.pb.h"
#include "air/limits.hpp"

namespace airloom::air {

namespace {

constexpr std::uint32_t value_of_map_entry = 2;  // protobuf's own rule for maps

/// The way from the whole message to the contents of a constant.
constexpr std::array<std::uint32_t, 6> way_to_contents{
    ir::ModelDef::kGraphFieldNumber, ir::GraphDef::kOpFieldNumber,
    ir::OpDef::kAttrFieldNumber,     value_of_map_entry,
    ir::AttrDef::kTFieldNumber,      ir::TensorDef::kDataFieldNumber,
};

[[noreturn]] void refuse_size(const std::string& happened) {
  throw error{error_code::air_too_large, happened,
              "Split the model, or export it with weights in files of their own."};
}

class taking_out {
 public:
  explicit taking_out(const blob& model) : model_{model} {}

  lean_model run() {
    result_.message = copy(model_.span(), 0);
    return std::move(result_);
  }

 private:
  std::string copy(std::span<const std::byte> message, std::size_t level) {
    std::string out;
    for (wire_reader reader{message}; !reader.at_end();) {
      const wire_field field = reader.next();
      if (field.number == way_to_contents[level] && field.type == wire_type::length_delimited)
        append_field(out, field.number, replacement(field.value, level));
      else
        append_bytes(out, field.whole);
      if (out.size() > max_structure_bytes)
        refuse_size(
            fmt::format("The graph without its constants is larger than {} bytes.", max_structure_bytes));
    }
    return out;
  }

  std::string replacement(std::span<const std::byte> value, std::size_t level) {
    if (level + 1 != way_to_contents.size()) return copy(value, level + 1);
    const auto offset = static_cast<std::size_t>(value.data() - model_.data);
    result_.contents.push_back(model_.part(offset, value.size()));
    return std::to_string(result_.contents.size() - 1);
  }

  static void append_field(std::string& out, std::uint32_t number, const std::string& value) {
    append_tag(out, number, wire_type::length_delimited);
    append_varint(out, value.size());
    out += value;
  }

  const blob& model_;
  lean_model result_;
};

/// Counts what becomes an object of its own when the message is read.
class census {
 public:
  explicit census(std::size_t limit) : limit_{limit} {}

  void count(const google::protobuf::Descriptor& type, std::span<const std::byte> message, int depth) {
    if (depth > max_depth)
      refuse_size(fmt::format("The file nests messages more than {} levels deep.", max_depth));
    add();
    for (wire_reader reader{message}; !reader.at_end();) {
      const wire_field field = reader.next();
      if (field.type != wire_type::length_delimited) continue;
      const auto* declared = type.FindFieldByNumber(static_cast<int>(field.number));
      if (declared == nullptr) continue;
      if (declared->message_type() != nullptr)
        count(*declared->message_type(), field.value, depth + 1);
      else if (declared->is_repeated())
        add();
    }
  }

 private:
  void add() {
    if (++count_ > limit_)
      refuse_size(fmt::format("The file holds more than {} messages, too many for its size.", limit_));
  }

  std::size_t limit_;
  std::size_t count_ = 0;
};

}  // namespace

lean_model take_contents_out(const blob& model) {
  if (model.size > max_file_bytes)
    refuse_size(
        fmt::format("The file has {} bytes; an .air file has at most {}.", model.size, max_file_bytes));
  lean_model lean = taking_out{model}.run();
  census{object_limit(lean.message.size())}.count(*ir::ModelDef::descriptor(),
                                                  std::as_bytes(std::span{lean.message}), 1);
  return lean;
}

}  // namespace airloom::air
