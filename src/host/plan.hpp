#pragma once
// What an engine holds: for every gear a flat list of prepared kernels and of the addresses they work on.

#include <airloom/graph/graph.hpp>
#include <airloom/host/engine.hpp>
#include <airloom/host/memory_plan.hpp>

#include "host/kernel.hpp"

namespace airloom::host {

/// Memory that starts on a cache line.
std::shared_ptr<std::byte[]> make_aligned(std::size_t bytes);

class plan {
 public:
  /// Where one address of a step comes from.
  struct address {
    placement at;
    const void* constant = nullptr;
  };
  /// One kernel to run; its addresses lie one after the other, inputs before outputs.
  struct step {
    run_function run = nullptr;
    const void* state = nullptr;
    std::size_t first_input = 0;
    std::size_t first_output = 0;
    std::size_t node = 0;  ///< for messages
  };
  struct gear {
    std::vector<step> steps;
    std::vector<address> addresses;
    std::vector<std::shared_ptr<const void>> states;
    std::size_t arena_bytes = 0;
    std::size_t scratch_bytes = 0;
    std::vector<std::size_t> input_bytes;
    std::vector<std::size_t> output_bytes;
    std::vector<int> may_reuse;  ///< one an output: the input whose memory it may take; else -1
  };

  gear_set gears;
  std::vector<tensor_port> inputs;
  std::vector<tensor_port> outputs;
  std::vector<std::string> node_names;
  std::vector<gear> prepared_gears;
  std::vector<blob> constants;  ///< those that kernels read while running

  /// The number of the gear; no_gear where there is no such gear.
  std::size_t find(const gear_choice& choice) const noexcept;
  /// The refusal of buffers that do not fit the gear; ok where they do.
  status check(std::size_t gear, std::span<const input_buffer> given_inputs,
               std::span<const output_buffer> given_outputs) const noexcept;
  status refusal(status_code code, std::size_t gear, std::size_t place, std::size_t given,
                 bool is_output) const noexcept;
  std::string message(const status& s) const;

 private:
  std::string gear_in_words(std::size_t gear) const;
  std::string all_gears_in_words() const;
};

/// Prepares a graph for every gear. Throws as engine's constructor does.
std::shared_ptr<const plan> make_plan(const graph& model, const options& how);

}  // namespace airloom::host
