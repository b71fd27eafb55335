# The library, twice from the same objects: `airloom` (static; our own programs and tests link it) and
# `airloom_shared`. BUILD_SHARED_LIBS says which of the two airloom::airloom is.
find_package(Boost 1.74 REQUIRED)
find_package(Eigen3 3.4 REQUIRED NO_MODULE)
find_package(range-v3 REQUIRED)
find_package(Protobuf REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(OpenSSL 3.0 REQUIRED COMPONENTS Crypto)
find_package(Threads REQUIRED)
find_package(ZLIB REQUIRED)

include(operators)
file(GLOB_RECURSE airloom_sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/*.cpp)
list(FILTER airloom_sources EXCLUDE REGEX "/src/(cli|host/compute/kernels)/")

add_library(airloom STATIC ${airloom_sources})
target_include_directories(airloom PRIVATE ${PROJECT_SOURCE_DIR}/src)
set_source_files_properties(${PROJECT_SOURCE_DIR}/src/air/manifest.cpp PROPERTIES
  COMPILE_DEFINITIONS AIRLOOM_VERSION="${PROJECT_VERSION}")
set_target_properties(airloom PROPERTIES EXPORT_NAME static POSITION_INDEPENDENT_CODE ON)
airloom_protobuf(airloom)
airloom_kernel_table(airloom)
airloom_warnings(airloom)
# What takes time while a model runs is in the compute kernels (instruction_sets.cmake), which keep -O3.
target_compile_options(airloom PRIVATE $<$<CONFIG:Release>:-O2>)
target_precompile_headers(airloom PRIVATE
  <algorithm> <filesystem> <fmt/format.h> <fmt/ranges.h> <map> <optional> <set> <string> <vector>)

# Hidden visibility keeps our own internals in; the version script also keeps in what the headers of other libraries
# mark as visible.
set(exported_symbols ${PROJECT_SOURCE_DIR}/cmake/exported_symbols.map)
add_library(airloom_shared SHARED $<TARGET_OBJECTS:airloom>)
target_link_options(airloom_shared PRIVATE -Wl,--version-script=${exported_symbols})
set_target_properties(airloom_shared PROPERTIES
  EXPORT_NAME shared OUTPUT_NAME airloom LINKER_LANGUAGE CXX LINK_DEPENDS ${exported_symbols}
  VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})

foreach(library IN ITEMS airloom airloom_shared)
  target_compile_features(${library} PUBLIC cxx_std_20)
  target_include_directories(${library}
    PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<BUILD_INTERFACE:${airloom_generated_include}>
           $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  # BUILD_INTERFACE: headers that our sources alone include, so an installed airloom need not name them.
  target_link_libraries(${library}
    PUBLIC Boost::headers
    PRIVATE $<BUILD_INTERFACE:Eigen3::Eigen> $<BUILD_INTERFACE:range-v3::range-v3>
            $<BUILD_INTERFACE:nlohmann_json::nlohmann_json>
            fmt::fmt OpenSSL::Crypto protobuf::libprotobuf Threads::Threads ZLIB::ZLIB)
endforeach()

if(BUILD_SHARED_LIBS)
  add_library(airloom::airloom ALIAS airloom_shared)
else()
  add_library(airloom::airloom ALIAS airloom)
endif()
include(instruction_sets)
