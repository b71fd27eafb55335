# The library airloom::airloom: every .cpp below src/, except the program's.
find_package(Boost 1.74 REQUIRED)
find_package(Eigen3 3.4 REQUIRED NO_MODULE)
find_package(range-v3 REQUIRED)
find_package(Protobuf REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(Threads REQUIRED)
find_package(ZLIB REQUIRED)

file(GLOB_RECURSE airloom_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/src/*.cpp)
list(FILTER airloom_sources EXCLUDE REGEX "/src/cli/")

add_library(airloom ${airloom_sources})
add_library(airloom::airloom ALIAS airloom)
target_compile_features(airloom PUBLIC cxx_std_20)
target_include_directories(airloom
  PUBLIC $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:include>
  PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/src)
target_link_libraries(airloom
  PUBLIC Boost::headers
  PRIVATE $<BUILD_INTERFACE:Eigen3::Eigen> $<BUILD_INTERFACE:range-v3::range-v3>
          $<BUILD_INTERFACE:nlohmann_json::nlohmann_json> $<BUILD_INTERFACE:fmt::fmt-header-only>
          Threads::Threads ZLIB::ZLIB)
set_target_properties(airloom PROPERTIES POSITION_INDEPENDENT_CODE ON)
airloom_warnings(airloom)
