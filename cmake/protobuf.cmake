# airloom_protobuf(target): compiles every src/<folder>/<name>.proto into the target. Sources of ours include the
# result as "<folder>/<name>.pb.h". Generated code is not ours to mend, so its warnings are off.
function(airloom_protobuf target)
  set(generated ${PROJECT_BINARY_DIR}/generated)
  file(GLOB schemas CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/src/*/*.proto)
  foreach(schema IN LISTS schemas)
    string(REGEX REPLACE "proto$" "pb" output ${generated}/${schema})
    cmake_path(GET output PARENT_PATH folder)
    add_custom_command(
      OUTPUT ${output}.cc ${output}.h
      COMMAND ${CMAKE_COMMAND} -E make_directory ${folder}
      COMMAND protobuf::protoc --cpp_out=${generated} -I ${PROJECT_SOURCE_DIR}/src ${schema}
      DEPENDS ${PROJECT_SOURCE_DIR}/src/${schema}
      COMMENT "Compiling src/${schema}"
      VERBATIM)
    target_sources(${target} PRIVATE ${output}.cc ${output}.h)
    set_source_files_properties(${output}.cc PROPERTIES COMPILE_OPTIONS -w)
  endforeach()
  target_include_directories(${target} SYSTEM PRIVATE ${generated})
endfunction()
