// Elements and rows picked, and written, by index.

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
  const std::size_t batch_dims = dimension_of(op.integer("batch_dims"), indices.rank());
  const std::size_t axis =
      op.input_count() > 2 ? dimension_of(op.contents_of(2).at(0), x.rank()) : batch_dims;  // Gather has none
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

// --- several dimensions at once

/// Where the indices that broadcast to one shape lie: for each of its elements, the place in each index
/// tensor.
std::vector<sizes> places_of_indices(const preparation& op) {
  sizes shape;
  for (std::size_t k = 1; k != op.input_count(); ++k) {
    const sizes& one = op.input(k).shape;
    if (one.size() > shape.size()) shape.insert(shape.begin(), one.size() - shape.size(), 1);
    for (std::size_t from_end = 1; from_end <= one.size(); ++from_end)
      if (std::size_t& size = shape[shape.size() - from_end]; size == 1) size = one[one.size() - from_end];
  }
  std::vector<sizes> places;
  for (std::size_t k = 1; k != op.input_count(); ++k) {
    sizes& of_one = places.emplace_back();
    strided_loop<1>{shape, {broadcast_strides(op.input(k).shape, shape)}}.run_each(
        [&](const strided_loop<1>::offsets& at) { of_one.push_back(static_cast<std::size_t>(at[0])); });
  }
  return places;
}

/// x seen as the dimensions before what is picked, those that are indexed, and those behind.
struct index_walk {
  strided_loop<1> before;
  strided_loop<1> behind;
  std::vector<sizes> places;         // by index tensor, by picked element
  std::vector<std::int64_t> limits;  // by index tensor: the size that it indexes
  strides steps;                     // by index tensor: elements between two places
};

index_walk walk_of(const preparation& op) {
  const sizes& shape = op.input(0).shape;
  const strides of_x = dense_strides(shape);
  std::vector<std::int64_t> mask = op.integers("indices_mask");
  mask.resize(shape.size(), 0);
  const auto first = std::find(mask.begin(), mask.end(), 1);
  const auto last = std::find(mask.rbegin(), mask.rend(), 1).base();
  const bool side_by_side = first >= last || std::find(first, last, 0) == last;
  std::vector<std::int64_t> limits;
  strides steps;
  std::array<sizes, 2> kept;
  std::array<strides, 2> kept_strides;
  for (std::size_t d = 0; d != shape.size(); ++d) {
    if (mask[d] == 1) {
      limits.push_back(static_cast<std::int64_t>(shape[d]));
      steps.push_back(of_x[d]);
      continue;
    }
    const std::size_t side = side_by_side && mask.begin() + static_cast<std::ptrdiff_t>(d) < first ? 0 : 1;
    kept[side].push_back(shape[d]);
    kept_strides[side].push_back(of_x[d]);
  }
  return {{kept[0], {kept_strides[0]}}, {kept[1], {kept_strides[1]}}, places_of_indices(op), limits, steps};
}

template <class T>
status_code pick(const index_walk& walk, const arguments& a) {
  T* to = a.output<T>(0);
  status_code verdict = status_code::ok;
  const std::size_t picks = walk.places.empty() ? 1 : walk.places[0].size();
  walk.before.run_each([&](const strided_loop<1>::offsets& outer) {
    for (std::size_t b = 0; b != picks; ++b) {
      std::ptrdiff_t from = outer[0];
      for (std::size_t k = 0; k != walk.places.size(); ++k) {
        const std::int64_t given = a.input<std::int64_t>(k + 1)[walk.places[k][b]];
        const std::int64_t index = given < 0 ? given + walk.limits[k] : given;
        if (index < 0 || index >= walk.limits[k]) return void(verdict = status_code::index_out_of_range);
        from += index * walk.steps[k];
      }
      walk.behind.run_each(
          [&](const strided_loop<1>::offsets& inner) { *to++ = a.input<T>(0)[from + inner[0]]; });
    }
  });
  return verdict;
}

prepared reference_index_by_tensor(const preparation& op) {
  return for_width(op.output(0).type, [&](auto tag) {
    using type = typename decltype(tag)::type;
    return prepare_run([walk = walk_of(op)](const arguments& a) { return pick<type>(walk, a); });
  });
}

// --- element by element

/// Every element of the indices: its place there, and the place of the first of its line in the other tensor.
struct line_walk {
  strided_loop<2> loop;
  std::ptrdiff_t step;  // between two places of a line
  std::int64_t size;    // of a line
};
line_walk lines_of(const sizes& shape, const sizes& indices, std::int64_t axis) {
  const std::size_t along = dimension_of(axis, shape.size());
  strides of_lines = dense_strides(shape);
  const std::ptrdiff_t step = of_lines[along];
  of_lines[along] = 0;
  return {{indices, {dense_strides(indices), of_lines}}, step, static_cast<std::int64_t>(shape[along])};
}

