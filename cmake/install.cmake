# cmake --install: a package that may be moved, found with find_package(airloom CONFIG).
include(CMakePackageConfigHelpers)
set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/airloom)

install(TARGETS airloom airloom_shared EXPORT airloom_targets)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/airloom ${airloom_generated_include}/airloom DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT airloom_targets NAMESPACE airloom:: DESTINATION ${package_folder})

configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/airloomConfig.cmake.in
  ${PROJECT_BINARY_DIR}/airloomConfig.cmake INSTALL_DESTINATION ${package_folder})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/airloomConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/airloomConfig.cmake ${PROJECT_BINARY_DIR}/airloomConfigVersion.cmake
              ${PROJECT_SOURCE_DIR}/cmake/airloom_export.cmake
  DESTINATION ${package_folder})
