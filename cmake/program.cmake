# The program `airloom`: one file a verb, below src/cli/.
file(GLOB airloom_cli_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/cli/*.cpp)
if(airloom_cli_sources)
  find_package(CLI11 REQUIRED)
  add_executable(airloom_program ${airloom_cli_sources})
  set_target_properties(airloom_program PROPERTIES OUTPUT_NAME airloom RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR})
  target_link_libraries(airloom_program PRIVATE airloom CLI11::CLI11 nlohmann_json::nlohmann_json fmt::fmt)
  target_compile_definitions(airloom_program PRIVATE AIRLOOM_VERSION="${PROJECT_VERSION}")
  # The program calls the library for whatever takes time; optimised further it only takes longer to build.
  target_compile_options(airloom_program PRIVATE $<$<CONFIG:Release,RelWithDebInfo>:-O1>)
  target_precompile_headers(airloom_program PRIVATE <CLI/CLI.hpp> <fmt/format.h> <nlohmann/json.hpp>)
  airloom_warnings(airloom_program)
  install(TARGETS airloom_program)
endif()