/// body(place among the indices, place in the other tensor) for every element.
template <class Index, class Body>
status_code for_each_index(const line_walk& walk, const Index* indices, Body body) {
  status_code verdict = status_code::ok;
  walk.loop.run_each([&](const strided_loop<2>::offsets& at) {
    const std::int64_t index = indices[at[0]];
    if (index < 0 || index >= walk.size) return void(verdict = status_code::index_out_of_range);
    body(at[0], at[1] + index * walk.step);
  });
  return verdict;
}

using index_elements = element_list<std::int32_t, std::int64_t>;

prepared reference_gather_elements(const preparation& op) {
  const line_walk walk = lines_of(op.input(0).shape, op.input(1).shape, op.integer("dim"));
  return for_width(op.output(0).type, [&](auto tag) {
    using type = typename decltype(tag)::type;
    return for_element(index_elements{}, op.input(1).type, [&](auto index_tag) {
      using index = typename decltype(index_tag)::type;
      return prepare_run([walk](const arguments& a) {
        return for_each_index(walk, a.input<index>(1), [&](std::ptrdiff_t to, std::ptrdiff_t from) {
          a.output<type>(0)[to] = a.input<type>(0)[from];
        });
      });
    });
  });
}

prepared reference_scatter(const preparation& op) {
  const line_walk walk = lines_of(op.input(0).shape, op.input(1).shape, op.integer("axis"));
  return for_width(op.output(0).type, [&](auto tag) {
    using type = typename decltype(tag)::type;
    return for_element(index_elements{}, op.input(1).type, [&](auto index_tag) {
      using index = typename decltype(index_tag)::type;
      return prepare_run([walk, bytes = op.output(0).bytes()](const arguments& a) {
        if (bytes != 0) std::memcpy(a.outputs[0], a.inputs[0], bytes);
        return for_each_index(walk, a.input<index>(1), [&](std::ptrdiff_t from, std::ptrdiff_t to) {
          a.output<type>(0)[to] = a.input<type>(2)[from];
        });
      });
    });
  });
}

/// Added up in the type that arithmetic is done in, and rounded once.
prepared reference_scatter_add(const preparation& op) {
  const line_walk walk = lines_of(op.input(0).shape, op.input(1).shape, op.integer("axis"));
  return for_element(number_elements{}, op.output(0).type, [&](auto tag) {
    using type = typename decltype(tag)::type;
    using wide = compute_type<type>;
    return for_element(index_elements{}, op.input(1).type, [&](auto index_tag) {
      using index = typename decltype(index_tag)::type;
      const std::size_t count = op.output(0).elements();
      const auto work = [walk, count](const arguments& a) {
        wide* const sums = static_cast<wide*>(a.scratch);
        std::transform(a.input<type>(0), a.input<type>(0) + count, sums, widened<type>);
        const status_code verdict =
            for_each_index(walk, a.input<index>(1), [&](std::ptrdiff_t from, std::ptrdiff_t to) {
              const wide update = widened(a.input<type>(2)[from]);
              if constexpr (std::is_integral_v<wide>)
                sums[to] = static_cast<wide>(static_cast<std::uint64_t>(sums[to]) +
                                             static_cast<std::uint64_t>(update));
              else
                sums[to] += update;
            });
        std::transform(sums, sums + count, a.output<type>(0), rounded<type>);
        return verdict;
      };
      return prepare_run(work, count * sizeof(wide));
    });
  });
}

prepared reference_scatter_elements(const preparation& op) {
  return op.text("reduction") == "add" ? reference_scatter_add(op) : reference_scatter(op);
}

// --- one hot

prepared reference_one_hot(const preparation& op) {
  const sizes &x = op.input(0).shape, &y = op.output(0).shape;
  const std::int64_t axis = op.integer("axis");
  const std::size_t along = axis == -1 ? x.size() : static_cast<std::size_t>(axis);
  std::size_t behind = 1;
  for (std::size_t d = along; d != x.size(); ++d) behind *= x[d];
  return for_width(op.output(0).type, [&](auto tag) {
    using type = typename decltype(tag)::type;
    return for_element(element_list<std::uint8_t, std::int32_t, std::int64_t>{}, op.input(0).type,
                       [&](auto x_tag) {
                         using place = typename decltype(x_tag)::type;
                         return prepare_run([behind, depth = y[along], count = op.input(0).elements(),
                                             total = op.output(0).elements()](const arguments& a) {
                           std::fill_n(a.output<type>(0), total, *a.input<type>(3));
                           for (std::size_t i = 0; i != count; ++i) {
                             const auto hot = static_cast<std::int64_t>(a.input<place>(0)[i]);
                             if (hot < 0 || hot >= static_cast<std::int64_t>(depth)) continue;
                             const std::size_t to =
                                 (i / behind * depth + static_cast<std::size_t>(hot)) * behind + i % behind;
                             a.output<type>(0)[to] = *a.input<type>(2);
                           }
                         });
                       });
  });
}

