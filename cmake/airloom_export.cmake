# airloom_export(<target> PATH <dir> [DEPENDS <file>...]): makes the .air folder of a model a product of the build.
#
# <target> is an executable that takes `--export DIR` and writes the folder DIR with airloom::air::export_model(). It
# runs when it was built anew, or when a file after DEPENDS (weights, say) has changed. A relative <dir> lies below the
# build folder of the directory that asks. The program runs in the folder around <dir> and is given the last name of
# <dir> alone, so no path of this machine enters the export. The target <target>_export stands for it, and is built
# with everything else.
function(airloom_export target)
  cmake_parse_arguments(PARSE_ARGV 1 export "" "PATH" "DEPENDS")
  if(NOT TARGET ${target})
    message(FATAL_ERROR "airloom_export: there is no target '${target}'; name an executable of this project.")
  endif()
  if(NOT export_PATH OR export_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "airloom_export: write airloom_export(<target> PATH <dir> [DEPENDS <file>...]).")
  endif()
  cmake_path(ABSOLUTE_PATH export_PATH BASE_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR} NORMALIZE)
  string(REGEX REPLACE "/$" "" folder ${export_PATH})
  cmake_path(GET folder PARENT_PATH around)
  cmake_path(GET folder FILENAME name)
  # The manifest is what an export writes last.
  add_custom_command(OUTPUT ${folder}/manifest.json
    COMMAND ${CMAKE_COMMAND} -E make_directory ${around}
    COMMAND ${CMAKE_COMMAND} -E chdir ${around} $<TARGET_FILE:${target}> --export ${name}
    DEPENDS ${target} ${export_DEPENDS}
    COMMENT "Exporting ${name} with ${target}"
    VERBATIM)
  add_custom_target(${target}_export ALL DEPENDS ${folder}/manifest.json)
endfunction()
