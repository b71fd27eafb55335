# The table of host kernels is the folder of their families: src/host/kernels/<family>.cpp defines
# add_<family>_kernels(kernel_table&), and the source written here calls each of them.
function(airloom_kernel_table target)
  file(GLOB families CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/host/kernels/*.cpp)
  foreach(source IN LISTS families)
    get_filename_component(family ${source} NAME_WE)
    string(APPEND declarations "void add_${family}_kernels(kernel_table& table);\n")
    string(APPEND calls "  add_${family}_kernels(table);\n")
  endforeach()
  set(generated ${PROJECT_BINARY_DIR}/generated/src/host/kernel_families.cpp)
  file(CONFIGURE OUTPUT ${generated} CONTENT [[
#include "host/kernel.hpp"

namespace airloom::host {

@declarations@
void add_every_family(kernel_table& table) {
@calls@}

}  // namespace airloom::host
]] @ONLY)
  target_sources(${target} PRIVATE ${generated})
endfunction()
