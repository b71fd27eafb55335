// Models that write their inputs.

#include <airloom/dsl.hpp>

#include "cases.hpp"

namespace al = airloom;

namespace {

struct input_update {
  constexpr auto operator()(auto x, auto y) const { return al::updated(y, y + x * x); }
};

struct two_inputs_updated {
  constexpr auto operator()(auto x, auto y) const {
    auto doubled = x * 2, increased = y + 1;
    return al::outputs(doubled + increased, al::updated(x, doubled), al::updated(y, increased));
  }
};

/// PyTorch is given one tensor twice, doubles it under one name and adds to it under the other.
struct one_tensor_twice {
  constexpr auto operator()(auto x) const { return al::updated(x, x * 2 + 1); }
};

struct cache_update {
  al::nn::linear<4, 4> k;
  constexpr auto operator()(auto x, auto kcache) const {
    auto before = al::slice<1, 0, 3>(kcache);
    auto after = al::slice<1, 4, al::to_the_end>(kcache);
    auto written = al::concat<1>(before, k(x), after) * 0.5;
    return al::outputs(al::softmax<1>(al::sum<-1>(written * x)), al::updated(kcache, written));
  }
};

/// What PyTorch keeps as a buffer of the module is a state here: nothing is lost from one call to the next.
struct buffer_update {
  al::parameter<al::f32, 3> w;
  constexpr auto operator()(auto x, auto cache) const {
    auto next = cache + x * w;
    return al::outputs(al::sum<0>(next), al::updated(cache, next));
  }
};

}  // namespace

BOOST_HANA_ADAPT_STRUCT(cache_update, k);
BOOST_HANA_ADAPT_STRUCT(buffer_update, w);

namespace {

al::tape record_input_update() {
  return al::record_model(input_update{}, al::input<al::static_model, al::f16, 2, 4>("x"),
                          al::state<al::static_model, al::f16, 2, 4>("y"));
}

const test::described registered[]{
    {"m_input_update", record_input_update},
    {"m_input_update_npu", record_input_update},
    {"m_two_inputs_updated",
     [] {
       return al::record_model(two_inputs_updated{}, al::state<al::static_model, al::f32, 2, 4>("x"),
                               al::state<al::static_model, al::f32, 2, 4>("y"));
     }},
    {"m_two_refs_one_tensor",
     [] { return al::record_model(one_tensor_twice{}, al::state<al::static_model, al::f16, 2, 4>("x")); }},
    {"m_kv_cache_update",
     [] {
       return al::record_model(cache_update{}, al::input<al::static_model, al::f32, 2, 1, 4>("x"),
                               al::state<al::static_model, al::f32, 2, 6, 4>("kcache"));
     }},
    {"m_buffer_update",
     [] {
       return al::record_model(buffer_update{}, al::input<al::static_model, al::f32, 4, 3>("x"),
                               al::state<al::static_model, al::f32, 4, 3>("cache"));
     }},
};

}  // namespace
