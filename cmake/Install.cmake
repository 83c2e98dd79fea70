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
install(DIRECTORY hw/machines DESTINATION ${share}/hw FILES_MATCHING PATTERN *.yaml)
install(DIRECTORY sw/models sw/fabric_programs sw/sweeps DESTINATION ${share}/sw FILES_MATCHING PATTERN *.yaml PATTERN *.sbatch)
install(FILES sw/budget/transformers.yaml DESTINATION ${share}/sw/budget)
foreach(level IN LISTS WEFT_LEVELS)
  get_target_property(folder weft_machine_${level} WEFT_FOLDER)
  install(TARGETS weft_machine_${level} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}${folder})
endforeach()
if(WEFT_LEVELS)
  file(RELATIVE_PATH library_folder ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_LIBDIR})
  set_target_properties(weft PROPERTIES INSTALL_RPATH "$ORIGIN/${library_folder}")
endif()
