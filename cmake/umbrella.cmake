# airloom/airloom.hpp, for examples and small programs: every public header, written from what is in the folder.
set(airloom_generated_include ${PROJECT_BINARY_DIR}/include)
file(GLOB_RECURSE headers CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/include/airloom/*.hpp)
list(TRANSFORM headers REPLACE "(.+)" "#include <\\1>\n" OUTPUT_VARIABLE includes)
list(JOIN includes "" includes)
file(CONFIGURE OUTPUT ${airloom_generated_include}/airloom/airloom.hpp
  CONTENT "#pragma once\n// Everything. A program of some size includes what it uses instead.\n\n${includes}")
