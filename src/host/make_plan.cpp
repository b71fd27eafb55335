#include <fmt/format.h>
#include <algorithm>
#include <limits>
#include <optional>

#include "host/fusion.hpp"
#include "host/plan.hpp"

namespace airloom::host {

namespace {

/// Copies the bytes of its one input: what is left of a view whose bytes have to be somewhere else.
prepared copy_of_bytes(std::size_t bytes) {
  return prepare_run([bytes](const arguments& a) {
    if (bytes != 0) std::memcpy(a.outputs[0], a.inputs[0], bytes);
  });
}

bool is_aligned_for(const void* data, dtype type) {
  const std::size_t width = std::max<std::size_t>(facts_of(type).bits / 8, 1);
  return reinterpret_cast<std::uintptr_t>(data) % width == 0;
}

class plan_maker {
 public:
  plan_maker(const graph& model, const options& how) : graph_{model}, use_{how.use}, seat_{how.seat} {}

  std::shared_ptr<const plan> run() {
    throw_first_error(verify(graph_));
    complete_outputs();
    throw_first_error(infer(graph_));
    number_values();
    result_->gears = graph_.gears;
    for (const node& n : graph_.nodes) result_->node_names.push_back(n.name);
    describe_ports();
    for (std::size_t gear = 0; gear != graph_.gears.gears; ++gear) make_gear(gear);
    keep_constants();
    return result_;
  }

 private:
  template <class Number>
  static std::size_t place(Number number) {
    return static_cast<std::size_t>(number);
  }
  const node& at(int index) const { return graph_.nodes[place(index)]; }
  static memory_trait trait_of(const node& n) {
    return n.definition == nullptr ? memory_trait::none : n.definition->ir->memory;
  }
  std::size_t place_of(const node& n) const { return place(&n - graph_.nodes.data()); }

  /// A file may leave out outputs that nobody reads; kernels write all that the operator has.
  void complete_outputs() {
    for (node& n : graph_.nodes) {
      const operator_entry* const entry = find_operator(n.type);
      if (entry == nullptr || entry->ir->memory == memory_trait::source || entry->ir->output_count == 0 ||
          entry->ir->outputs[0].dynamic)
        continue;
      const std::size_t count = std::max<std::size_t>(n.output_descriptions.size(), entry->ir->output_count);
      n.output_descriptions.resize(count);
      n.output_names.resize(count);
    }
  }

  // --- the graph in the planner's numbers: its nodes in the order of running, and all their outputs

  void number_values() {
    first_value_.assign(graph_.nodes.size(), 0);
    input_number_.assign(graph_.nodes.size(), -1);
    moves_.assign(graph_.nodes.size(), false);
    for (const int input : graph_.inputs()) {
      input_number_[place(input)] = static_cast<int>(inputs_.size());
      inputs_.push_back(input);
    }
    for (const int index : topological_order(graph_)) {
      if (at(index).type == "NetOutput") continue;
      order_.push_back(index);
      first_value_[place(index)] = static_cast<int>(facts_.size());
      facts_.resize(facts_.size() + at(index).output_descriptions.size());
    }
    constants_.resize(facts_.size());
  }
  int value_of(const value_reference& reference) const {
    return reference.node < 0 ? -1 : first_value_[place(reference.node)] + reference.output;
  }
  std::size_t first_value_of(const node& n) const { return place(first_value_[place_of(n)]); }
  const tensor_description& description_of(const value_reference& reference) const {
    return at(reference.node).output_descriptions[place(reference.output)];
  }

  // --- inputs and outputs

