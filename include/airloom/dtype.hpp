#pragma once
// Element types, with the two numberings that Ascend uses for them.
//
// Every attribute that holds an element type uses the numbering of ge::DataType (hicann/metadef,
// inc/external/graph/types.h); tensor descriptors in a file use the numbering of the protobuf enum
// (Ascend/torchair, proto/ge_ir.proto). The enumerators here carry the first; proto_number() gives the
// second.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace airloom {

enum class dtype : std::uint8_t {
  f32 = 0,
  f16 = 1,
  i8 = 2,
  i32 = 3,
  u8 = 4,
  i16 = 6,
  u16 = 7,
  u32 = 8,
  i64 = 9,
  u64 = 10,
  f64 = 11,
  boolean = 12,
  string = 13,
  dual_sub_i8 = 14,
  dual_sub_u8 = 15,
  c64 = 16,
  c128 = 17,
  qi8 = 18,
  qi16 = 19,
  qi32 = 20,
  qu8 = 21,
  qu16 = 22,
  resource = 23,
  string_ref = 24,
  dual = 25,
  variant = 26,
  bf16 = 27,
  undefined = 28,
  i4 = 29,
  u1 = 30,
  i2 = 31,
  u2 = 32,
  c32 = 33,
  hifloat8 = 34,
  f8_e5m2 = 35,
  f8_e4m3fn = 36,
  f8_e8m0 = 37,
  f6_e3m2 = 38,
  f6_e2m3 = 39,
  f4_e2m1 = 40,
  f4_e1m2 = 41,
  hifloat4 = 42,
};

// The names a model is written with. `bool` and `string` are keywords or too general to stand alone.
inline constexpr dtype f32 = dtype::f32;
inline constexpr dtype f16 = dtype::f16;
inline constexpr dtype bf16 = dtype::bf16;
inline constexpr dtype f64 = dtype::f64;
inline constexpr dtype i8 = dtype::i8;
inline constexpr dtype i16 = dtype::i16;
inline constexpr dtype i32 = dtype::i32;
inline constexpr dtype i64 = dtype::i64;
inline constexpr dtype u8 = dtype::u8;
inline constexpr dtype u16 = dtype::u16;
inline constexpr dtype u32 = dtype::u32;
inline constexpr dtype u64 = dtype::u64;
inline constexpr dtype boolean = dtype::boolean;

/// One row of the element-type table: the facts of one dtype.
struct dtype_facts {
  dtype type;
  std::uint8_t proto;        ///< number in the protobuf enum ge.proto.DataType
  std::uint8_t bits;         ///< width of one element; 0 where an element has no fixed width
  std::string_view name;     ///< our name, as in a model's source and in messages
  std::string_view ge_name;  ///< the protobuf enumerator, as in dynamo.pbtxt
};

