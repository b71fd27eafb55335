# What the operators' headers say, collected: airloom/ops.hpp includes every family, and ops/operators.hpp (for
# src/ops/table.cpp) names every struct with a `prototype ir`. No list of operators is written by hand.
set(airloom_generated_include ${PROJECT_BINARY_DIR}/include)
file(GLOB families CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/include/airloom/ops/*.hpp)
list(TRANSFORM families REPLACE "(.+)" "#include <\\1>\n" OUTPUT_VARIABLE includes)
list(JOIN includes "" includes)
file(CONFIGURE OUTPUT ${airloom_generated_include}/airloom/ops.hpp
  CONTENT "#pragma once\n// Every operator. A program of some size includes the families that it uses instead.\n\n${includes}")

foreach(header IN ITEMS airloom/graph/plumbing.hpp ${families})
  set_property(DIRECTORY ${PROJECT_SOURCE_DIR} APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/include/${header})
  file(STRINGS ${PROJECT_SOURCE_DIR}/include/${header} lines REGEX "^struct [a-z0-9_]+|^ +static constexpr prototype ir")
  foreach(line IN LISTS lines)
    if(line MATCHES "^struct ([a-z0-9_]+)")
      set(operator ${CMAKE_MATCH_1})
    else()
      list(APPEND operators "op::${operator}")
    endif()
  endforeach()
endforeach()
list(JOIN operators ",\n    " operators)
file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/generated/ops/operators.hpp CONTENT
"#pragma once
#include <airloom/graph/plumbing.hpp>
#include <airloom/ops.hpp>

namespace airloom {

template <template <class...> class List>
using list_of_operators = List<
    ${operators}>;

}  // namespace airloom
")
