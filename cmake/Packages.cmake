# Debian 12 packages only. Debian's SystemC has no CMake package and its library is built as C++17 only.
find_package(PkgConfig REQUIRED)
pkg_check_modules(SYSTEMC REQUIRED IMPORTED_TARGET systemc)
pkg_search_module(HDF5 REQUIRED IMPORTED_TARGET hdf5-serial hdf5)  # the first name is Debian's
find_package(fmt REQUIRED)
find_package(CLI11 REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(ZLIB REQUIRED)  # the Debian package libhdf5-dev brings it
pkg_check_modules(PCRE2 REQUIRED IMPORTED_TARGET libpcre2-8)
find_package(Threads REQUIRED)
if(BUILD_TESTING)
  find_package(Catch2 REQUIRED)  # 2 or 3: tests/support/CMakeLists.txt
  find_package(benchmark REQUIRED)
endif()
if(WEFT_RTL)
  find_package(verilator QUIET HINTS /usr/share/verilator $ENV{VERILATOR_ROOT})
  if(NOT verilator_FOUND)
    message(FATAL_ERROR "Verilator was not found. Install the Debian package verilator, or build without the RTL: "
                        "-DWEFT_RTL=OFF (preset no-rtl).")
  endif()
endif()
