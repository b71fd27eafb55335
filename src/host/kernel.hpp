#pragma once
// What a kernel is: a function that prepares, and a function that runs what was prepared.
//
// Preparing sees the operator, the shapes of one gear and the contents of constants; it may allocate, pack
// weights and throw. Running sees addresses, does the arithmetic, and can do nothing else.

#include <airloom/graph/graph.hpp>
#include <airloom/host/engine.hpp>
#include <cstring>
#include <map>
#include <optional>
#include <span>

namespace airloom::host {

/// One tensor of an operator, in one gear.
struct tensor_facts {
  dtype type = dtype::undefined;  ///< undefined: an optional input that is not fed
  std::vector<std::size_t> shape{};
  const void* contents = nullptr;  ///< of a constant; null for what only running knows

  bool fed() const { return type != dtype::undefined; }
  std::size_t rank() const { return shape.size(); }
  std::size_t elements() const {
    std::size_t product = 1;
    for (const std::size_t size : shape) product *= size;
    return product;
  }
  std::size_t bytes() const { return bytes_for(type, elements()); }
};

/// The addresses of one run. An input that is not fed is null.
struct arguments {
  void* const* inputs;
  void* const* outputs;
  void* scratch;  ///< aligned as the arena is

  template <class T>
  const T* input(std::size_t index) const {
    return static_cast<const T*>(inputs[index]);
  }
  template <class T>
  T* output(std::size_t index) const {
    return static_cast<T*>(outputs[index]);
  }
};

using run_function = status_code (*)(const void* state, const arguments& addresses) noexcept;

/// A kernel ready to run: any number of threads may run it at once.
struct prepared {
  run_function run = nullptr;  ///< null: the kernel does not serve this operator as it is
  std::shared_ptr<const void> state{};
  std::size_t scratch_bytes = 0;
  std::uint32_t unread = 0;  ///< bit i: running never reads input i, whose contents went into the state
};

/// Makes a callable the state of a prepared kernel: `work(addresses)` returns nothing, or a status_code where
/// what it reads may be at fault.
template <class Work>
prepared prepare_run(Work work, std::size_t scratch_bytes = 0) {
  const auto run = [](const void* state, const arguments& addresses) noexcept {
    const Work& prepared_work = *static_cast<const Work*>(state);
    if constexpr (std::is_same_v<decltype(prepared_work(addresses)), status_code>)
      return prepared_work(addresses);
    else {
      prepared_work(addresses);
      return status_code::ok;
    }
  };
  return {run, std::make_shared<const Work>(std::move(work)), scratch_bytes, 0};
}

/// What several gears and several operators share: weights in the form that kernels read them in.
class shared_forms {
 public:
  /// The form named `form` of the constant at `contents`, made on first use. The constant outlives this.
  template <class T, class Make>
  std::shared_ptr<const T> get(const void* contents, const std::string& form, Make make) {
    std::shared_ptr<const void>& kept = forms_[{contents, form}];
    if (kept == nullptr) kept = std::make_shared<const T>(make());
    return std::static_pointer_cast<const T>(kept);
  }

 private:
  std::map<std::pair<const void*, std::string>, std::shared_ptr<const void>> forms_;
};

/// One operator in one gear, as its kernel is prepared for it.
class preparation {
 public:
  preparation(const node& op, std::vector<tensor_facts> inputs, std::vector<tensor_facts> outputs,
              shared_forms& forms, const rank_seat* seat = nullptr)
      : op_{op}, inputs_{std::move(inputs)}, outputs_{std::move(outputs)}, forms_{forms}, seat_{seat} {}

  std::string_view type() const { return op_.type; }
  std::size_t input_count() const { return inputs_.size(); }
  std::size_t output_count() const { return outputs_.size(); }
  const tensor_facts& input(std::size_t index) const { return inputs_[index]; }
  const tensor_facts& output(std::size_t index) const { return outputs_[index]; }
  bool fed(std::size_t index) const { return index < inputs_.size() && inputs_[index].fed(); }
  /// The place of the input with this name among all inputs (a dynamic one: of its first member).
  std::size_t input_named(std::string_view name) const;

  // Attributes; where the node has none of this name, the prototype's default.
  std::int64_t integer(std::string_view name) const;
  bool boolean(std::string_view name) const { return integer(name) != 0; }
  double real(std::string_view name) const;
  std::string text(std::string_view name) const;
  std::vector<std::int64_t> integers(std::string_view name) const;
  /// A list of `count` sizes, none below `least`. Throws attribute_invalid for any other list.
  std::vector<std::size_t> sizes(std::string_view name, std::size_t count, std::int64_t least) const;

  /// The contents of a constant integer input (axes, a permutation). Throws plan_failed where it is none.
  std::vector<std::int64_t> contents_of(std::size_t input) const;

  shared_forms& forms() const { return forms_; }
  /// Where collectives meet other ranks; null in an engine that runs by itself.
  const rank_seat* seat() const { return seat_; }

  /// The same operator on tensors of other shapes, as a kernel does it part by part.
  preparation with(std::vector<tensor_facts> inputs, std::vector<tensor_facts> outputs) const {
    return {op_, std::move(inputs), std::move(outputs), forms_};
  }

  /// Throws kernel_missing: `what` of this operator is not served here.
  [[noreturn]] void refuse(const std::string& what) const;

 private:
  const attribute::value_type* find(std::string_view name) const;
  const attribute_list& defaults() const;

  const node& op_;
  std::vector<tensor_facts> inputs_;
  std::vector<tensor_facts> outputs_;
  shared_forms& forms_;
  const rank_seat* seat_;
};

using prepare_function = prepared (*)(const preparation&);

/// The kernels of one operator. A prepare function whose kernel does not serve the element types or shapes
/// at hand returns no run function.
struct kernel {
  prepare_function reference = nullptr;
  prepare_function fast = nullptr;
};

/// What a fused kernel does instead of several operators: the outputs are those of the last of them.
struct fusion {
  prepared kernel;
  std::vector<value_reference> operands;  ///< whose addresses the kernel gets, in this order
  std::vector<int> absorbed;              ///< the operators before the last one, which need not run
};

class fused_operator;
/// A kernel of several operators (host/fusion.hpp), found from the last of them backwards.
using fuse_function = std::optional<fusion> (*)(const fused_operator& last);

/// All kernels by Ascend type. Each src/host/kernels/<family>.cpp has a function add_<family>_kernels, which
/// the build finds by the name of the file.
class kernel_table {
 public:
  void add(std::string_view type, prepare_function reference, prepare_function fast = nullptr) {
    kernels_[type] = {reference, fast};
  }
  void add(std::initializer_list<std::string_view> types, prepare_function reference,
           prepare_function fast = nullptr) {
    for (const std::string_view type : types) add(type, reference, fast);
  }
  /// Fused kernels are tried in the order in which they are added.
  void fuse(fuse_function function) { fused_.push_back(function); }
  const std::vector<fuse_function>& fused() const { return fused_; }

  auto begin() const { return kernels_.begin(); }
  auto end() const { return kernels_.end(); }
  const kernel* find(std::string_view type) const {
    const auto found = kernels_.find(type);
    return found == kernels_.end() ? nullptr : &found->second;
  }

 private:
  std::map<std::string_view, kernel> kernels_;
  std::vector<fuse_function> fused_;
};

/// Calls add_<family>_kernels of every family; the build writes it.
void add_every_family(kernel_table& table);
/// The one table, made on first use.
const kernel_table& all_kernels();

/// Prepares the operator with the kernels asked for. Throws kernel_missing where none serves it.
prepared prepare(const preparation& op, kernels use);

}  // namespace airloom::host
