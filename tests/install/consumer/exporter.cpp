// A model that becomes a product of the build: airloom_export() runs this with `--export DIR`.
#include <airloom/airloom.hpp>
#include <airloom/error.hpp>

#include <iostream>
#include <string_view>

namespace al = airloom;
inline constexpr struct batch final : al::axis<batch> {
} batch;

struct net {
  al::nn::linear<4, 2> up;
  constexpr auto operator()(auto x) const { return al::relu(up(x)); }
};
BOOST_HANA_ADAPT_STRUCT(net, up);

int main(int count, char** words) {
  if (count != 3 || std::string_view{words[1]} != "--export") return 2;
  try {
    constexpr auto traffic = batch.in<1, 8>;
    al::air::export_model(al::trace(net{}, al::input<traffic, al::f32, batch, 4>("x"), al::ones()),
                          {.path = words[2], .name = "net"});
    return 0;
  } catch (const al::error& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
