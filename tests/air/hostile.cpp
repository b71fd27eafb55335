// Files that nobody meant well with: loading ends in an error or in a graph that everything else can take.

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <chrono>
#include <random>

#include "air/limits.hpp"
#include "allocations.hpp"
#include "files.hpp"

using airloom::error;
using airloom::graph;

namespace {

/// What a caller does with a file: reads it, checks it, prints it, writes it again. Returns whether it
/// loaded.
bool use(const std::string& bytes) {
  try {
    graph g = test::parse_text(bytes);
    static_cast<void>(verify(g));
    try {
      static_cast<void>(infer(g));
    } catch (const error&) {
    }
    static_cast<void>(to_text(g));
    static_cast<void>(test::saved(g));
    return true;
  } catch (const error&) {
    return false;
  }
}

/// The most memory that a file of this size may make us use (include/airloom/air/load.hpp).
std::size_t bound_for(std::size_t bytes) {
  return 32'000'000 + 256 * bytes;
}

class mutation {
 public:
  explicit mutation(unsigned seed) : random_{seed} {}

  std::string of(std::string bytes) {
    for (std::size_t edits = 1 + below(4); edits != 0 && !bytes.empty(); --edits) edit(bytes);
    return bytes;
  }

 private:
  std::size_t below(std::size_t bound) {
    return std::uniform_int_distribution<std::size_t>{0, bound - 1}(random_);
  }
  std::size_t place(const std::string& bytes) { return below(bytes.size()); }
  char any_byte() { return static_cast<char>(below(256)); }

  void edit(std::string& bytes) {
    const std::size_t at = place(bytes);
    const std::size_t length = 1 + below(std::min<std::size_t>(64, bytes.size() - at));
    switch (below(7)) {
      case 0:  // one bit
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8)));
        return;
      case 1:  // the end is missing
        bytes.resize(at);
        return;
      case 2:  // another byte: a tag, a length, a number
        bytes[at] = any_byte();
        return;
      case 3:  // a number of many bytes
        bytes.insert(at, std::string(below(11), '\xFF') + any_byte());
        return;
      case 4:  // a part twice
        bytes.insert(place(bytes), bytes.substr(at, length));
        return;
      case 5:  // a part missing
        bytes.erase(at, length);
        return;
      default:  // a length that is off by a little
        bytes[at] = static_cast<char>(bytes[at] + (below(2) == 0 ? 1 : -1));
    }
  }

  std::mt19937 random_;
};

std::vector<std::string> small_files() {
  std::vector<std::string> files;
  for (const auto& file : test::all_files())
    if (test::fs::file_size(file) < 12'000) files.push_back(test::content_of(file));
  return files;
}

}  // namespace

TEST_CASE("every damaged file is an error or a graph") {
  int count = 0;
  for (const auto& file : test::files_below(test::data() / "ge/damaged", ".air")) {
    ++count;
    CHECK_NOTHROW(use(test::content_of(file)));
  }
  CHECK(count >= 35);
}

