// exporter FOLDER inside|outside: exports a model whose description gives a compiler all the freedom that C++
// leaves: operands of one expression, arguments of one call, members and elements.
#include <airloom/airloom.hpp>

#include <string_view>

namespace al = airloom;

inline constexpr struct batch final : al::axis<batch> {
} batch;
inline constexpr struct seq final : al::axis<seq> {
} seq;
inline constexpr auto traffic = al::product(batch.in<1, 4>, seq.in<8, 16>);

namespace bytes {

struct block {
  al::nn::layer_norm<8> norm;
  al::nn::linear<8, 16> up;
  al::nn::linear<16, 8> down;
  constexpr auto operator()(auto x) const { return x + down(al::gelu(up(norm(x)))); }
};

struct net {
  al::nn::linear<8, 8> query, key, value;
  al::repeat<2, block> blocks;
  al::nn::linear<8, 3> head, other_head;

  constexpr auto attend(auto q, auto k, auto v) const { return q * k + v * 0.1F; }
  constexpr auto operator()(auto x) const {
    const auto mixed = blocks(attend(query(x), key(x), value(x)));
    return al::outputs(al::named("sum", head(mixed) + other_head(al::relu(mixed))), head(x) - other_head(x));
  }
};

}  // namespace bytes

BOOST_HANA_ADAPT_STRUCT(bytes::block, norm, up, down);
BOOST_HANA_ADAPT_STRUCT(bytes::net, query, key, value, blocks, head, other_head);

int main(int, char** words) {
  const auto model = al::trace(bytes::net{}, al::input<traffic, al::f32, batch, seq, 8>("x"), al::ones());
  al::air::export_options options{.path = words[1], .name = "net", .module_stack = true};
  if (std::string_view{words[2]} == "outside") options.weights.place = al::air::weight_place::outside;
  al::air::export_model(model, options);
}
