// geared_add: the sum of a (rows, 2) and a (cols, 2) tensor whose first dimensions move together, in the
// gears 2 and 4.

#include <airloom/air/gears.hpp>
#include <airloom/airloom.hpp>
#include <numeric>
#include <vector>

#include "models/geared_add.hpp"
#include "support.hpp"

namespace al = airloom;

namespace {

al::model traced() {
  return al::trace(geared_add::net{}, geared_add::a, geared_add::b);
}

void show() {
  const al::model model = traced();
  std::cout << al::to_text(model) << '\n';
  const al::host::engine engine{model};
  al::host::context context = engine.make_context();
  for (const std::int64_t rows : {2, 4}) {
    std::vector<float> a(static_cast<std::size_t>(2 * rows)), b(a.size(), 100.0F), sum(a.size());
    std::iota(a.begin(), a.end(), 1.0F);
    example::require(context.run({geared_add::rows(rows), geared_add::cols(rows)}, {a, b}, {sum}));
    std::cout << "gear " << rows << ":";
    for (const float value : sum) std::cout << ' ' << value;
    std::cout << '\n';
  }
  const al::host::status refused = context.run({geared_add::rows(3), geared_add::cols(3)}, {}, {});
  std::cout << "gear 3: " << refused.message() << "\n\n";
  std::cout << "What GE is told about the gears:\n";
  for (const auto& [option, value] : al::air::ge_options(model))
    std::cout << "  " << option << " = " << value << '\n';
}

void export_to(const std::string& folder) {
  example::export_model(traced(), folder);
}

}  // namespace

int main(int argc, char** argv) {
  return example::main(argc, argv,
                       "geared_add: one model, two gears; the two axes move together, so the sum compiles.",
                       show, export_to);
}
