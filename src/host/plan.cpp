#include "host/plan.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <airloom/graph/specialise_to_gear.hpp>
#include <algorithm>
#include <new>

namespace airloom::host {

namespace {

/// The address range of one buffer of a caller.
struct extent_in_memory {
  std::uintptr_t begin;
  std::uintptr_t end;

  bool overlaps(const extent_in_memory& other) const noexcept {
    return begin < other.end && other.begin < end;
  }
  bool operator==(const extent_in_memory&) const = default;
};

template <class Buffer>
extent_in_memory memory_of(const Buffer& buffer) noexcept {
  const auto begin = reinterpret_cast<std::uintptr_t>(buffer.data);
  return {begin, begin + buffer.bytes};
}

template <class Buffer>
status_code check_buffer(const Buffer& buffer, const tensor_port& port, std::size_t bytes) noexcept {
  if (buffer.type != port.type) return status_code::wrong_dtype;
  if (buffer.bytes != bytes) return status_code::wrong_size;
  if (bytes == 0) return status_code::ok;
  if (buffer.data == nullptr) return status_code::buffer_missing;
  const std::size_t width = std::max<std::size_t>(facts_of(port.type).bits / 8, 1);
  return memory_of(buffer).begin % width == 0 ? status_code::ok : status_code::buffer_misaligned;
}

/// `reused` is the input whose memory, all of it, the output may take.
bool overlaps_others(std::size_t output, int reused, std::span<const input_buffer> inputs,
                     std::span<const output_buffer> outputs) noexcept {
  const extent_in_memory mine = memory_of(outputs[output]);
  const auto overlaps = [&](const auto& other) { return mine.overlaps(memory_of(other)); };
  for (std::size_t i = 0; i != inputs.size(); ++i)
    if (overlaps(inputs[i]) && !(static_cast<int>(i) == reused && mine == memory_of(inputs[i]))) return true;
  return std::any_of(outputs.begin(), outputs.begin() + static_cast<std::ptrdiff_t>(output), overlaps);
}

}  // namespace

std::shared_ptr<std::byte[]> make_aligned(std::size_t bytes) {
  constexpr std::align_val_t alignment{arena_alignment};
  auto* const memory = static_cast<std::byte*>(::operator new(bytes, alignment));
  return {memory, [](std::byte* held) { ::operator delete(held, std::align_val_t{arena_alignment}); }};
}

std::size_t plan::find(const gear_choice& choice) const noexcept {
  if (!choice.by_settings_) return choice.number_ < gears.gears ? choice.number_ : no_gear;
  return find_gear(gears, std::span{choice.settings_, choice.number_});
}

status plan::refusal(status_code code, std::size_t gear, std::size_t place, std::size_t given,
                     bool is_output) const noexcept {
  status result;
  result.plan_ = this;
  result.gear_ = gear;
  result.place_ = place;
  result.given_ = given;
  result.code_ = code;
  result.is_output_ = is_output;
  return result;
}

status plan::check(std::size_t gear, std::span<const input_buffer> given_inputs,
                   std::span<const output_buffer> given_outputs) const noexcept {
  if (given_inputs.size() != inputs.size())
    return refusal(status_code::wrong_count, gear, 0, given_inputs.size(), false);
  if (given_outputs.size() != outputs.size())
    return refusal(status_code::wrong_count, gear, 0, given_outputs.size(), true);
  const auto check_all = [&](auto given, const auto& ports, const auto& bytes, bool is_output) {
    for (std::size_t i = 0; i != given.size(); ++i)
      if (const status_code code = check_buffer(given[i], ports[i], bytes[i]); code != status_code::ok)
        return refusal(
            code, gear, i,
            code == status_code::wrong_dtype ? static_cast<std::size_t>(given[i].type) : given[i].bytes,
            is_output);
    return status{};
  };
  const plan::gear& facts = prepared_gears[gear];
  status verdict = check_all(given_inputs, inputs, facts.input_bytes, false);
  if (verdict.ok()) verdict = check_all(given_outputs, outputs, facts.output_bytes, true);
  for (std::size_t i = 0; verdict.ok() && i != given_outputs.size(); ++i)
    if (overlaps_others(i, facts.may_reuse[i], given_inputs, given_outputs))
      verdict = refusal(status_code::buffers_overlap, gear, i, 0, true);
  return verdict;
}

// --- messages

std::string plan::gear_in_words(std::size_t gear) const {
  std::vector<std::string> sizes;
  for (std::size_t axis = 0; axis != gears.axes.size(); ++axis)
    sizes.push_back(fmt::format("{} = {}", gears.axes[axis], gears.view().size(gear, axis)));
  return fmt::format("({})", fmt::join(sizes, ", "));
}

std::string plan::all_gears_in_words() const {
  if (gears.axes.empty()) return "The model is static: its one gear is 0, or {}.";
  std::vector<std::string> all;
  for (std::size_t gear = 0; gear != gears.gears; ++gear) all.push_back(gear_in_words(gear));
  return fmt::format("The gears are {}.", fmt::join(all, ", "));
}

std::string plan::message(const status& s) const {
  if (s.code_ == status_code::gear_unknown) return "The model has no such gear. " + all_gears_in_words();
  const std::vector<tensor_port>& ports = s.is_output_ ? outputs : inputs;
  const std::string_view kind = s.is_output_ ? "output" : "input";
  if (s.code_ == status_code::wrong_count)
    return fmt::format("The model has {} {}s, but {} were given.", ports.size(), kind, s.given_);
  const std::string where =
      gears.axes.empty() ? std::string{} : fmt::format(" in gear {}", gear_in_words(s.gear_));
  if (s.code_ >= status_code::index_out_of_range) {
    const std::string_view what = s.code_ == status_code::rank_missing
                                      ? "waited for another rank, which did not come in time"
                                  : s.code_ == status_code::ranks_disagree
                                      ? "met a rank that brought something else: all run in one gear"
                                      : "was given an index that its tensor does not have";
    return fmt::format("'{}' {}{}. The outputs are not valid.",
                       node_names[prepared_gears[s.gear_].steps[s.place_].node], what, where);
  }
  const tensor_port& port = ports[s.place_];
  const std::string which = fmt::format("The {} '{}'", kind, port.name);
  switch (s.code_) {
    case status_code::buffer_missing:
      return which + " is a null pointer.";
    case status_code::buffer_misaligned:
      return fmt::format("{} is not aligned for elements of type {}.", which, name_of(port.type));
    case status_code::wrong_dtype:
      return fmt::format("{} is of type {} but has to be {}.", which, name_of(static_cast<dtype>(s.given_)),
                         name_of(port.type));
    case status_code::wrong_size:
      return fmt::format("{} has {} bytes but takes {}, {} [{}]{}.", which, s.given_, port.bytes(s.gear_),
                         name_of(port.type), fmt::join(port.shapes[s.gear_], ", "), where);
    case status_code::buffers_overlap:
      return which + " shares memory with another buffer.";
    default:
      return "The run succeeded.";
  }
}

std::string status::message() const {
  return plan_ == nullptr ? "The run succeeded." : plan_->message(*this);
}

}  // namespace airloom::host