  void describe_ports() {
    for (const int index : inputs_) {
      if (at(index).output_descriptions.empty())
        throw error{error_code::plan_failed, fmt::format("The input '{}' has no output.", at(index).name),
                    "Describe the tensor that the input stands for."};
      result_->inputs.push_back(describe_port(at(index).name, {index, 0}));
    }
    outputs_ = graph_.outputs();
    if (outputs_.empty() && std::none_of(order_.begin(), order_.end(), [&](int index) {
          return trait_of(at(index)) == memory_trait::communicates;
        }))
      throw error{error_code::plan_failed, "The graph has no outputs, so there is nothing to run.",
                  "Give it a NetOutput node."};
    for (std::size_t k = 0; k != outputs_.size(); ++k) {
      if (outputs_[k].node < 0)
        throw error{error_code::plan_failed, fmt::format("Output {} of the graph is not fed.", k),
                    "Connect it, or remove it from the NetOutput node."};
      result_->outputs.push_back(describe_port(output_name(k), outputs_[k]));
    }
    for (const state_pair& pair : graph_.states) {
      tensor_port& output = result_->outputs[place(pair.output)];
      const tensor_port& input = result_->inputs[place(pair.input)];
      if (output.type != input.type || output.shapes != input.shapes)
        throw error{error_code::graph_invalid,
                    fmt::format("'{}' is the new value of '{}', but has another element type or shape.",
                                output.name, input.name),
                    "Give a state a new value of its own element type and shape."};
      output.updates = pair.input;
    }
  }
  std::string output_name(std::size_t k) const {
    if (k < graph_.output_labels.size()) return graph_.output_labels[k];
    return fmt::format("{}:{}", at(outputs_[k].node).name, outputs_[k].output);
  }
  tensor_port describe_port(const std::string& name, const value_reference& value) const {
    require_known(value);
    const tensor_description& description = description_of(value);
    tensor_port port{name, description.type, {}, -1};
    for (std::size_t gear = 0; gear != graph_.gears.gears; ++gear) {
      port.shapes.emplace_back();
      for (std::size_t d = 0; d != description.shape.rank; ++d)
        port.shapes.back().push_back(description.shape[d].size_in(graph_.gears.view(), gear));
    }
    return port;
  }
  void require_known(const value_reference& value) const {
    const tensor_description& description = description_of(value);
    if (description.shape.is_known() && description.type != dtype::undefined) return;
    throw error{error_code::plan_failed,
                fmt::format("The shape of '{}', {}, is not known.", at(value.node).name,
                            to_text(description.shape, graph_.gears)),
                "Set the sizes of the graph's inputs with specialise() first."};
  }

  // --- one gear

  void make_gear(std::size_t gear) {
    describe_values(gear);
    fusions_.assign(graph_.nodes.size(), std::nullopt);
    prepare_operators();
    const dataflow flow = flow_of_graph();
    const memory_plan memory = plan_memory(flow);
    plan::gear made;
    made.arena_bytes = memory.arena_bytes;
    for (std::size_t s = 0; s != order_.size(); ++s)
      if (memory.steps[s] == step_fate::run) make_step(at(order_[s]), memory, made);
    copy_outputs(flow, memory, made);
    for (const tensor_port& port : result_->inputs) made.input_bytes.push_back(port.bytes(gear));
    for (const tensor_port& port : result_->outputs) made.output_bytes.push_back(port.bytes(gear));
    result_->prepared_gears.push_back(std::move(made));
  }

  /// Types and sizes of all values in one gear; a value of unknown shape is left undefined.
  void describe_values(std::size_t gear) {
    for (const int index : order_)
      for (std::size_t o = 0; o != at(index).output_descriptions.size(); ++o) {
        const tensor_description& description = at(index).output_descriptions[o];
        tensor_facts& facts = facts_[first_value_of(at(index)) + o];
        facts = {};
        if (description.shape.is_known()) facts = describe(at(index), description, gear);
      }
  }
  tensor_facts describe(const node& n, const tensor_description& description, std::size_t gear) const {
    tensor_facts facts{description.type};
    std::int64_t elements = 1;
    for (std::size_t d = 0; d != description.shape.rank; ++d) {
      const std::int64_t size = description.shape[d].size_in(graph_.gears.view(), gear);
      if (size < 0 || __builtin_mul_overflow(elements, size, &elements) ||
          elements > std::numeric_limits<std::int64_t>::max() / 1024)
        throw error{error_code::plan_failed,
                    fmt::format("'{}' has a tensor of shape {}, which no memory holds.", n.name,
                                to_text(description.shape, graph_.gears)),
                    "Check the sizes of the graph's inputs."};
      facts.shape.push_back(place(size));
    }
    return facts;
  }

