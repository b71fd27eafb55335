#include <doctest/doctest.h>
#include <airloom/weights/npy.hpp>
#include <airloom/weights/npz.hpp>
#include "program.hpp"

using test::outcome;
using test::run_program;

namespace {

namespace weights = airloom::weights;

std::string file(const std::string& name) {
  return (test::sample_folder() / name).string();
}

}  // namespace

TEST_CASE("run computes with both kinds of kernels what PyTorch computed") {
  for (const std::string kernels : {"fast", "reference"}) {
    CAPTURE(kernels);
    const outcome done = run_program({"run", "model.air", "--input", "x=x.npy", "--input", "y=y.npy",
                                      "--output", "o.npz", "--kernels", kernels});
    CAPTURE(done.err);
    REQUIRE(done.code == 0);
    CHECK(done.out.starts_with("out0 f32[2, 2] min "));
    CHECK(run_program({"compare", "expected.npz", "o.npz", "--absolute", "1e-6"}).code == 0);
  }
}

TEST_CASE("inputs of one file and single ones go together") {
  weights::write_npz(file("only_x.npz"),
                     std::vector<weights::named_array>{{"x", weights::read_npy(file("x.npy"))}});
  const outcome done =
      run_program({"run", "model.air", "--inputs", "only_x.npz", "--input", "y=y.npy", "--output", "o.npz"});
  CHECK(done.code == 0);
  CHECK(run_program({"compare", "expected.npz", "o.npz"}).code == 0);
}

TEST_CASE("run --json keeps its promises") {
  const outcome done = run_program(
      {"run", "model.air", "--inputs", "inputs.npz", "--output", "o.npz", "--repeat", "3", "--json"});
  REQUIRE(done.code == 0);
  const nlohmann::json said = done.json();
  CHECK(said.at("milliseconds").size() == 3);
  const nlohmann::json& output = said.at("outputs").at(0);
  CHECK(output.at("name") == "out0");
  CHECK(output.at("dtype") == "f32");
  CHECK(output.at("shape") == std::vector<int>{2, 2});
  CHECK(output.at("minimum") <= output.at("mean"));
  CHECK(output.at("mean") <= output.at("maximum"));
  const outcome words =
      run_program({"run", "model.air", "--inputs", "inputs.npz", "--output", "o.npz", "--repeat", "3"});
  CHECK(words.out.find("3 calls: ") != std::string::npos);
}

TEST_CASE("an input that the model does not have is answered with those that it has") {
  const outcome refused =
      run_program({"run", "model.air", "--inputs", "inputs.npz", "--input", "z=x.npy", "--output", "o.npz"});
  CHECK(refused.code == 2);
  CHECK(refused.err.find("no input 'z'. Its inputs are: x, y.") != std::string::npos);
}

TEST_CASE("an input of another element type or shape is named") {
  weights::array x = weights::read_npy(file("x.npy"));
  x.type = airloom::i32;
  weights::write_npy(file("integers.npy"), x);
  const outcome wrong_type = run_program(
      {"run", "model.air", "--input", "x=integers.npy", "--input", "y=y.npy", "--output", "o.npz"});
  CHECK(wrong_type.code == 3);
  CHECK(wrong_type.err.find("The input 'x' takes f32 but is given i32.") != std::string::npos);

  x = {airloom::f32, {4}, x.bytes};
  weights::write_npy(file("flat.npy"), x);
  const outcome wrong_shape =
      run_program({"run", "model.air", "--input", "x=flat.npy", "--input", "y=y.npy", "--output", "o.npz"});
  CHECK(wrong_shape.code == 3);
  CHECK(wrong_shape.err.find("x [4]") != std::string::npos);
}

TEST_CASE("an output that cannot be written is an error") {
  const outcome refused =
      run_program({"run", "model.air", "--inputs", "inputs.npz", "--output", "no_such_folder/o.npz"});
  CHECK(refused.code == 3);
  CHECK(refused.err.starts_with("[AL304] "));
}
