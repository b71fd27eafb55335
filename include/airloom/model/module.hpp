#pragma once
// Modules: plain structs whose members are named once.
//
//   struct feed_forward {
//     al::nn::linear<768, 3072> up;
//     al::nn::linear<3072, 768> down;
//     constexpr auto operator()(auto x) const { return x + down(al::gelu(up(x))); }
//   };
//   BOOST_HANA_ADAPT_STRUCT(feed_forward, up, down);
//
// The names give parameters their dotted path. A struct that is a member of another is wrapped, so that
// calling it opens its scope: `al::module<feed_forward> ffn;` and `al::repeat<12, encoder_layer> layer;`.

#include <airloom/model/tensor.hpp>
#include <boost/hana/accessors.hpp>
#include <boost/hana/adapt_struct.hpp>
#include <boost/hana/concept/struct.hpp>
#include <boost/hana/core/to.hpp>
#include <boost/hana/first.hpp>
#include <boost/hana/for_each.hpp>
#include <boost/hana/second.hpp>

namespace airloom {

struct this_struct_needs_BOOST_HANA_ADAPT_STRUCT;
template <class Module, class Why>
inline constexpr bool is_module = false;
/// The one error of a module whose members have no names.
template <class Module, class Why>
struct module_error {
  static_assert(is_module<Module, Why>, "name the members of this module after its definition");
};

/// Opens a scope for as long as it lives.
class open_scope {
 public:
  constexpr open_scope(tape* record, int scope)
      : record_{record}, outer_{record == nullptr ? 0 : record->enter(scope)} {}
  open_scope(const open_scope&) = delete;
  open_scope& operator=(const open_scope&) = delete;
  constexpr ~open_scope() {
    if (record_ != nullptr) record_->leave(outer_);
  }

 private:
  tape* record_;
  int outer_;
};

/// A struct as a member of another: everything that its call operator records lies in its scope. A layer that
/// wants to know its caller's line takes it as a last argument.
template <class Struct>
struct module : Struct {
  int scope = 0;

  template <class A>
  constexpr auto operator()(const A& a, const line& where = line::current()) const {
    return call(where, a);
  }
  template <class A, class B>
  constexpr auto operator()(const A& a, const B& b, const line& where = line::current()) const {
    return call(where, a, b);
  }
  template <class A, class B, class C>
  constexpr auto operator()(const A& a, const B& b, const C& c, const line& where = line::current()) const {
    return call(where, a, b, c);
  }
  template <class A, class B, class C, class D>
  constexpr auto operator()(const A& a, const B& b, const C& c, const D& d,
                            const line& where = line::current()) const {
    return call(where, a, b, c, d);
  }

 private:
  template <class... Arguments>
  constexpr auto call(const line& where, const Arguments&... arguments) const {
    const Struct& inner = *this;
    const open_scope opened{first_tape({tape_of(arguments)...}), scope};
    if constexpr (requires { inner(arguments..., where); })
      return inner(arguments..., where);
    else
      return inner(arguments...);
  }
};

/// `Count` modules of one kind: `layer[0]`, `layer[1]`, …; called, they run one after the other.
template <std::size_t Count, class Struct>
struct repeat {
  module<Struct> elements[Count]{};

  constexpr const module<Struct>& operator[](std::size_t index) const { return elements[index]; }

  /// x through every element in turn; further arguments go to each of them.
  template <class First, class... Rest>
  constexpr auto operator()(const First& x, const Rest&... rest) const {
    return run<0>(x, rest...);
  }

 private:
  template <std::size_t Index, class First, class... Rest>
  constexpr auto run(const First& x, const Rest&... rest) const {
    if constexpr (Index == Count)
      return x;
    else
      return run<Index + 1>(elements[Index](x, rest...), rest...);
  }
};

// --- naming the parameters ---
template <dtype Type, auto... Extents>
constexpr void bind_member(tape& record, int scope, std::string_view name,
                           parameter<Type, Extents...>& member) {
  member.record = &record;
  member.index =
      record.add_parameter({scope, name, Type, &operand<axis_list<>, parameter<Type, Extents...>>::value});
}

template <class Struct>
constexpr void bind_members(tape& record, int scope, Struct& members);

template <class Struct>
constexpr void bind_member(tape& record, int parent, std::string_view name, module<Struct>& member) {
  member.scope = record.add_scope({parent, name, -1, spelled_name<Struct>()});
  bind_members<Struct>(record, member.scope, member);
}

template <std::size_t Count, class Struct>
constexpr void bind_member(tape& record, int parent, std::string_view name, repeat<Count, Struct>& member) {
  const int list = record.add_scope({parent, name, -1, {}});
  for (std::size_t i = 0; i != Count; ++i) {
    member.elements[i].scope = record.add_scope({list, {}, static_cast<int>(i), spelled_name<Struct>()});
    bind_members<Struct>(record, member.elements[i].scope, member.elements[i]);
  }
}

/// A struct that is a member as it is: its parameters get their path, its operators the scope of the struct
/// around it.
template <class Struct>
constexpr void bind_member(tape& record, int parent, std::string_view name, Struct& member) {
  if constexpr (boost::hana::Struct<Struct>::value)
    bind_members<Struct>(record, record.add_scope({parent, name, -1, spelled_name<Struct>()}), member);
}

template <class Struct>
constexpr void bind_members(tape& record, int scope, Struct& members) {
  if constexpr (boost::hana::Struct<Struct>::value)
    boost::hana::for_each(boost::hana::accessors<Struct>(), [&](auto accessor) {
      bind_member(record, scope, boost::hana::to<const char*>(boost::hana::first(accessor)),
                  boost::hana::second(accessor)(members));
    });
  else if constexpr (!std::is_empty_v<Struct>)
    static_cast<void>(module_error<Struct, this_struct_needs_BOOST_HANA_ADAPT_STRUCT>{});
}

}  // namespace airloom
