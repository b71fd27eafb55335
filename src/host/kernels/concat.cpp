// Joining and cutting tensors along one dimension.

#include "host/axes.hpp"

namespace airloom::host {

namespace {

// --- joining and cutting along one dimension: blocks of bytes, one for each position of the dimensions
// before

struct blocks {
  std::size_t count;
  std::size_t bytes;
};
blocks blocks_from(const tensor_facts& tensor, std::size_t first_dimension) {
  std::size_t count = 1;
  for (std::size_t d = 0; d != first_dimension; ++d) count *= tensor.shape[d];
  return {count, count == 0 ? 0 : tensor.bytes() / count};
}

/// Joins `count` inputs from `first` on along a dimension. Of Pack, whose inputs do not have the dimension,
/// the blocks are those of the dimensions behind it all the same.
prepared join(const preparation& op, std::size_t first, std::size_t count, std::size_t along) {
  struct part {
    std::size_t input;
    std::size_t bytes;
    std::size_t offset;
  };
  const blocks whole = blocks_from(op.output(0), along);
  std::vector<part> parts;
  std::size_t offset = 0;
  for (std::size_t i = first; i != first + count; ++i) {
    const std::size_t bytes = blocks_from(op.input(i), along).bytes;
    parts.push_back({i, bytes, offset});
    offset += bytes;
  }
  return prepare_run([parts, whole](const arguments& a) {
    for (const part& p : parts)
      for (std::size_t block = 0; p.bytes != 0 && block != whole.count; ++block)
        std::memcpy(a.output<std::byte>(0) + block * whole.bytes + p.offset,
                    a.input<std::byte>(p.input) + block * p.bytes, p.bytes);
  });
}

prepared reference_concat_v2(const preparation& op) {
  const std::size_t members = op.input_count() - 1;  // the dimension comes last
  return join(op, 0, members, dimension_of(op.contents_of(members).at(0), op.output(0).rank()));
}
prepared reference_concat_d(const preparation& op) {
  return join(op, 0, op.input_count(), dimension_of(op.integer("concat_dim"), op.output(0).rank()));
}
prepared reference_concat(const preparation& op) {
  return join(op, 1, op.input_count() - 1, dimension_of(op.contents_of(0).at(0), op.output(0).rank()));
}
prepared reference_pack(const preparation& op) {
  return join(op, 0, op.input_count(), dimension_of(op.integer("axis"), op.output(0).rank()));
}

prepared cut(const preparation& op, std::size_t along, std::size_t input = 0) {
  struct part {
    std::size_t bytes;
    std::size_t offset;
  };
  const blocks whole = blocks_from(op.input(input), along);
  std::vector<part> parts;
  std::size_t offset = 0;
  for (std::size_t o = 0; o != op.output_count(); ++o) {
    parts.push_back({blocks_from(op.output(o), along).bytes, offset});
    offset += parts.back().bytes;
  }
  return prepare_run([parts, whole, input](const arguments& a) {
    for (std::size_t o = 0; o != parts.size(); ++o)
      for (std::size_t block = 0; parts[o].bytes != 0 && block != whole.count; ++block)
        std::memcpy(a.output<std::byte>(o) + block * parts[o].bytes,
                    a.input<std::byte>(input) + block * whole.bytes + parts[o].offset, parts[o].bytes);
  });
}

prepared reference_split_d(const preparation& op) {
  return cut(op, dimension_of(op.integer("split_dim"), op.input(0).rank()));
}
/// The sizes are those of the outputs.
prepared reference_split_v(const preparation& op) {
  return cut(op, dimension_of(op.contents_of(2).at(0), op.input(0).rank()));
}

prepared reference_split(const preparation& op) {
  return cut(op, dimension_of(op.contents_of(0).at(0), op.input(1).rank()), 1);
}
/// Of an output, which does not have the dimension, the blocks are those of the dimensions behind it.
prepared reference_unpack(const preparation& op) {
  return cut(op, dimension_of(op.integer("axis"), op.input(0).rank()));
}

}  // namespace

void add_concat_kernels(kernel_table& table) {
  table.add("ConcatV2", reference_concat_v2);
  table.add("ConcatD", reference_concat_d);
  table.add("Concat", reference_concat);
  table.add("Pack", reference_pack);
  table.add("Split", reference_split);
  table.add("SplitD", reference_split_d);
  table.add("SplitV", reference_split_v);
  table.add("Unpack", reference_unpack);
}

}  // namespace airloom::host
