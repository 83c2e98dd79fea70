# The portable build: `tlm` and `hw` are one shared library, made once for each level of x86-64. The dynamic loader takes
# the best that the processor can run, from the folders glibc-hwcaps/<level> beside it (glibc 2.33 or later; an older one
# takes the first level). Chosen once at start, for all hot loops together; a caller pays a jump and no more.
include(GNUInstallDirs)
foreach(level IN LISTS WEFT_LEVELS)
  set(library weft_machine_${level})
  add_library(${library} SHARED)
  set_target_properties(${library} PROPERTIES OUTPUT_NAME weft_machine LINKER_LANGUAGE CXX VERSION ${PROJECT_VERSION}
    SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
  # Calls inside the library stay there: what is inlined in one place and not in another is of one level all the same.
  target_link_options(${library} PRIVATE -Wl,-Bsymbolic-functions)
  list(FIND WEFT_LEVELS ${level} place)
  if(place EQUAL 0)
    set(folder)
  else()
    set(folder /glibc-hwcaps/${level})
  endif()
  set_target_properties(${library} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib${folder}
    WEFT_FOLDER "${folder}")
endforeach()
if(WEFT_LEVELS)
  list(GET WEFT_LEVELS 0 WEFT_BASE_LEVEL)
  foreach(other IN LISTS WEFT_LEVELS)
    if(NOT other STREQUAL WEFT_BASE_LEVEL)
      add_dependencies(weft_machine_${WEFT_BASE_LEVEL} weft_machine_${other})  # who links one wants all
    endif()
  endforeach()
endif()

# weft_exported(<target>...): what the installed package offers as weft::<name without weft_>.
function(weft_exported)
  foreach(target IN LISTS ARGN)
    string(REGEX REPLACE "^weft_" "" short ${target})
    set_target_properties(${target} PROPERTIES EXPORT_NAME ${short})
    set_property(GLOBAL APPEND PROPERTY WEFT_EXPORTED ${target})
  endforeach()
endfunction()

# weft_levelled_library(<name> SOURCES <files> DEPENDS <targets>): the sources go into the shared library of each level. What
# the folder needs is <name>_needs, so that the levels' objects need no library; who links <name> links the shared one.
function(weft_levelled_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  add_library(${name}_needs INTERFACE)
  target_link_libraries(${name}_needs INTERFACE weft_options)
  foreach(target IN LISTS ARG_DEPENDS)
    if(TARGET ${target}_needs)
      target_link_libraries(${name}_needs INTERFACE ${target}_needs)
    else()
      target_link_libraries(${name}_needs INTERFACE ${target})
    endif()
  endforeach()
  foreach(level IN LISTS WEFT_LEVELS)
    target_link_libraries(weft_machine_${level} PUBLIC ${name}_needs)
    if(ARG_SOURCES)
      add_library(${name}_${level} OBJECT ${ARG_SOURCES})
      set_target_properties(${name}_${level} PROPERTIES POSITION_INDEPENDENT_CODE ON)
      target_compile_options(${name}_${level} PRIVATE -march=${level} ${WEFT_WIDE_VECTORS} -fno-semantic-interposition)
      target_link_libraries(${name}_${level} PRIVATE ${name}_needs)
      target_sources(weft_machine_${level} PRIVATE $<TARGET_OBJECTS:${name}_${level}>)
    endif()
  endforeach()
  add_library(${name} INTERFACE)
  target_link_libraries(${name} INTERFACE ${name}_needs weft_machine_${WEFT_BASE_LEVEL})
endfunction()