// --- bags of rows

enum class bag_mode : std::uint8_t { sum, mean, max };

struct bag_form {
  std::size_t rows;
  std::size_t columns;
  std::size_t picks;
  std::size_t bags;
  std::size_t entries;  // of the offsets: the last one may end the last bag
  bool has_factors;
  bag_mode mode;
  std::int64_t padding;
};
bag_form bags_of(const preparation& op) {
  const std::string mode = op.text("mode");
  return {op.input(0).shape[0],
          op.input(0).shape[1],
          op.input(1).shape[0],
          op.output(2).shape[0],
          op.input(2).shape[0],
          op.fed(3),
          mode == "sum"    ? bag_mode::sum
          : mode == "mean" ? bag_mode::mean
                           : bag_mode::max,
          op.integer("padding_idx")};
}

/// Whether the bags follow each other within the indices, and every index is a row.
template <class Index>
bool are_bags(const bag_form& f, const Index* indices, const Index* offsets) {
  for (std::size_t p = 0; p != f.picks; ++p)
    if (indices[p] < 0 || static_cast<std::size_t>(indices[p]) >= f.rows) return false;
  Index last = 0;
  for (std::size_t b = 0; b != f.entries; last = offsets[b++])
    if (offsets[b] < last || static_cast<std::size_t>(offsets[b]) > f.picks) return false;
  return true;
}

template <class T, class Index>
status_code reduce_bags(const bag_form& f, const arguments& a) {
  const Index *const indices = a.input<Index>(1), *const offsets = a.input<Index>(2);
  if (!are_bags(f, indices, offsets)) return status_code::index_out_of_range;
  float* const row = static_cast<float*>(a.scratch);
  std::fill_n(a.output<Index>(1), f.picks, Index{0});
  for (std::size_t b = 0; b != f.bags; ++b) {
    const auto first = static_cast<std::size_t>(offsets[b]);
    const std::size_t last = b + 1 != f.entries ? static_cast<std::size_t>(offsets[b + 1]) : f.picks;
    Index* const chosen = a.output<Index>(3) + b * (f.mode == bag_mode::max ? f.columns : 1);
    std::fill_n(row, f.columns, 0.0F);
    std::fill_n(chosen, f.mode == bag_mode::max ? f.columns : 1, Index{0});
    Index counted = 0;
    for (std::size_t p = first; p < last; ++p) {
      a.output<Index>(1)[p] = static_cast<Index>(b);
      if (indices[p] == f.padding) continue;
      const T* const from = a.input<T>(0) + static_cast<std::size_t>(indices[p]) * f.columns;
      const float factor = f.has_factors ? widened(a.input<T>(3)[p]) : 1;
      for (std::size_t c = 0; c != f.columns; ++c) {
        const float value = widened(from[c]) * factor;
        if (f.mode != bag_mode::max)
          row[c] += value;
        else if (counted == 0 || value > row[c]) {
          row[c] = value;
          chosen[c] = indices[p];
        }
      }
      ++counted;
    }
    a.output<Index>(2)[b] = counted;
    const float divisor = f.mode == bag_mode::mean && counted != 0 ? static_cast<float>(counted) : 1;
    for (std::size_t c = 0; c != f.columns; ++c)
      a.output<T>(0)[b * f.columns + c] = rounded<T>(row[c] / divisor);
  }
  return status_code::ok;
}

prepared reference_embedding_bag(const preparation& op) {
  const bag_form form = bags_of(op);
  return for_element(element_list<float, half, bfloat16>{}, op.input(0).type, [&](auto tag) {
    using type = typename decltype(tag)::type;
    return for_element(index_elements{}, op.input(1).type, [&](auto index_tag) {
      using index = typename decltype(index_tag)::type;
      return prepare_run([form](const arguments& a) { return reduce_bags<type, index>(form, a); },
                         form.columns * sizeof(float));
    });
  });
}

}  // namespace

void add_gather_kernels(kernel_table& table) {
  table.add({"GatherV2", "Gather"}, reference_gather);
  table.add("OneHot", reference_one_hot);
  table.add("EmbeddingBag", reference_embedding_bag);
  table.add("IndexByTensor", reference_index_by_tensor);
  table.add("GatherElements", reference_gather_elements);
  table.add("ScatterElements", reference_scatter_elements);
}

}  // namespace airloom::host
