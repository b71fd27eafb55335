#include <fmt/format.h>

#include <airloom/error.hpp>
#include <airloom/weights/map_file.hpp>
#include <airloom/weights/safetensors.hpp>
#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>

#include "weights/format.hpp"

namespace airloom::weights {

namespace {

constexpr std::uint64_t largest_header = 100'000'000;  // the limit of the format's own library

struct dtype_name {
  std::string_view name;
  dtype type;
};

constexpr std::array dtype_names{
    dtype_name{"F64", dtype::f64},         dtype_name{"F32", dtype::f32},
    dtype_name{"F16", dtype::f16},         dtype_name{"BF16", dtype::bf16},
    dtype_name{"I64", dtype::i64},         dtype_name{"I32", dtype::i32},
    dtype_name{"I16", dtype::i16},         dtype_name{"I8", dtype::i8},
    dtype_name{"U64", dtype::u64},         dtype_name{"U32", dtype::u32},
    dtype_name{"U16", dtype::u16},         dtype_name{"U8", dtype::u8},
    dtype_name{"BOOL", dtype::boolean},    dtype_name{"C64", dtype::c64},
    dtype_name{"F8_E5M2", dtype::f8_e5m2}, dtype_name{"F8_E4M3", dtype::f8_e4m3fn},
    dtype_name{"F8_E8M0", dtype::f8_e8m0},
};

dtype dtype_called(const std::string& name, const std::string& origin) {
  const auto* const found = std::ranges::find(dtype_names, name, &dtype_name::name);
  if (found != dtype_names.end()) return found->type;
  throw error{error_code::dtype_mismatch,
              fmt::format("{} holds a tensor of the element type {}.", in_quotes(origin), in_quotes(name)),
              "Convert it to a type that airloom has, such as F32, F16 or BF16."};
}

/// One tensor as the header describes it.
struct entry {
  std::string name;
  dtype type = dtype::undefined;
  std::vector<std::int64_t> shape;
  std::vector<std::uint64_t> offsets;
};

/// Takes the header as it is parsed. No tree is built, so a header of many small values takes no more memory
/// than one of few large ones, and nesting ends at the depth that the format has.
class header_reader : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit header_reader(const std::string& origin) : origin_{origin} {}

  std::vector<entry> entries;
  std::map<std::string, std::string> metadata;

  bool start_object(std::size_t /*elements*/) override {
    switch (at_) {
      case place::outside:
        return move_to(place::header);
      case place::tensor_or_metadata:
        if (key_ == "__metadata__") return move_to(place::metadata);
        entries.emplace_back().name = key_;
        return move_to(place::tensor);
      default:
        return unexpected("an object");
    }
  }

  bool end_object() override {
    if (at_ == place::tensor && (!has_type_ || !has_shape_ || entries.back().offsets.size() != 2))
      refuse(origin_, fmt::format("tensor {} lacks its dtype, shape or two data_offsets",
                                  in_quotes(entries.back().name)));
    has_type_ = has_shape_ = false;
    return move_to(at_ == place::header ? place::outside : place::header);
  }

  bool key(string_t& name) override {
    if (at_ == place::header) {
      if (!names_.insert(name).second)
        refuse(origin_, fmt::format("the name {} occurs twice", in_quotes(name)));
      key_ = std::move(name);
      return move_to(place::tensor_or_metadata);
    }
    key_ = std::move(name);
    if (at_ == place::metadata) return move_to(place::metadata_text);
    if (key_ == "dtype" && !has_type_) return move_to(place::type);
    if (key_ == "shape" && !has_shape_) return move_to(place::before_shape);
    if (key_ == "data_offsets" && entries.back().offsets.empty()) return move_to(place::before_offsets);
    return unexpected(fmt::format("the key {}", in_quotes(key_)));
  }

  bool start_array(std::size_t /*elements*/) override {
    if (at_ == place::before_shape) return move_to(place::shape);
    if (at_ == place::before_offsets) return move_to(place::offsets);
    return unexpected("a list");
  }

  bool end_array() override {
    if (at_ == place::shape) has_shape_ = true;
    return move_to(place::tensor);
  }

  bool string(string_t& text) override {
    if (at_ == place::metadata_text) {
      if (!metadata.emplace(key_, std::move(text)).second)
        refuse(origin_, fmt::format("the key {} of its metadata occurs twice", in_quotes(key_)));
      return move_to(place::metadata);
    }
    if (at_ != place::type) return unexpected("a string");
    entries.back().type = dtype_called(text, origin_);
    has_type_ = true;
    return move_to(place::tensor);
  }