  dataflow flow_of_graph() const {
    dataflow flow;
    for (const int index : order_) {
      const node& n = at(index);
      const int input = input_number_[place(index)];
      const flow_origin origin = input >= 0                            ? flow_origin::input
                                 : trait_of(n) == memory_trait::source ? flow_origin::constant
                                                                       : flow_origin::computed;
      flow.add_step(origin, fusion_of(n) == nullptr ? trait_of(n) : memory_trait::none, input);
      for (const value_reference& operand : operands_of(n)) flow.add_operand(value_of(operand));
      for (std::size_t o = 0; o != n.output_descriptions.size(); ++o) {
        const tensor_facts& facts = facts_[first_value_of(n) + o];
        flow.add_value(facts.fed() ? facts.bytes() : 0, facts.fed() ? facts.elements() : 0);
      }
    }
    for (std::size_t k = 0; k != outputs_.size(); ++k)
      flow.add_output(value_of(outputs_[k]), result_->outputs[k].updates);
    return flow;
  }

  /// Computes what is constant, and finds operators that run together.
  void prepare_operators() {
    const dataflow flow = flow_of_graph();
    const memory_plan memory = plan_memory(flow);
    evaluate_constants(memory);
    if (use_ == kernels::fast) fuse(memory);
  }
  void evaluate_constants(const memory_plan& memory) {
    for (std::size_t s = 0; s != order_.size(); ++s) {
      if (memory.steps[s] == step_fate::dropped) continue;
      require_described(order_[s]);
      if (memory.steps[s] == step_fate::evaluated) evaluate(at(order_[s]));
    }
  }
  void require_described(int index) const {
    for (const value_reference& input : at(index).inputs)
      if (input.node >= 0) require_known(input);
    for (std::size_t o = 0; o != at(index).output_descriptions.size(); ++o)
      require_known({index, static_cast<int>(o)});
  }
  void make_step(const node& n, const memory_plan& memory, plan::gear& gear) {
    if (const std::optional<fusion>& fused = fusions_[place_of(n)])
      add_step(n, fused->kernel, memory, gear);
    else if (!is_seen_in_place(n, memory))
      add_step(n, prepare_node(n), memory, gear);
  }

  // --- operators that run together

  const fusion* fusion_of(const node& n) const {
    const std::optional<fusion>& fused = fusions_[place_of(n)];
    return fused ? &*fused : nullptr;
  }
  const std::vector<value_reference>& operands_of(const node& n) const {
    const fusion* const fused = fusion_of(n);
    return fused == nullptr ? n.inputs : fused->operands;
  }

  /// Finds fused kernels, from the last operator to the first. The arena that the compiler counted stays
  /// enough: where the fused plan would take a larger one, nothing is fused.
  void fuse(const memory_plan& memory) {
    neighbourhood around{graph_, count_readers(), std::vector<bool>(graph_.nodes.size(), false),
                         [this](int index) { return preparation_of(at(index)); }};
    for (std::size_t s = 0; s != order_.size(); ++s)
      around.runs[place(order_[s])] = memory.steps[s] == step_fate::run;
    std::vector<bool> absorbed(graph_.nodes.size(), false);
    for (std::size_t s = order_.size(); s-- != 0;) {
      const int index = order_[s];
      if (!around.runs[place(index)] || absorbed[place(index)]) continue;
      fusions_[place(index)] = first_fusion({around, index});
      if (const fusion* const found = fusion_of(at(index)))
        for (const int before : found->absorbed) absorbed[place(before)] = true;
    }
    if (plan_memory(flow_of_graph()).arena_bytes > memory.arena_bytes)
      fusions_.assign(graph_.nodes.size(), std::nullopt);
  }
  static std::optional<fusion> first_fusion(const fused_operator& last) {
    for (const fuse_function function : all_kernels().fused())
      if (std::optional<fusion> found = function(last)) return found;
    return std::nullopt;
  }
  std::vector<int> count_readers() const {
    std::vector<int> readers(graph_.nodes.size(), 0);
    for (const node& n : graph_.nodes)  // NetOutput too
      for (const value_reference& input : n.inputs)
        if (input.node >= 0) ++readers[place(input.node)];
    return readers;
  }

