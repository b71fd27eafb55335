#pragma once
// The engine: a graph made ready for the processor of this machine, once for all of its gears.
//
//   const al::host::engine engine{model};
//   al::host::context context = engine.make_context();
//   const al::host::status status = context.run({batch(4), seq(128)}, tokens, logits);
//   if (!status.ok()) std::cerr << status.message() << '\n';
//
// Making an engine may throw; running may not: it takes the caller's memory, allocates nothing, takes no lock
// and returns a status. A const engine is shared between threads, each of which has a context of its own.

#include <airloom/api.hpp>
#include <airloom/dtype.hpp>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace airloom {
struct graph;
struct setting;
}  // namespace airloom

namespace airloom::host {

class plan;

// --- the caller's memory ---------------------------------------------------------------------------------

/// The dtype that a C++ type is an element of; `undefined` for every other type.
template <class T>
constexpr dtype dtype_of_element() {
  using element = std::remove_cv_t<T>;
  constexpr bool is_signed = std::is_signed_v<element>;
  if constexpr (std::is_same_v<element, bool>)
    return dtype::boolean;
  else if constexpr (std::is_same_v<element, float>)
    return dtype::f32;
  else if constexpr (std::is_same_v<element, double>)
    return dtype::f64;
  else if constexpr (!std::is_integral_v<element>)
    return dtype::undefined;
  else if constexpr (sizeof(element) == 1)
    return is_signed ? dtype::i8 : dtype::u8;
  else if constexpr (sizeof(element) == 2)
    return is_signed ? dtype::i16 : dtype::u16;
  else if constexpr (sizeof(element) == 4)
    return is_signed ? dtype::i32 : dtype::u32;
  else
    return is_signed ? dtype::i64 : dtype::u64;
}

/// A vector, array or span of such elements.
template <class Range>
concept element_range = std::ranges::contiguous_range<Range> &&
                        dtype_of_element<std::ranges::range_value_t<Range>>() != dtype::undefined;
template <class Range>
concept writable_element_range =
    element_range<Range> && std::ranges::borrowed_range<Range> &&
    !std::is_const_v<std::remove_reference_t<std::ranges::range_reference_t<Range>>>;

/// One input, in the caller's memory: dense, row-major, aligned for its elements. f16 and bf16, for which C++
/// has no type, are given by address, length and dtype.
struct input_buffer {
  const void* data = nullptr;
  std::size_t bytes = 0;
  dtype type = dtype::undefined;

  constexpr input_buffer() = default;
  constexpr input_buffer(const void* address, std::size_t length, dtype element)
      : data{address}, bytes{length}, type{element} {}
  template <element_range Range>
  constexpr input_buffer(const Range& range)  // NOLINT(google-explicit-constructor): a range is a buffer
      : data{std::ranges::data(range)},
        bytes{std::ranges::size(range) * sizeof(std::ranges::range_value_t<Range>)},
        type{dtype_of_element<std::ranges::range_value_t<Range>>()} {}
};

/// One output, in the caller's memory; as input_buffer.
struct output_buffer {
  void* data = nullptr;
  std::size_t bytes = 0;
  dtype type = dtype::undefined;

  constexpr output_buffer() = default;
  constexpr output_buffer(void* address, std::size_t length, dtype element)
      : data{address}, bytes{length}, type{element} {}
  template <writable_element_range Range>
  constexpr output_buffer(Range&& range)  // NOLINT(google-explicit-constructor, bugprone-forwarding-*)
      : data{std::ranges::data(range)},
        bytes{std::ranges::size(range) * sizeof(std::ranges::range_value_t<Range>)},
        type{dtype_of_element<std::ranges::range_value_t<Range>>()} {}
};

/// One input or output of an engine.
struct tensor_port {
  std::string name;
  dtype type = dtype::undefined;
  std::vector<std::vector<std::int64_t>> shapes;  ///< one a gear
  int updates = -1;  ///< of an output: the place of the input whose new value it is; else -1

  /// The bytes that its buffer has in this gear.
  AIRLOOM_API std::size_t bytes(std::size_t gear) const;
};

// --- running ---------------------------------------------------------------------------------------------

/// Which gear to run: its number, counted from 0 (al::gear<traffic, batch(4)> is one, checked while
/// compiling); or a setting for every axis, in any order: {batch(4), seq(128)}. {} is the one gear of a
/// static model.
class gear_choice {
 public:
  constexpr gear_choice(std::size_t number)  // NOLINT(google-explicit-constructor): a number is a choice
      : number_{number} {}
  template <std::size_t Number>
  constexpr gear_choice(std::integral_constant<std::size_t, Number>)  // NOLINT(google-explicit-constructor)
      : number_{Number} {}
  constexpr gear_choice(std::initializer_list<setting> settings)  // NOLINT(google-explicit-constructor)
      : settings_{settings.begin()}, number_{settings.size()}, by_settings_{true} {}

