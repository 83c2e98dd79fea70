# Run by every build: writes which commit is built, and leaves the file alone if it says so already. -D: SOURCE, TEMPLATE,
# OUTPUT, VERSION, COMPILER. Outside a checkout the commit is what `git archive` put into cmake/commit.txt, or unknown.
file(STRINGS ${SOURCE}/cmake/commit.txt COMMIT LIMIT_COUNT 1)
if(COMMIT MATCHES "Format")
  set(COMMIT "unknown")
endif()
find_program(GIT git)
if(GIT)
  execute_process(COMMAND ${GIT} -C ${SOURCE} rev-parse --show-toplevel
                  OUTPUT_VARIABLE TOP OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  file(REAL_PATH ${SOURCE} HERE)
  if(TOP STREQUAL HERE)  # not a repository that the sources were unpacked in
    # --no-optional-locks: another user, or a tree that may only be read.
    execute_process(COMMAND ${GIT} --no-optional-locks -C ${SOURCE} describe --always --dirty --abbrev=12 --exclude=*
                    OUTPUT_VARIABLE DESCRIBED OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    if(DESCRIBED)
      set(COMMIT ${DESCRIBED})
    endif()
  endif()
endif()
configure_file(${TEMPLATE} ${OUTPUT} @ONLY)
