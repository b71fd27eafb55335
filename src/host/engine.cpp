#include <airloom/host/engine.hpp>

#include "host/plan.hpp"

namespace airloom::host {

std::size_t tensor_port::bytes(std::size_t gear) const {
  std::uint64_t elements = 1;
  for (const std::int64_t size : shapes.at(gear)) elements *= static_cast<std::uint64_t>(size);
  return bytes_for(type, elements);
}

// --- context

struct context::memory {
  /// An address that the caller gives anew in every run.
  struct patch {
    std::size_t address;
    std::size_t buffer;
  };
  struct gear {
    std::vector<void*> addresses;
    std::vector<patch> inputs;
    std::vector<patch> outputs;
  };

  std::shared_ptr<const plan> prepared;
  std::shared_ptr<std::byte[]> arena;
  std::shared_ptr<std::byte[]> scratch;
  std::vector<gear> gears;

  explicit memory(std::shared_ptr<const plan> of) : prepared{std::move(of)} {
    std::size_t arena_bytes = 0, scratch_bytes = 0;
    for (const plan::gear& gear : prepared->prepared_gears) {
      arena_bytes = std::max(arena_bytes, gear.arena_bytes);
      scratch_bytes = std::max(scratch_bytes, gear.scratch_bytes);
    }
    arena = make_aligned(arena_bytes);
    scratch = make_aligned(scratch_bytes);
    for (const plan::gear& gear : prepared->prepared_gears) gears.push_back(resolve(gear));
  }

  gear resolve(const plan::gear& planned) const {
    gear resolved;
    for (const plan::address& address : planned.addresses) {
      const std::size_t index = resolved.addresses.size();
      void* fixed = nullptr;
      if (address.at.where == home::arena)
        fixed = arena.get() + address.at.place;
      else if (address.at.where == home::constant)
        fixed = const_cast<void*>(address.constant);
      else if (address.at.where == home::input)
        resolved.inputs.push_back({index, address.at.place});
      else if (address.at.where == home::output)
        resolved.outputs.push_back({index, address.at.place});
      resolved.addresses.push_back(fixed);
    }
    return resolved;
  }
};

context::context(std::unique_ptr<memory> memory) noexcept : memory_{std::move(memory)} {}
context::context(context&& other) noexcept = default;
context& context::operator=(context&& other) noexcept = default;
context::~context() = default;

status context::run(gear_choice choice, std::span<const input_buffer> inputs,
                    std::span<const output_buffer> outputs) noexcept {
  const plan& prepared = *memory_->prepared;
  const std::size_t number = prepared.find(choice);
  if (number == no_gear) return prepared.refusal(status_code::gear_unknown, 0, 0, 0, false);
  if (const status verdict = prepared.check(number, inputs, outputs); !verdict.ok()) return verdict;

  memory::gear& gear = memory_->gears[number];
  for (const memory::patch& patch : gear.inputs)
    gear.addresses[patch.address] = const_cast<void*>(inputs[patch.buffer].data);
  for (const memory::patch& patch : gear.outputs) gear.addresses[patch.address] = outputs[patch.buffer].data;

  const std::vector<plan::step>& steps = prepared.prepared_gears[number].steps;
  for (const plan::step& step : steps) {
    const arguments addresses{gear.addresses.data() + step.first_input,
                              gear.addresses.data() + step.first_output, memory_->scratch.get()};
    if (const status_code code = step.run(step.state, addresses); code != status_code::ok)
      return prepared.refusal(code, number, static_cast<std::size_t>(&step - steps.data()), 0, false);
  }
  return {};
}

// --- engine

engine::engine(const graph& model, const options& how) : plan_{make_plan(model, how)} {}

std::size_t engine::gears() const noexcept {
  return plan_->prepared_gears.size();
}
const std::vector<tensor_port>& engine::inputs() const noexcept {
  return plan_->inputs;
}
const std::vector<tensor_port>& engine::outputs() const noexcept {
  return plan_->outputs;
}
std::size_t engine::arena_bytes(std::size_t gear) const {
  return plan_->prepared_gears.at(gear).arena_bytes;
}
context engine::make_context() const {
  return context{std::make_unique<context::memory>(plan_)};
}

}  // namespace airloom::host
