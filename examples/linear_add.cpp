// linear_add: two Linear(2, 2) with all-one weights and the sum of their results, as TorchAir's documents
// show it.

#include <airloom/airloom.hpp>

#include "models/linear_add.hpp"
#include "support.hpp"

namespace al = airloom;

namespace {

al::model traced() {
  return al::trace(linear_add::net{}, linear_add::x, linear_add::y, al::ones());
}

void show() {
  const al::model model = traced();
  std::cout << "The model as one graph of Ascend operators:\n\n" << al::to_text(model) << '\n';

  const al::host::engine engine{model};
  al::host::context context = engine.make_context();
  const std::array x{1.0F, 2.0F, 3.0F, 4.0F}, y{10.0F, 20.0F, 30.0F, 40.0F};
  std::array<float, 4> sum{};
  example::require(context.run({}, {x, y}, {sum}));
  std::cout << "x = [1 2; 3 4], y = [10 20; 30 40]\n"
            << "linear1(x) + linear2(y) = [" << sum[0] << ' ' << sum[1] << "; " << sum[2] << ' ' << sum[3]
            << "]\n"
            << "Each row is (1 + 2 + 1) + (10 + 20 + 1) = 35, then (3 + 4 + 1) + (30 + 40 + 1) = 79.\n\n"
            << "--export DIR writes the files that TorchAir's dynamo_export would.\n";
}

void export_to(const std::string& folder) {
  example::export_model(traced(), folder);
}

}  // namespace

int main(int argc, char** argv) {
  return example::main(argc, argv,
                       "linear_add: two linear layers with all-one weights, and the sum of their results.",
                       show, export_to);
}