  /// A view that lies where its operand lies: nothing is left to do.
  bool is_seen_in_place(const node& n, const memory_plan& memory) const {
    return trait_of(n) == memory_trait::view &&
           memory.values[place(value_of(n.inputs[0]))] == memory.values[first_value_of(n)];
  }

  preparation preparation_of(const node& n) {
    std::vector<tensor_facts> inputs, outputs;
    for (const value_reference& input : n.inputs)
      inputs.push_back(input.node < 0 ? tensor_facts{} : facts_[place(value_of(input))]);
    for (std::size_t o = 0; o != n.output_descriptions.size(); ++o)
      outputs.push_back(facts_[first_value_of(n) + o]);
    return {n, std::move(inputs), std::move(outputs), forms_, seat_.get()};
  }
  prepared prepare_node(const node& n) {
    const preparation op = preparation_of(n);
    if (n.definition == nullptr) op.refuse("no prototype");
    return trait_of(n) == memory_trait::view ? copy_of_bytes(op.output(0).bytes()) : prepare(op, use_);
  }

  void add_step(const node& n, prepared kernel, const memory_plan& memory, plan::gear& gear) {
    const std::size_t first = gear.addresses.size();
    const std::vector<value_reference>& operands = operands_of(n);
    for (std::size_t i = 0; i != operands.size(); ++i) {
      const bool read = operands[i].node >= 0 && (i >= 32 || (kernel.unread >> i & 1U) == 0);
      gear.addresses.push_back(read ? address_of(place(value_of(operands[i])), memory) : plan::address{});
    }
    for (std::size_t o = 0; o != n.output_descriptions.size(); ++o)
      gear.addresses.push_back(address_of(first_value_of(n) + o, memory));
    gear.steps.push_back({kernel.run, kernel.state.get(), first, first + operands.size(), place_of(n)});
    gear.states.push_back(std::move(kernel.state));
    gear.scratch_bytes = std::max(gear.scratch_bytes, kernel.scratch_bytes);
  }
  plan::address address_of(std::size_t value, const memory_plan& memory) {
    const placement& where = memory.values[value];
    if (where.where != home::constant) return {where, nullptr};
    const blob& constant = constants_[value];
    result_->constants.push_back(constant);
    return {where, constant.data};
  }

  /// What is an input as it came is copied first: a new value may lie in an input's memory.
  void copy_outputs(const dataflow& flow, const memory_plan& memory, plan::gear& gear) {
    for (const bool of_inputs : {true, false})
      for (std::size_t k = 0; k != flow.outputs.size(); ++k) {
        const auto value = place(flow.outputs[k]);
        if ((memory.values[value].where == home::input) == of_inputs) copy_output(k, value, memory, gear);
      }
    for (std::size_t k = 0; k != flow.outputs.size(); ++k) {
      const bool is_input = memory.values[place(flow.outputs[k])].where == home::input;
      gear.may_reuse.push_back(is_input ? -1 : flow.updates[k]);
    }
  }
  /// A result that lies somewhere else (it is an input, a constant or another result too) is copied.
  void copy_output(std::size_t k, std::size_t value, const memory_plan& memory, plan::gear& gear) {
    const placement wanted{home::output, k};
    if (memory.values[value] == wanted) return;
    prepared copy = copy_of_bytes(facts_[value].bytes());
    const std::size_t first = gear.addresses.size();
    gear.addresses.push_back(address_of(value, memory));
    gear.addresses.push_back({wanted, nullptr});
    gear.steps.push_back({copy.run, copy.state.get(), first, first + 1, place(outputs_[k].node)});
    gear.states.push_back(std::move(copy.state));
  }

  // --- constants

