# Flags of every target: warnings are errors; debug information always, since
# the profilers name lines; frame pointers, since the sampling profiler walks them.
add_library(objlab_flags INTERFACE)
target_include_directories(objlab_flags INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_definitions(objlab_flags INTERFACE _GNU_SOURCE)
target_compile_options(
  objlab_flags
  INTERFACE -g
            -fno-omit-frame-pointer
            -Wall
            -Wextra
            -Werror
            -Wshadow
            -Wvla
            -Wpointer-arith
            $<$<C_COMPILER_ID:GNU>:-Wcast-qual> # clang applies it inside GLib macros too
            -Wwrite-strings
            $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes>
            $<$<COMPILE_LANGUAGE:C>:-Wmissing-prototypes>)

if(OBJLAB_SANITIZE)
  target_compile_options(objlab_flags INTERFACE -fsanitize=address,undefined
                                                -fno-sanitize-recover=all)
  target_link_options(objlab_flags INTERFACE -fsanitize=address,undefined)
endif()

if(OBJLAB_COVERAGE)
  target_compile_options(objlab_flags INTERFACE --coverage)
  target_link_options(objlab_flags INTERFACE --coverage)
endif()

# objlab_runs_in_threads(<target>...)
#
# For coverage, atomic counters: without, threads lose each other's counts. With them the runtime's
# tests take seven times as long, so only what threads of ours run has them.
function(objlab_runs_in_threads)
  foreach(target IN LISTS ARGN)
    target_compile_options(${target} PRIVATE $<$<BOOL:${OBJLAB_COVERAGE}>:-fprofile-update=atomic>)
  endforeach()
endfunction()

if(OBJLAB_FUZZ)
  if(NOT CMAKE_C_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "OBJLAB_FUZZ needs clang: use the fuzz preset")
  endif()
  target_compile_options(objlab_flags INTERFACE -fsanitize=fuzzer-no-link,address,undefined
                                                -fno-sanitize-recover=all)
  target_link_options(objlab_flags INTERFACE -fsanitize=address,undefined)
endif()
