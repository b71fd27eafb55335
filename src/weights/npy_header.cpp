#include "weights/npy_header.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <airloom/error.hpp>
#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "weights/format.hpp"

namespace airloom::weights {

namespace {

constexpr std::string_view magic = "\x93NUMPY";

struct dtype_name {
  std::string_view name;  ///< without the byte order
  dtype type;
};

constexpr std::array dtype_names{
    dtype_name{"f4", dtype::f32}, dtype_name{"f8", dtype::f64},   dtype_name{"f2", dtype::f16},
    dtype_name{"i1", dtype::i8},  dtype_name{"i2", dtype::i16},   dtype_name{"i4", dtype::i32},
    dtype_name{"i8", dtype::i64}, dtype_name{"u1", dtype::u8},    dtype_name{"u2", dtype::u16},
    dtype_name{"u4", dtype::u32}, dtype_name{"u8", dtype::u64},   dtype_name{"b1", dtype::boolean},
    dtype_name{"c8", dtype::c64}, dtype_name{"c16", dtype::c128},
};

[[noreturn]] void refuse_type(std::string_view descr, const std::string& origin) {
  throw error{error_code::dtype_mismatch,
              fmt::format("{} holds elements of the NumPy type {}.", in_quotes(origin), in_quotes(descr)),
              "Save numbers; write bf16 as the uint16 of its bits (array.view(numpy.uint16))."};
}

/// The Python literal {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }, and nothing else of
/// Python: its three keys once each in any order, and no escapes in strings.
class literal_reader {
 public:
  literal_reader(std::string_view text, const std::string& origin) : rest_{text}, origin_{origin} {}

  npy_header read() {
    expect('{');
    while (!take('}')) {
      read_item();
      if (take(',')) continue;
      expect('}');
      break;
    }
    skip_blanks();
    if (rest_ != "\n" || !descr_ || !fortran_order_ || !shape_) fail();
    npy_header header{.fortran_order = *fortran_order_, .shape = std::move(*shape_)};
    set_type(header);
    return header;
  }

 private:
  [[noreturn]] void fail() const {
    refuse(origin_, "its header is not a dictionary of descr, fortran_order and shape");
  }

  void skip_blanks() { rest_.remove_prefix(std::min(rest_.find_first_not_of(' '), rest_.size())); }

  bool take(char character) {
    skip_blanks();
    if (!rest_.starts_with(character)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(char character) {
    if (!take(character)) fail();
  }

  void read_item() {
    const std::string_view key = read_string();
    expect(':');
    if (key == "descr" && !descr_) {
      descr_ = read_descr();
    } else if (key == "fortran_order" && !fortran_order_) {
      fortran_order_ = read_truth();
    } else if (key == "shape" && !shape_) {
      shape_ = read_shape();
    } else {
      fail();
    }
  }

  std::string_view read_string() {
    skip_blanks();
    const char quote = rest_.starts_with('"') ? '"' : '\'';
    expect(quote);
    const std::size_t end = rest_.find(quote);
    if (end == std::string_view::npos) fail();
    const std::string_view text = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return text;
  }

  std::string_view read_descr() {
    skip_blanks();
    if (rest_.starts_with('[')) refuse_type("record", origin_);
    return read_string();
  }

  bool read_truth() {
    skip_blanks();
    for (const bool truth : {false, true}) {
      const std::string_view word = truth ? "True" : "False";
      if (!rest_.starts_with(word)) continue;
      rest_.remove_prefix(word.size());
      return truth;
    }
    fail();
  }

  std::vector<std::int64_t> read_shape() {
    std::vector<std::int64_t> shape;
    expect('(');
    while (!take(')')) {
      if (shape.size() == largest_rank) refuse_rank(origin_);
      shape.push_back(read_size());
      if (take(',')) continue;
      if (shape.size() == 1) fail();  // (3) is a number in Python; a tuple is (3,)
      expect(')');
      break;
    }
    return shape;
  }

  std::int64_t read_size() {
    skip_blanks();
    std::int64_t size = 0;
    const auto [end, problem] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), size);
    if (problem != std::errc{} || size < 0) fail();
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return size;
  }