inline constexpr std::array dtype_table{
    dtype_facts{dtype::f32, 1, 32, "f32", "DT_FLOAT"},
    dtype_facts{dtype::f16, 2, 16, "f16", "DT_FLOAT16"},
    dtype_facts{dtype::i8, 3, 8, "i8", "DT_INT8"},
    dtype_facts{dtype::u8, 4, 8, "u8", "DT_UINT8"},
    dtype_facts{dtype::i16, 5, 16, "i16", "DT_INT16"},
    dtype_facts{dtype::u16, 6, 16, "u16", "DT_UINT16"},
    dtype_facts{dtype::i32, 7, 32, "i32", "DT_INT32"},
    dtype_facts{dtype::i64, 8, 64, "i64", "DT_INT64"},
    dtype_facts{dtype::u32, 9, 32, "u32", "DT_UINT32"},
    dtype_facts{dtype::u64, 10, 64, "u64", "DT_UINT64"},
    dtype_facts{dtype::boolean, 11, 8, "bool", "DT_BOOL"},
    dtype_facts{dtype::f64, 12, 64, "f64", "DT_DOUBLE"},
    dtype_facts{dtype::string, 13, 0, "string", "DT_STRING"},
    dtype_facts{dtype::dual_sub_i8, 14, 8, "dual_sub_i8", "DT_DUAL_SUB_INT8"},
    dtype_facts{dtype::dual_sub_u8, 15, 8, "dual_sub_u8", "DT_DUAL_SUB_UINT8"},
    dtype_facts{dtype::c64, 16, 64, "c64", "DT_COMPLEX64"},
    dtype_facts{dtype::c128, 17, 128, "c128", "DT_COMPLEX128"},
    dtype_facts{dtype::qi8, 18, 8, "qi8", "DT_QINT8"},
    dtype_facts{dtype::qi16, 19, 16, "qi16", "DT_QINT16"},
    dtype_facts{dtype::qi32, 20, 32, "qi32", "DT_QINT32"},
    dtype_facts{dtype::qu8, 21, 8, "qu8", "DT_QUINT8"},
    dtype_facts{dtype::qu16, 22, 16, "qu16", "DT_QUINT16"},
    dtype_facts{dtype::resource, 23, 64, "resource", "DT_RESOURCE"},
    dtype_facts{dtype::string_ref, 24, 0, "string_ref", "DT_STRING_REF"},
    dtype_facts{dtype::dual, 25, 40, "dual", "DT_DUAL"},
    dtype_facts{dtype::variant, 26, 64, "variant", "DT_VARIANT"},
    dtype_facts{dtype::bf16, 27, 16, "bf16", "DT_BF16"},
    dtype_facts{dtype::undefined, 0, 0, "undefined", "DT_UNDEFINED"},
    dtype_facts{dtype::i4, 28, 4, "i4", "DT_INT4"},
    dtype_facts{dtype::u1, 29, 1, "u1", "DT_UINT1"},
    dtype_facts{dtype::i2, 30, 2, "i2", "DT_INT2"},
    dtype_facts{dtype::u2, 31, 2, "u2", "DT_UINT2"},
    dtype_facts{dtype::c32, 32, 32, "c32", "DT_COMPLEX32"},
    dtype_facts{dtype::hifloat8, 33, 8, "hifloat8", "DT_HIFLOAT8"},
    dtype_facts{dtype::f8_e5m2, 34, 8, "f8_e5m2", "DT_FLOAT8_E5M2"},
    dtype_facts{dtype::f8_e4m3fn, 35, 8, "f8_e4m3fn", "DT_FLOAT8_E4M3FN"},
    dtype_facts{dtype::f8_e8m0, 36, 8, "f8_e8m0", "DT_FLOAT8_E8M0"},
    dtype_facts{dtype::f6_e3m2, 37, 6, "f6_e3m2", "DT_FLOAT6_E3M2"},
    dtype_facts{dtype::f6_e2m3, 38, 6, "f6_e2m3", "DT_FLOAT6_E2M3"},
    dtype_facts{dtype::f4_e2m1, 39, 4, "f4_e2m1", "DT_FLOAT4_E2M1"},
    dtype_facts{dtype::f4_e1m2, 40, 4, "f4_e1m2", "DT_FLOAT4_E1M2"},
    dtype_facts{dtype::hifloat4, 41, 4, "hifloat4", "DT_HIFLOAT4"},
};

/// The facts of `type`; those of `undefined` for a number that names no element type.
constexpr const dtype_facts& facts_of(dtype type) {
  const dtype_facts* undefined = nullptr;
  for (const dtype_facts& facts : dtype_table) {
    if (facts.type == type) return facts;
    if (facts.type == dtype::undefined) undefined = &facts;
  }
  return *undefined;
}

constexpr std::string_view name_of(dtype type) {
  return facts_of(type).name;
}
constexpr int proto_number(dtype type) {
  return facts_of(type).proto;
}
constexpr int ge_number(dtype type) {
  return static_cast<int>(type);
}

/// The dtype with this number in the protobuf enum; `undefined` for any other number.
constexpr dtype from_proto_number(std::int64_t number) {
  for (const dtype_facts& facts : dtype_table)
    if (facts.proto == number) return facts.type;
  return dtype::undefined;
}

/// The dtype with this number in ge::DataType; `undefined` for any other number (5 is a hole).
constexpr dtype from_ge_number(std::int64_t number) {
  for (const dtype_facts& facts : dtype_table)
    if (ge_number(facts.type) == number) return facts.type;
  return dtype::undefined;
}

/// The dtype with this name, in our spelling (`f32`) or GE's (`DT_FLOAT`); `undefined` where there is none.
constexpr dtype from_name(std::string_view name) {
  for (const dtype_facts& facts : dtype_table)
    if (facts.name == name || facts.ge_name == name) return facts.type;
  return dtype::undefined;
}

/// Bytes that `elements` elements take: sub-byte types are packed, the last byte is filled up.
constexpr std::uint64_t bytes_for(dtype type, std::uint64_t elements) {
  return (elements * facts_of(type).bits + 7) / 8;
}

/// A set of element types: what a port of an operator accepts.
struct dtype_set {
  std::uint64_t bits = 0;

  constexpr bool contains(dtype type) const { return (bits >> ge_number(type) & 1U) != 0; }
  constexpr bool operator==(const dtype_set&) const = default;
  friend constexpr dtype_set operator|(dtype_set left, dtype_set right) { return {left.bits | right.bits}; }
};

template <class... Types>
constexpr dtype_set set_of(Types... types) {
  return {((std::uint64_t{1} << ge_number(types)) | ... | std::uint64_t{0})};
}

}  // namespace airloom
