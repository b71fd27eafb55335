# Read by the developer presets alone: a second build reuses the first one's objects where ccache is installed.
find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()
# Headers compiled beforehand are in ccache's way, and a source that misses an include is found without them.
set(CMAKE_DISABLE_PRECOMPILE_HEADERS ON)