TEST_CASE("100 000 mutations of good files are errors or graphs, in bounded memory") {
  const std::vector<std::string> files = small_files();
  REQUIRE(files.size() > 20);
  int loaded = 0;
  constexpr unsigned mutations = 100'000;
  for (unsigned seed = 0; seed != mutations; ++seed) {
    const std::string bytes = mutation{seed}.of(files[seed % files.size()]);
    const test::peak_memory peak;
    loaded += use(bytes) ? 1 : 0;
    REQUIRE_MESSAGE(peak.bytes() < bound_for(bytes.size()), "seed " << seed);
  }
  // Both ways are walked: had all been refused at the first byte, nothing would have been tried.
  CHECK(loaded > 1000);
  CHECK(loaded < 99'000);
}

TEST_CASE("every truncation of a file is an error or a graph") {
  const std::string bytes = test::content_of(test::data() / "ge/graphs/add_const.air");
  for (std::size_t length = 0; length != bytes.size(); ++length) CHECK_NOTHROW(use(bytes.substr(0, length)));
}

// --- files that are small and would like to become large ---

namespace {

namespace ir = airloom::ir;

struct bomb {
  const char* name;
  std::string bytes;
};

template <class Fill>
bomb make_bomb(const char* name, Fill fill) {
  ir::ModelDef message;
  ir::OpDef& op = *message.add_graph()->add_op();
  op.set_name("n");
  for (int i = 0; i != 400'000; ++i) fill(message, op, i);
  return {name, message.SerializeAsString()};
}

std::vector<bomb> bombs() {
  using ir::ModelDef;
  using ir::OpDef;
  const auto list = [](OpDef& op) -> ir::AttrDef::ListValue& {
    return *(*op.mutable_attr())["l"].mutable_list();
  };
  return {
      make_bomb("empty nodes", [](ModelDef& m, OpDef&, int) { m.mutable_graph(0)->add_op(); }),
      make_bomb("empty graphs", [](ModelDef& m, OpDef&, int) { m.add_graph(); }),
      make_bomb("empty descriptions", [](ModelDef&, OpDef& op, int) { op.add_input_desc(); }),
      make_bomb("empty inputs", [](ModelDef&, OpDef& op, int) { op.add_input(""); }),
      make_bomb("control edges", [](ModelDef&, OpDef& op, int) { op.add_input("n:-1"); }),
      make_bomb("empty texts in a list", [&](ModelDef&, OpDef& op, int) { list(op).add_s(""); }),
      make_bomb("empty tensors in a list",
                [&](ModelDef&, OpDef& op, int) {
                  list(op).set_val_type(ir::AttrDef::ListValue::VT_LIST_TENSOR);
                  list(op).add_t();
                }),
      make_bomb("numbers in a list",
                [&](ModelDef&, OpDef& op, int) {
                  list(op).set_val_type(ir::AttrDef::ListValue::VT_LIST_INT);
                  list(op).add_i(0);
                }),
      make_bomb("attributes",
                [](ModelDef&, OpDef& op, int i) { (*op.mutable_attr())[std::to_string(i)].set_i(0); }),
      make_bomb("descriptions that are just long enough",
                [](ModelDef&, OpDef& op, int) { op.add_input_desc()->set_name("ab"); }),
      make_bomb("tensors that are just long enough",
                [&](ModelDef&, OpDef& op, int) {
                  list(op).set_val_type(ir::AttrDef::ListValue::VT_LIST_TENSOR);
                  list(op).add_t()->set_data("abcdefgh");
                }),
      make_bomb("dimensions",
                [](ModelDef&, OpDef& op, int i) {
                  if (i == 0) op.add_output_desc();
                  op.mutable_output_desc(0)->mutable_shape()->add_dim(1);
                }),
  };
}

}  // namespace

TEST_CASE("memory is bounded for files that hold as many objects as their size allows, or more") {
  for (const bomb& b : bombs()) {
    CAPTURE(std::string{b.name});
    const test::peak_memory peak;
    try {
      static_cast<void>(test::parse_text(b.bytes));
    } catch (const error&) {
    }
    CHECK(peak.bytes() < bound_for(b.bytes.size()));
  }
}

TEST_CASE("lengths that promise more than there is cost nothing") {
  // graph (field 7) of 2^62 bytes; op (6) of 4 GB within a graph of 7 bytes.
  for (const std::string& bytes : {std::string{"\x3A\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F"},
                                   std::string{"\x3A\x07\x32\xFF\xFF\xFF\xFF\x0F\x00", 9}}) {
    const test::peak_memory peak;
    CHECK_FALSE(use(bytes));
    CHECK(peak.bytes() < 1 << 20);
  }
}

TEST_CASE("a graph of many nodes in a row takes time in proportion") {
  ir::ModelDef message;
  ir::GraphDef& g = *message.add_graph();
  for (int i = 0; i != 20'000; ++i) {
    ir::OpDef& op = *g.add_op();
    op.set_name("node_" + std::to_string(i));
    op.set_type("Relu");
    if (i != 0) op.add_input(fmt::format("node_{}:0", i - 1));
    for (auto* side : {op.mutable_input_desc(), op.mutable_output_desc()}) {
      side->Add()->set_name("x");
      side->at(0).set_layout("ND");
      side->at(0).set_device_type("NPU");
    }
  }
  const std::string bytes = message.SerializeAsString();
  const auto start = std::chrono::steady_clock::now();
  CHECK(use(bytes));
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds{20});
}
