# `cmake --install`: the program, and machines and models under share/weft, as they stand in the tree.
#
# What is installed runs on any processor. So a tree that is built for this machine only (WEFT_NATIVE) makes a portable
# build of its own, in portable/ of its folder, and installs that.
include(GNUInstallDirs)
if(WEFT_NATIVE)
  install(CODE "
    message(STATUS \"Installing a portable build (${PROJECT_BINARY_DIR}/portable); this tree is for this machine only\")
    execute_process(COMMAND \"${CMAKE_COMMAND}\" -S \"${PROJECT_SOURCE_DIR}\" -B \"${PROJECT_BINARY_DIR}/portable\"
      -G \"${CMAKE_GENERATOR}\" -DCMAKE_BUILD_TYPE=Release -DWEFT_NATIVE=OFF -DWEFT_RTL=${WEFT_RTL} -DBUILD_TESTING=OFF
      \"-DCMAKE_CXX_COMPILER=${CMAKE_CXX_COMPILER}\" \"-DCMAKE_CXX_COMPILER_LAUNCHER=${CMAKE_CXX_COMPILER_LAUNCHER}\"
      COMMAND_ERROR_IS_FATAL ANY)
    execute_process(COMMAND \"${CMAKE_COMMAND}\" --build \"${PROJECT_BINARY_DIR}/portable\" COMMAND_ERROR_IS_FATAL ANY)
    execute_process(COMMAND \"${CMAKE_COMMAND}\" --install \"${PROJECT_BINARY_DIR}/portable\"
      --prefix \"\${CMAKE_INSTALL_PREFIX}\" COMMAND_ERROR_IS_FATAL ANY)")
  return()
endif()

set(share ${CMAKE_INSTALL_DATADIR}/weft)
install(TARGETS weft RUNTIME)
install(DIRECTORY hw/machines DESTINATION ${share}/hw COMPONENT development FILES_MATCHING PATTERN *.yaml)
install(DIRECTORY sw/models sw/fabric_programs sw/sweeps DESTINATION ${share}/sw FILES_MATCHING PATTERN *.yaml PATTERN *.sbatch)
install(FILES sw/budget/transformers.yaml DESTINATION ${share}/sw/budget)
foreach(level IN LISTS WEFT_LEVELS)
  get_target_property(folder weft_machine_${level} WEFT_FOLDER)
  if(folder)
    install(TARGETS weft_machine_${level} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}${folder})
  endif()
endforeach()
if(WEFT_LEVELS)
  file(RELATIVE_PATH library_folder ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_LIBDIR})
  set_target_properties(weft PROPERTIES INSTALL_RPATH "$ORIGIN/${library_folder}")
endif()

# find_package(Weft): the blocks of the machine as weft:: targets, for a SystemC top of one's own (examples/own_top).
# Component `development`: that and the machines, without the program.
if(WEFT_LEVELS)
  set_target_properties(weft_machine_${WEFT_BASE_LEVEL} PROPERTIES EXPORT_NAME machine)
  set_target_properties(weft_options PROPERTIES EXPORT_NAME options)
  get_property(exported GLOBAL PROPERTY WEFT_EXPORTED)
  install(TARGETS weft_options weft_machine_${WEFT_BASE_LEVEL} ${exported} EXPORT WeftTargets
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development)
  set(package ${CMAKE_INSTALL_LIBDIR}/cmake/Weft)
  install(EXPORT WeftTargets NAMESPACE weft:: DESTINATION ${package} COMPONENT development)
  include(CMakePackageConfigHelpers)
  configure_package_config_file(cmake/WeftConfig.cmake.in ${PROJECT_BINARY_DIR}/WeftConfig.cmake
    INSTALL_DESTINATION ${package} PATH_VARS share)
  write_basic_package_version_file(${PROJECT_BINARY_DIR}/WeftConfigVersion.cmake COMPATIBILITY SameMinorVersion)
  install(FILES ${PROJECT_BINARY_DIR}/WeftConfig.cmake ${PROJECT_BINARY_DIR}/WeftConfigVersion.cmake DESTINATION ${package}
    COMPONENT development)
  install(DIRECTORY tlm hw DESTINATION ${WEFT_HEADERS} COMPONENT development FILES_MATCHING PATTERN *.h)
endif()
