# Runs a program and checks how it ends and what it prints.
#
#   cmake [-DSTATUS=n] [-DOUTPUT=file] [-DERROR=regex] -P program.cmake -- program [argument...]
#
# STATUS: the exit status, 0 if not given. OUTPUT: stdout is this file's content, byte for byte; the
# difference is shown if not. ERROR: what stderr must match, the whole of it; nothing if not given.
#
# What a program prints changes on purpose now and then: look at it, and keep it by running the same
# command with -DKEEP=ON, which writes the file. VITRO_KEEP=1 in the environment does the same for
# all that CTest runs: `VITRO_KEEP=1 ctest --preset debug -L lab`.
set(command)
set(is_command OFF)
math(EXPR last "${CMAKE_ARGC} - 1")
foreach(at RANGE ${last})
    if(is_command)
        list(APPEND command "${CMAKE_ARGV${at}}")
    elseif(CMAKE_ARGV${at} STREQUAL "--")
        set(is_command ON)
    endif()
endforeach()

# What differs, as diff shows it, or all of the output where there is no diff.
function(show_difference expected output)
    string(RANDOM LENGTH 12 id)
    set(actual "${CMAKE_CURRENT_BINARY_DIR}/program-${id}.txt")
    file(WRITE "${actual}" "${output}")
    execute_process(COMMAND diff -u --label kept --label printed "${expected}" "${actual}"
        OUTPUT_VARIABLE difference ERROR_QUIET RESULT_VARIABLE status)
    file(REMOVE "${actual}")
    if(NOT status EQUAL 1)
        set(difference "${output}")
    endif()
    message("${difference}")
endfunction()

execute_process(COMMAND ${command}
    OUTPUT_VARIABLE output ERROR_VARIABLE error RESULT_VARIABLE status)
if(NOT DEFINED STATUS)
    set(STATUS 0)
endif()
if(NOT status STREQUAL STATUS)
    message(FATAL_ERROR "exit status ${status}, not ${STATUS}: ${command}\n${output}${error}")
endif()
if(NOT error MATCHES "^${ERROR}$")
    message(FATAL_ERROR "stderr does not match '${ERROR}': ${command}\n${error}")
endif()
if(OUTPUT AND (KEEP OR "$ENV{VITRO_KEEP}"))
    file(WRITE "${OUTPUT}" "${output}")
elseif(OUTPUT)
    file(READ "${OUTPUT}" expected)
    if(NOT output STREQUAL expected)
        show_difference("${OUTPUT}" "${output}")
        string(REPLACE ";" " " words "${command}")
        message(FATAL_ERROR "not as in ${OUTPUT}: ${words}")
    endif()
endif()