  /// Makes the contents of a constant step known. What depends on no shape is the same in all gears.
  void evaluate(const node& n) {
    const bool moves = moves_[place_of(n)] = depends_on_gear(n);
    const std::size_t first = first_value_of(n);
    if (moves || constants_[first].owner == nullptr) {
      if (trait_of(n) == memory_trait::source)
        constants_[first] = stored_contents(n);
      else if (trait_of(n) == memory_trait::view)
        constants_[first] = constants_[place(value_of(n.inputs[0]))];
      else
        compute_constant(n);
    }
    for (std::size_t o = 0; o != n.output_descriptions.size(); ++o)
      facts_[first + o].contents = constants_[first + o].data;
  }
  bool depends_on_gear(const node& n) const {
    if (trait_of(n) == memory_trait::shape_only) return true;
    for (const value_reference& input : n.inputs)
      if (input.node >= 0 && moves_[place(input.node)]) return true;
    return false;
  }

  blob stored_contents(const node& n) const {
    const attribute* value = n.find("value");
    const tensor_contents* contents = value == nullptr ? nullptr : value->get<tensor_contents>();
    const tensor_facts& facts = facts_[first_value_of(n)];
    if (contents == nullptr || contents->data.size != facts.bytes())
      throw error{error_code::weights_do_not_fit,
                  fmt::format("The constant '{}' has {} bytes of contents but needs {}.", n.name,
                              contents == nullptr ? 0 : contents->data.size, facts.bytes()),
                  "Load the weights of the model before running it."};
    return usable(contents->data, facts.type);
  }
  /// Contents that an engine can hold and read in place: aligned, and with an owner that says they are known.
  static blob usable(const blob& contents, dtype type) {
    blob held = contents;
    if (!is_aligned_for(held.data, type)) held = blob::copy_of(held.span());
    if (held.owner == nullptr) held.owner = std::shared_ptr<const void>{held.data, [](const void*) {}};
    return held;
  }

  void compute_constant(const node& n) {
    const prepared kernel = prepare_node(n);
    std::vector<void*> addresses;
    for (const value_reference& input : n.inputs)
      addresses.push_back(input.node < 0 ? nullptr
                                         : const_cast<std::byte*>(constants_[place(value_of(input))].data));
    for (std::size_t o = 0; o != n.output_descriptions.size(); ++o) {
      const std::size_t value = first_value_of(n) + o;
      const std::shared_ptr<std::byte[]> memory = make_aligned(facts_[value].bytes());
      constants_[value] = {memory, memory.get(), facts_[value].bytes()};
      retired_.push_back(constants_[value]);
      addresses.push_back(memory.get());
    }
    const std::shared_ptr<std::byte[]> scratch = make_aligned(kernel.scratch_bytes);
    const arguments all{addresses.data(), addresses.data() + n.inputs.size(), scratch.get()};
    if (kernel.run(kernel.state.get(), all) != status_code::ok)
      throw error{error_code::plan_failed,
                  fmt::format("'{}' ({}) computes a constant from an index that its tensor does not have.",
                              n.name, n.type),
                  "Correct the constant that holds the index."};
  }

  void keep_constants() {
    const auto by_address = [](const blob& a, const blob& b) { return a.data < b.data; };
    const auto same_address = [](const blob& a, const blob& b) { return a.data == b.data; };
    std::vector<blob>& kept = result_->constants;
    std::sort(kept.begin(), kept.end(), by_address);
    kept.erase(std::unique(kept.begin(), kept.end(), same_address), kept.end());
  }

  graph graph_;
  kernels use_;
  std::shared_ptr<const rank_seat> seat_;
  std::vector<int> order_;         // nodes but NetOutput
  std::vector<int> first_value_;   // one a node
  std::vector<int> input_number_;  // one a node; -1 for what is no input
  std::vector<int> inputs_;        // nodes
  std::vector<value_reference> outputs_;
  std::vector<tensor_facts> facts_;  // one a value, in the gear at hand
  std::vector<blob> constants_;      // one a value
  std::vector<blob> retired_;        // what was computed lives on while its address names forms of it
  std::vector<std::optional<fusion>> fusions_;  // one a node, in the gear at hand
  std::vector<bool> moves_;                     // one a node: a constant that depends on the gear
  shared_forms forms_;
  std::shared_ptr<plan> result_ = std::make_shared<plan>();
};

}  // namespace

std::shared_ptr<const plan> make_plan(const graph& model, const options& how) {
  return plan_maker{model, how}.run();
}

}  // namespace airloom::host
