// Rows picked by index.

#include "host/axes.hpp"
#include "host/element.hpp"

namespace airloom::host {

namespace {

/// x seen as [batch, outer, size, inner bytes], the indices as [batch, picks].
struct gather_sizes {
  std::size_t batch = 1;
  std::size_t outer = 1;
  std::size_t size = 1;
  std::size_t bytes = 1;
  std::size_t picks = 1;
  bool from_the_back = false;  // whether negative indices count from the back
};

gather_sizes sizes_of(const preparation& op) {
  const tensor_facts &x = op.input(0), &indices = op.input(1);
  const std::size_t axis = dimension_of(op.contents_of(2).at(0), x.rank());
  const std::size_t batch_dims = dimension_of(op.integer("batch_dims"), indices.rank());
  gather_sizes s;
  s.bytes = facts_of(x.type).bits / 8;
  for (std::size_t d = 0; d != x.rank(); ++d)
    (d < batch_dims ? s.batch : d < axis ? s.outer : d == axis ? s.size : s.bytes) *= x.shape[d];
  for (std::size_t d = batch_dims; d < indices.rank(); ++d) s.picks *= indices.shape[d];
  s.from_the_back = op.boolean("negative_index_support");
  return s;
}

template <class Index>
status_code gather(const gather_sizes& s, const arguments& a) {
  const auto size = static_cast<std::int64_t>(s.size);
  std::byte* to = a.output<std::byte>(0);
  for (std::size_t block = 0; block != s.batch * s.outer; ++block) {
    const std::byte* const from = a.input<std::byte>(0) + block * s.size * s.bytes;
    const Index* const indices = a.input<Index>(1) + block / s.outer * s.picks;
    for (std::size_t i = 0; i != s.picks; ++i, to += s.bytes) {
      const std::int64_t given = indices[i];
      const std::int64_t index = s.from_the_back && given < 0 ? given + size : given;
      if (index < 0 || index >= size) return status_code::index_out_of_range;
      std::memcpy(to, from + static_cast<std::size_t>(index) * s.bytes, s.bytes);
    }
  }
  return status_code::ok;
}

prepared reference_gather(const preparation& op) {
  return for_element(element_list<std::int32_t, std::int64_t>{}, op.input(1).type, [&](auto tag) {
    using index = typename decltype(tag)::type;
    return prepare_run([s = sizes_of(op)](const arguments& a) { return gather<index>(s, a); });
  });
}

}  // namespace

void add_gather_kernels(kernel_table& table) {
  table.add("GatherV2", reference_gather);
}

}  // namespace airloom::host
