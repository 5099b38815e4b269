# Runs a program and checks how it ends and what it prints.
#
#   cmake [-DSTATUS=n] [-DOUTPUT=file] [-DERROR=regex] -P program.cmake -- program [argument...]
#
# STATUS: the exit status, 0 if not given. OUTPUT: stdout is this file's content, byte for byte.
# ERROR: what stderr must match, the whole of it; nothing if not given.
#
# What a program prints changes on purpose now and then: look at it, and keep it by running the same
# command with -DKEEP=ON, which writes the file.
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
if(OUTPUT AND KEEP)
    file(WRITE "${OUTPUT}" "${output}")
elseif(OUTPUT)
    file(READ "${OUTPUT}" expected)
    if(NOT output STREQUAL expected)
        message(FATAL_ERROR "not as in ${OUTPUT}: ${command}\n${output}")
    endif()
endif()