  bool number_unsigned(number_unsigned_t number) override {
    if (at_ == place::offsets && entries.back().offsets.size() < 2) {
      entries.back().offsets.push_back(number);
      return true;
    }
    if (at_ != place::shape || number > std::numeric_limits<std::int64_t>::max())
      return unexpected(fmt::format("the number {}", number));
    if (entries.back().shape.size() == largest_rank) refuse_rank(origin_);
    entries.back().shape.push_back(static_cast<std::int64_t>(number));
    return true;
  }

  bool null() override { return unexpected("null"); }
  bool boolean(bool /*value*/) override { return unexpected("a boolean"); }
  bool number_integer(number_integer_t /*value*/) override { return unexpected("a negative number"); }
  bool number_float(number_float_t /*value*/, const string_t& /*text*/) override {
    return unexpected("a number that is not whole");
  }
  bool binary(binary_t& /*value*/) override { return unexpected("bytes"); }
  bool parse_error(std::size_t position, const std::string& /*token*/,
                   const nlohmann::json::exception& /*reason*/) override {
    refuse(origin_, fmt::format("its header is not JSON (byte {} of it)", position));
  }

 private:
  enum class place {
    outside,
    header,
    tensor_or_metadata,
    metadata,
    metadata_text,
    tensor,
    type,
    before_shape,
    shape,
    before_offsets,
    offsets
  };

  bool move_to(place next) {
    at_ = next;
    return true;
  }
  [[noreturn]] bool unexpected(const std::string& what) const {
    refuse(origin_, fmt::format("its header has {} where the format has none, after the name {}", what,
                                in_quotes(key_)));
  }

  const std::string& origin_;
  place at_ = place::outside;
  std::string key_;
  bool has_type_ = false;
  bool has_shape_ = false;
  std::set<std::string, std::less<>> names_;
};

std::span<const std::byte> header_of(const blob& file, const std::string& origin) {
  constexpr std::size_t length_bytes = sizeof(std::uint64_t);
  if (file.size < length_bytes) refuse(origin, "it is shorter than the length of a header");
  const auto length = load<std::uint64_t>(file.span(), 0);
  if (length > largest_header) refuse(origin, fmt::format("its header has {} bytes, over 100 MB", length));
  if (length > file.size - length_bytes) refuse(origin, "it ends within its header");
  const std::span header = file.span().subspan(length_bytes, static_cast<std::size_t>(length));
  if (header.empty() || header.front() != std::byte{'{'})
    refuse(origin, "its header does not begin with '{'");
  return header;
}

void check_size(const entry& tensor, const std::string& origin) {
  const auto needed = byte_count(tensor.type, tensor.shape);
  if (tensor.offsets[1] < tensor.offsets[0] || needed != tensor.offsets[1] - tensor.offsets[0])
    refuse(origin,
           fmt::format("tensor {} has other offsets than its shape and type need", in_quotes(tensor.name)));
}

/// The format demands that the tensors, in the order of their offsets, fill the data without hole or overlap.
void check_cover(const std::vector<entry>& entries, std::size_t data_size, const std::string& origin) {
  std::vector<std::size_t> order(entries.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t i) -> const auto& { return entries[i].offsets; });
  std::uint64_t end = 0;
  for (const std::size_t i : order) {
    if (entries[i].offsets[0] != end)
      refuse(origin, fmt::format("tensor {} begins at {}, where {} was expected", in_quotes(entries[i].name),
                                 entries[i].offsets[0], end));
    end = entries[i].offsets[1];
  }
  if (end != data_size)
    refuse(origin, fmt::format("its tensors take {} bytes, and {} follow the header", end, data_size));
}

}  // namespace

safetensors_file parse_safetensors(const blob& file, const std::string& origin) {
  const std::span header = header_of(file, origin);
  header_reader reader{origin};
  const std::string_view text = as_text(header);
  nlohmann::json::sax_parse(text.begin(), text.end(), &reader);

  const std::size_t data_start = sizeof(std::uint64_t) + header.size();
  for (const entry& tensor : reader.entries) check_size(tensor, origin);
  check_cover(reader.entries, file.size - data_start, origin);

  safetensors_file result{.tensors = {}, .metadata = std::move(reader.metadata)};
  result.tensors.reserve(reader.entries.size());
  for (entry& tensor : reader.entries) {
    const auto begin = static_cast<std::size_t>(tensor.offsets[0]);
    const auto length = static_cast<std::size_t>(tensor.offsets[1]) - begin;
    result.tensors.push_back({std::move(tensor.name),
                              {tensor.type, std::move(tensor.shape), file.part(data_start + begin, length)}});
  }
  return result;
}

safetensors_file read_safetensors(const std::string& path) {
  return parse_safetensors(map_file(path), path);
}

}  // namespace airloom::weights
