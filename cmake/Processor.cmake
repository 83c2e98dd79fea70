# For which processor the code is made, and what the program asks of the processor before anything else.
#   WEFT_NATIVE=ON   this machine's
#   WEFT_NATIVE=OFF  portable: any x86-64-v2; `tlm` and `hw`, where the hot loops are, once more for each newer level
#                    (cmake/Portable.cmake). `cmake --install` always installs such a build (cmake/Install.cmake).
# The bits of a result do not depend on it: no contraction, no reordering (cmake/Targets.cmake).
set(WEFT_PROCESSOR_OPTIONS)  # of all code but the hot loops' other levels
set(WEFT_LEVELS)             # portable: the levels of the hot loops; the first is that of all code
set(WEFT_PORTABLE_LEVELS x86-64-v2 x86-64-v3 x86-64-v4 CACHE STRING "Levels that a portable build makes hot loops for")
set(WEFT_CHECKED_OPTION)     # of the code that checks the processor
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
  set(WEFT_CHECKED_OPTION -march=x86-64)
  if(NOT WEFT_NATIVE)
    set(WEFT_LEVELS ${WEFT_PORTABLE_LEVELS})
    list(GET WEFT_LEVELS 0 level)
    set(WEFT_PROCESSOR_OPTIONS -march=${level})
  endif()
endif()
if(WEFT_NATIVE)
  set(WEFT_PROCESSOR_OPTIONS -march=native)
endif()
include(CheckCXXCompilerFlag)
check_cxx_compiler_flag(-mprefer-vector-width=512 WEFT_HAS_VECTOR_WIDTH)
if(WEFT_HAS_VECTOR_WIDTH)
  set(WEFT_WIDE_VECTORS -mprefer-vector-width=512)  # without effect below AVX-512
endif()

# weft_processor_needs(<file>): a list for C++, {"avx2", __builtin_cpu_supports("avx2") > 0}, of what code that is made with
# WEFT_PROCESSOR_OPTIONS may use. The names are those of GCC 12; an older compiler's or clang's are fewer.
function(weft_processor_needs file)
  set(text)
  if(WEFT_CHECKED_OPTION)
    set(names ssse3 sse4.1 sse4.2 popcnt avx avx2 fma fma4 bmi bmi2 avx512f avx512vl avx512bw avx512dq avx512cd avx512ifma
      avx512vbmi avx512vbmi2 avx512vnni avx512bitalg avx512vpopcntdq gfni vpclmulqdq)
    if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
      list(APPEND names lzcnt movbe f16c adx vaes avxvnni avx512bf16 avx512vp2intersect sse4a)
    endif()
    execute_process(COMMAND ${CMAKE_CXX_COMPILER} ${WEFT_PROCESSOR_OPTIONS} -dM -E -x c++ /dev/null OUTPUT_VARIABLE macros
      COMMAND_ERROR_IS_FATAL ANY)
    foreach(name IN LISTS names)
      string(TOUPPER ${name} macro)
      string(REPLACE . _ macro ${macro})
      if(macros MATCHES "#define __${macro}__ ")
        string(APPEND text "{\"${name}\", __builtin_cpu_supports(\"${name}\") > 0},\n")
      endif()
    endforeach()
  endif()
  string(APPEND text "{\"\", true},\n")
  file(CONFIGURE OUTPUT ${file} CONTENT "${text}" @ONLY)
endfunction()
