# The tests' Python: of those that are here the first that has h5py (Debian's python3-h5py belongs to /usr/bin/python3,
# which need not be the first of PATH). A test that could not import it would have to be skipped.
if(NOT Python3_EXECUTABLE)
  foreach(candidate python3 /usr/bin/python3)
    execute_process(COMMAND ${candidate} -c "import h5py, sys; print(sys.executable)"
      OUTPUT_VARIABLE found OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
    if(NOT failed)
      set(Python3_EXECUTABLE ${found} CACHE FILEPATH "Python of the tests; needs h5py")
      break()
    endif()
  endforeach()
endif()
if(NOT Python3_EXECUTABLE)
  message(FATAL_ERROR "The tests need a python3 with h5py (Debian: python3-h5py). Name it with -DPython3_EXECUTABLE=..., "
                      "or build without tests: -DBUILD_TESTING=OFF.")
endif()
find_package(Python3 REQUIRED COMPONENTS Interpreter)

# weft_python_test(<name> <label> <script> [-- <arguments>]): unittest cases; a skipped one fails.
function(weft_python_test name label script)
  add_test(NAME "${name}" COMMAND ${Python3_EXECUTABLE} -B ${PROJECT_SOURCE_DIR}/tests/support/run_cases.py ${script} ${ARGN})
  set_tests_properties("${name}" PROPERTIES LABELS ${label} TIMEOUT 600)
endfunction()
