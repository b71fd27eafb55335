#include <doctest/doctest.h>
#include <airloom/graph/prototype.hpp>
#include <string>

using airloom::all_operators;
using airloom::find_operator;

TEST_CASE("the table is sorted by type name and finds every operator") {
  std::string_view before;
  for (const airloom::operator_entry& entry : all_operators()) {
    CHECK(before < entry.ir->type);
    CHECK(find_operator(entry.ir->type) == &entry);
    before = entry.ir->type;
  }
  CHECK(find_operator("Add")->ir->input_count == 2);
  CHECK(find_operator("Ad") == nullptr);
  CHECK(find_operator("Adder") == nullptr);
  CHECK(find_operator("") == nullptr);
}

TEST_CASE("the parts of an operator begin with its inputs, in the order of the ports") {
  for (const airloom::operator_entry& entry : all_operators()) {
    CAPTURE(entry.ir->type);
    for (int port = 0; port != entry.ir->input_count; ++port)
      CHECK(entry.part_name(port) == entry.ir->inputs[port].name);
  }
}

TEST_CASE("a number that names no part has no name") {
  const airloom::operator_entry& add = *find_operator("Add");
  CHECK(add.part_name(1) == "x2");
  CHECK(add.part_name(2).empty());
  CHECK(add.part_name(-1).empty());
  CHECK(add.part_name(1000).empty());
}

TEST_CASE("an optional attribute has a default of its kind, a required one has none") {
  for (const airloom::operator_entry& entry : all_operators())
    for (int i = 0; i != entry.ir->attribute_count; ++i) {
      const airloom::attribute_prototype& declared = entry.ir->attributes[i];
      CAPTURE(entry.ir->type);
      CAPTURE(declared.name);
      const airloom::attribute_value& value = entry.ir->defaults[declared.name];
      CHECK(value.is_set() == !declared.required);
      if (value.is_set()) CHECK(value.kind == declared.kind);
    }
}
