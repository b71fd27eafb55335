#pragma once
// Elements of every measurable type as doubles, a block at a time.

#include <airloom/weights/array.hpp>
#include <array>
#include <span>

namespace airloom::compare {

using element_block = std::array<double, 1024>;

/// Reads a tensor, which it does not keep alive. Throws compare_failed for a type that is not measurable.
class element_reader {
 public:
  explicit element_reader(const weights::array& tensor);

  std::size_t count() const { return bytes_.size() / width_; }
  /// The elements from `first` on, as many as are left and the block holds; returns how many.
  std::size_t read(std::size_t first, element_block& to) const;

 private:
  void (*convert_)(const std::byte*, std::span<double>);
  std::size_t width_;
  std::span<const std::byte> bytes_;
};

}  // namespace airloom::compare
