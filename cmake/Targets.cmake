set(CMAKE_CXX_STANDARD 17)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)  # clang-tidy reads it

add_library(weft_options INTERFACE)
# What a user of the installed package gets of this is the headers and -ffp-contract=off: a fused multiply-add happens only
# where the code says fma, also in what headers inline.
target_include_directories(weft_options INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>
  $<INSTALL_INTERFACE:${WEFT_HEADERS}>)
set(options -Wall -Wextra -Wpedantic)
if(WEFT_WERROR)
  list(APPEND options -Werror)
endif()
target_compile_options(weft_options INTERFACE $<BUILD_INTERFACE:${options}> -ffp-contract=off
  $<BUILD_INTERFACE:-fno-math-errno> $<INSTALL_INTERFACE:-Wno-psabi>)
if(WEFT_NATIVE)
  target_compile_options(weft_options INTERFACE $<BUILD_INTERFACE:${WEFT_PROCESSOR_OPTIONS}>
    $<BUILD_INTERFACE:${WEFT_WIDE_VECTORS}>)
else()
  # hw/fabric/hop_scan.h has vectors wider than a level's registers; none is passed between files.
  add_compile_options(${WEFT_PROCESSOR_OPTIONS} -Wno-psabi)
endif()
if(WEFT_COVERAGE)
  # Threads count, too; and a line that was moved or inlined must still be one.
  target_compile_options(weft_options INTERFACE --coverage -fprofile-update=atomic -fno-inline-small-functions)
  add_library(weft_counts_at_exit STATIC tests/coverage/counts_at_exit.cpp)
  target_link_options(weft_options INTERFACE --coverage -Wl,--wrap=_exit,--wrap=kill)
  target_link_libraries(weft_options INTERFACE $<BUILD_INTERFACE:weft_counts_at_exit>)
endif()
if(WEFT_SANITIZE)
  target_compile_options(weft_options INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(weft_options INTERFACE -fsanitize=address,undefined)
  # In the environment of every test: findings in libraries that are not Weft's, each with its reason.
  set(support ${PROJECT_SOURCE_DIR}/tests/support)
  set(WEFT_TEST_ENVIRONMENT "LSAN_OPTIONS=print_suppressions=0:suppressions=${support}/leaks.supp"
    "ASAN_OPTIONS=suppressions=${support}/addresses.supp")
endif()

if(WEFT_FUZZ)
  set(fuzz_options -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_compile_options(weft_options INTERFACE ${fuzz_options} -O1 -g1)
  target_link_options(weft_options INTERFACE -fsanitize=address,undefined)
endif()

# weft_library(<folder library> DEPENDS <targets>): every .cpp of the current folder.
function(weft_library name)
  cmake_parse_arguments(ARG "" "" "DEPENDS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  file(RELATIVE_PATH folder ${PROJECT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
  if(WEFT_LEVELS AND folder MATCHES "^(tlm|hw)/")
    weft_levelled_library(${name} SOURCES ${sources} DEPENDS ${ARG_DEPENDS})
    weft_exported(${name} ${name}_needs)
  elseif(sources)
    add_library(${name} STATIC ${sources})
    target_link_libraries(${name} PUBLIC weft_options ${ARG_DEPENDS})
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE weft_options ${ARG_DEPENDS})
  endif()
endfunction()

# weft_test(<file without .cpp> LABEL <fast|slow> LIBS <targets>): one Catch2 executable;
# each test case is its own process, because a SystemC kernel cannot be started twice.
function(weft_test file)
  cmake_parse_arguments(ARG "" "LABEL" "LIBS" ${ARGN})
  if(NOT ARG_LABEL)
    set(ARG_LABEL fast)
  endif()
  add_executable(${file} ${file}.cpp)
  target_link_libraries(${file} PRIVATE weft_test_main ${ARG_LIBS})
  set(properties LABELS ${ARG_LABEL} TIMEOUT 600)
  if(WEFT_TEST_ENVIRONMENT)
    # Two properties, because catch_discover_tests takes a list of values apart.
    list(GET WEFT_TEST_ENVIRONMENT 0 leaks)
    list(GET WEFT_TEST_ENVIRONMENT 1 addresses)
    string(REPLACE "ASAN_OPTIONS=" "ASAN_OPTIONS=set:" addresses "${addresses}")
    list(APPEND properties ENVIRONMENT "${leaks}" ENVIRONMENT_MODIFICATION "${addresses}")
  endif()
  catch_discover_tests(${file} TEST_PREFIX "${file}: " PROPERTIES ${properties})
endfunction()