 private:
  friend class plan;
  const setting* settings_ = nullptr;
  std::size_t number_ = 0;  // of the gear, or of the settings
  bool by_settings_ = false;
};

/// What became of one run.
enum class status_code : std::uint8_t {
  ok,
  gear_unknown,        ///< no gear of the engine
  wrong_count,         ///< more or fewer buffers than inputs or outputs
  buffer_missing,      ///< a null pointer
  buffer_misaligned,   ///< an address that is no multiple of the element's size
  wrong_dtype,         ///< a buffer of another element type
  wrong_size,          ///< a buffer of another size than the tensor has in this gear
  buffers_overlap,     ///< an output that shares memory with an input that it may not take, or with an output
  index_out_of_range,  ///< an operator was given an index that its tensor does not have
  rank_missing,        ///< another rank did not come to a collective in time
  ranks_disagree,      ///< another rank brought something else to a collective: it runs in another gear
};

/// The verdict of one run. A refusal (every code before index_out_of_range) comes before anything is written.
class [[nodiscard]] status {
 public:
  bool ok() const noexcept { return code_ == status_code::ok; }
  status_code code() const noexcept { return code_; }
  /// What happened, and what is allowed, in words. Needs the engine or one of its contexts to be alive.
  AIRLOOM_API std::string message() const;

 private:
  friend class plan;
  friend class context;
  const plan* plan_ = nullptr;
  std::size_t gear_ = 0;
  std::size_t place_ = 0;  // of the buffer among inputs or outputs; of the step that failed while running
  std::size_t given_ = 0;  // what was given: a count, a number of bytes, a dtype
  status_code code_ = status_code::ok;
  bool is_output_ = false;
};

/// The working memory of one thread.
class AIRLOOM_API context {
 public:
  context(context&& other) noexcept;
  context& operator=(context&& other) noexcept;
  ~context();

  /// Runs the model in one gear. `inputs` and `outputs` are in the order of engine::inputs() and
  /// engine::outputs(); each buffer has exactly the bytes of its tensor in this gear. An output may not
  /// overlap any other buffer, but for the new value of a state (tensor_port::updates): it may be given the
  /// very memory of the old value, and then the results are those of a run with memory of its own. A new
  /// value that is another input as it came (two states that change places) needs its own memory.
  /// Allocates nothing.
  status run(gear_choice gear, std::span<const input_buffer> inputs,
             std::span<const output_buffer> outputs) noexcept;
  status run(gear_choice gear, std::initializer_list<input_buffer> inputs,
             std::initializer_list<output_buffer> outputs) noexcept {
    return run(gear, std::span{inputs.begin(), inputs.size()}, std::span{outputs.begin(), outputs.size()});
  }
  /// A model with one input and one output: context.run({batch(4)}, in, out).
  status run(gear_choice gear, const input_buffer& input, const output_buffer& output) noexcept {
    return run(gear, std::span{&input, 1}, std::span{&output, 1});
  }

 private:
  friend class engine;
  struct memory;
  explicit context(std::unique_ptr<memory> memory) noexcept;
  std::unique_ptr<memory> memory_;
};

// --- preparing -------------------------------------------------------------------------------------------

/// Which kernels do the work.
enum class kernels : std::uint8_t {
  fast,       ///< the fast kernel of each operator where it has one, else its reference kernel
  reference,  ///< one obvious expression an operator, in the arithmetic and rounding of the device
};

struct rank_seat;

struct options {
  kernels use = kernels::fast;
  std::shared_ptr<const rank_seat> seat{};  ///< among other ranks: rank_engines (host/ranks.hpp) gives it
};

/// A graph made ready to run: constants folded, weights packed once for all gears, memory planned and kernels
/// prepared gear by gear. Copies share all of it.
class AIRLOOM_API engine {
 public:
  /// Needs    shapes that are known in every gear: specialise() the inputs of a graph whose sizes a file
  ///          leaves open.
  /// Throws   what verify() and infer() find; plan_failed for a size that is not known; weights_do_not_fit
  ///          for a constant without contents; kernel_missing for an operator, or its element types, that no
  ///          kernel serves.
  explicit engine(const graph& model, const options& how = {});

  std::size_t gears() const noexcept;
  const std::vector<tensor_port>& inputs() const noexcept;
  const std::vector<tensor_port>& outputs() const noexcept;
  /// The bytes that the values between operators take in one gear (kernels may need scratch besides).
  std::size_t arena_bytes(std::size_t gear) const;

  /// Memory for one thread at a time, enough for every gear. It keeps what it needs of the engine alive.
  context make_context() const;

 private:
  std::shared_ptr<const plan> plan_;
};

}  // namespace airloom::host