  /// '|' says that byte order does not matter and '=' that it is the machine's own: both are read as
  /// little-endian.
  void set_type(npy_header& header) const {
    const std::string_view name = descr_->substr(std::min<std::size_t>(1, descr_->size()));
    const auto* const found = std::ranges::find(dtype_names, name, &dtype_name::name);
    if (found == dtype_names.end() ||
        std::string_view{"<>|="}.find(descr_->front()) == std::string_view::npos)
      refuse_type(*descr_, origin_);
    header.type = found->type;
    header.big_endian = descr_->front() == '>';
  }

  std::string_view rest_;
  const std::string& origin_;
  std::optional<std::string_view> descr_;
  std::optional<bool> fortran_order_;
  std::optional<std::vector<std::int64_t>> shape_;
};

/// The type that stands in the file for `type`.
dtype stored_type(dtype type) {
  switch (type) {
    case dtype::bf16:
      return dtype::u16;
    case dtype::f8_e5m2:
    case dtype::f8_e4m3fn:
    case dtype::f8_e8m0:
    case dtype::hifloat8:
      return dtype::u8;
    default:
      return type;
  }
}

std::string descr_for(dtype type) {
  const auto* const found = std::ranges::find(dtype_names, stored_type(type), &dtype_name::type);
  if (found == dtype_names.end())
    throw error{error_code::dtype_mismatch,
                fmt::format("Elements of type {} cannot be written to an .npy file.", name_of(type)),
                "Convert them to a type that NumPy has."};
  return fmt::format("{}{}", facts_of(found->type).bits == 8 ? '|' : '<', found->name);
}

void check_bytes(const array& values) {
  if (byte_count(values.type, values.shape) == values.bytes.size) return;
  throw error{error_code::shape_mismatch,
              fmt::format("An array of {} with the sizes [{}] is given with {} bytes.", name_of(values.type),
                          fmt::join(values.shape, ", "), values.bytes.size),
              "Give as many bytes as the sizes and the type need."};
}

}  // namespace

npy_header read_npy_header(std::span<const std::byte> file, const std::string& origin) {
  const std::size_t version_at = magic.size();
  if (file.size() < version_at + 4 || !as_text(file).starts_with(magic))
    refuse(origin, "it does not begin as an .npy file");
  const auto version = load<std::uint8_t>(file, version_at);
  if (version < 1 || version > 3 || load<std::uint8_t>(file, version_at + 1) != 0)
    refuse(origin, "it has a version other than 1.0, 2.0 and 3.0");
  const std::size_t length_at = version_at + 2;
  const std::size_t text_at = length_at + (version == 1 ? 2 : 4);
  if (file.size() < text_at) refuse(origin, "it ends within its header");
  const std::size_t length =
      version == 1 ? load<std::uint16_t>(file, length_at) : load<std::uint32_t>(file, length_at);
  if (length > file.size() - text_at) refuse(origin, "it ends within its header");
  npy_header header = literal_reader{as_text(file.subspan(text_at, length)), origin}.read();
  header.length = text_at + length;
  return header;
}

std::string npy_header_for(const array& values) {
  check_bytes(values);
  if (values.shape.size() > largest_rank) refuse_rank("The array");
  std::string literal =
      fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}{}), }}", descr_for(values.type),
                  fmt::join(values.shape, ", "), values.shape.size() == 1 ? "," : "");
  // NumPy leaves room for the first size to grow to 21 digits in place, then pads to a multiple of 64 bytes.
  constexpr std::size_t digits_of_a_size = 21;
  constexpr std::size_t alignment = 64;
  if (!values.shape.empty())
    literal.append(digits_of_a_size - std::to_string(values.shape.front()).size(), ' ');
  const std::size_t before_text = magic.size() + 4;
  const std::size_t unpadded = before_text + literal.size() + 1;
  literal.append(alignment - unpadded % alignment, ' ');
  literal += '\n';

  std::string header{magic};
  header += '\x01';
  header += '\x00';
  store(header, static_cast<std::uint16_t>(literal.size()));
  return header + literal;
}

}  // namespace airloom::weights
