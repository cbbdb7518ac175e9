# objlab_test(<name> SOURCES a.c ... [LIBS lib ...] [TIMEOUT seconds] [LABELS l ...])
#
# One cmocka program, one ctest entry. Label "slow" keeps a test out of the
# memcheck stage; label "sandbox" marks one that needs kernel namespaces. ctest starts
# the tests of the greatest cost first: here the time limit, which is largest for the longest.
function(objlab_test name)
  cmake_parse_arguments(T "" "TIMEOUT" "SOURCES;LIBS;LABELS" ${ARGN})
  if(OBJLAB_FUZZ)
    return()
  endif()
  add_executable(${name} ${T_SOURCES})
  if(NOT OBJLAB_TESTS)
    set_target_properties(${name} PROPERTIES EXCLUDE_FROM_ALL ON)
  endif()
  target_link_libraries(${name} PRIVATE ${T_LIBS} objlab_flags PkgConfig::CMOCKA)
  target_compile_definitions(${name} PRIVATE TEST_DIR="${CMAKE_CURRENT_SOURCE_DIR}"
                                             PROJECT_DIR="${PROJECT_SOURCE_DIR}"
                                             BUILD_DIR="${PROJECT_BINARY_DIR}")
  add_test(NAME ${name} COMMAND ${name})
  if(NOT T_TIMEOUT)
    set(T_TIMEOUT 180) # of a second or two, thirty times that under memcheck, on a busy machine
  endif()
  set_tests_properties(${name} PROPERTIES TIMEOUT ${T_TIMEOUT} COST ${T_TIMEOUT}
                                                LABELS "${T_LABELS}")
endfunction()

# objlab_fuzzer(<name> SOURCES a.c ... [LIBS lib ...] CORPUS dir [DICT file])
#
# One libFuzzer program (preset fuzz). scripts/fuzz.sh runs every one of them,
# from its kept corpus, for a given time; the corpus folder is never written to.
# The target fuzzers builds them all; the list of them, fuzzers.txt: name, program, corpus,
# dictionary, tab-separated.
file(WRITE ${PROJECT_BINARY_DIR}/fuzzers.txt "")
add_custom_target(fuzzers)
function(objlab_fuzzer name)
  cmake_parse_arguments(T "" "CORPUS;DICT" "SOURCES;LIBS" ${ARGN})
  if(NOT OBJLAB_FUZZ)
    return()
  endif()
  add_executable(${name} ${T_SOURCES})
  add_dependencies(fuzzers ${name})
  target_link_libraries(${name} PRIVATE ${T_LIBS} objlab_flags)
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  set(dict "")
  if(T_DICT)
    cmake_path(ABSOLUTE_PATH T_DICT BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} OUTPUT_VARIABLE dict)
  endif()
  file(APPEND ${PROJECT_BINARY_DIR}/fuzzers.txt
       "${name}\t${CMAKE_CURRENT_BINARY_DIR}/${name}\t${CMAKE_CURRENT_SOURCE_DIR}/${T_CORPUS}\t${dict}\n")
endfunction()
