# Warnings are for us, not for users: airloom_warnings(target) asks for them on one of our own targets.
function(airloom_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wconversion)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    target_compile_options(${target} PRIVATE -Wshadow)
  else()
    # g++ 12 sees a delete of a foreign pointer in the destructor of an inlined std::vector, where there is none,
    # reads of unset members in nlohmann-json, and overlapping or endless copies in a sum of strings (its bug 105651).
    target_compile_options(${target} PRIVATE -Wshadow=local -Wno-free-nonheap-object -Wno-maybe-uninitialized
      -Wno-restrict -Wno-stringop-overflow)
  endif()
  if(AIRLOOM_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
endfunction()
