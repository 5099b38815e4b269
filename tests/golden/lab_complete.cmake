# Every scene of the laboratory has its golden files: lab/SCENE.v4.txt and lab/SCENE.v6.txt.
#
#   cmake -DPROGRAM=vitro -P lab_complete.cmake
#
# With VITRO_KEEP=1 in the environment a file that is missing is written; CMake then finds its test.
# A file whose scene is gone fails its own test, for the program refuses the name.
execute_process(COMMAND "${PROGRAM}" lab --list
    OUTPUT_VARIABLE list RESULT_VARIABLE status)
if(NOT status EQUAL 0)
    message(FATAL_ERROR "vitro lab --list: exit status ${status}")
endif()
string(REGEX MATCHALL "(^|\n)[a-z0-9-]+ " names "${list}")
if(NOT names)
    message(FATAL_ERROR "vitro lab --list names no scene:\n${list}")
endif()
set(missing)
foreach(name IN LISTS names)
    string(STRIP "${name}" name)
    foreach(version v4 v6)
        set(file "${CMAKE_CURRENT_LIST_DIR}/lab/${name}.${version}.txt")
        if(EXISTS "${file}")
            continue()
        elseif("$ENV{VITRO_KEEP}")
            set(option)
            if(version STREQUAL "v6")
                set(option -6)
            endif()
            execute_process(COMMAND "${PROGRAM}" lab ${name} ${option} OUTPUT_FILE "${file}")
        else()
            list(APPEND missing ${name}.${version}.txt)
        endif()
    endforeach()
endforeach()
if(missing)
    string(REPLACE ";" " " missing "${missing}")
    message(FATAL_ERROR "tests/golden/lab lacks ${missing}")
endif()
