# Tests, registered in CTest with a label each: unit, sim, header, example, lab, fuzz, tool.
#
#   tests/unit/test_*.c   one cmocka program each
#   tests/sim/*.c         one program for each file with a main; the others are shared by them
#   tests/support/*.c     shared by all
#   include/vitro/*.h     each is compiled alone, as C and as C++
#
# Where cmocka is not installed for the target (32-bit, usually), tests/support/cmocka_small stands
# in.
include(CheckCSourceCompiles)

set(CMAKE_REQUIRED_LIBRARIES cmocka)
check_c_source_compiles("
    #include <stdarg.h>
    #include <stddef.h>
    #include <stdint.h>
    #include <setjmp.h>
    #include <cmocka.h>
    static void nothing(void **state) { (void)state; }
    int main(void)
    {
        const struct CMUnitTest tests[] = {cmocka_unit_test(nothing)};
        return cmocka_run_group_tests(tests, NULL, NULL);
    }" VITRO_HAVE_CMOCKA)
unset(CMAKE_REQUIRED_LIBRARIES)

if(VITRO_HAVE_CMOCKA)
    add_library(vitro_cmocka INTERFACE)
    target_link_libraries(vitro_cmocka INTERFACE cmocka)
else()
    set(cmocka_small "${PROJECT_SOURCE_DIR}/tests/support/cmocka_small")
    add_library(vitro_cmocka STATIC "${cmocka_small}/cmocka_small.c")
    target_include_directories(vitro_cmocka PUBLIC "${cmocka_small}")
    target_link_libraries(vitro_cmocka PRIVATE vitro_options)
endif()

add_library(vitro_test INTERFACE)
target_include_directories(vitro_test INTERFACE
    "${PROJECT_SOURCE_DIR}/tests" "${PROJECT_SOURCE_DIR}/tests/support")
target_link_options(vitro_test INTERFACE ${VITRO_LTO_LINK_OFF})
vitro_glob(support_sources "tests/support/*.c")
vitro_without_program(support_sources)
if(support_sources)
    add_library(vitro_test_support STATIC ${support_sources})
    target_include_directories(vitro_test_support PUBLIC
        "${PROJECT_SOURCE_DIR}/tests" "${PROJECT_SOURCE_DIR}/tests/support")
    if(TARGET vitro_program_parts)
        target_link_libraries(vitro_test_support PUBLIC vitro_program_parts)
    endif()
    target_link_libraries(vitro_test_support PUBLIC vitro_all vitro_cmocka)
    target_link_libraries(vitro_test INTERFACE vitro_test_support)
endif()
if(TARGET vitro_program_parts)
    target_link_libraries(vitro_test INTERFACE vitro_program_parts)
endif()
target_link_libraries(vitro_test INTERFACE vitro_all vitro_cmocka)

# vitro_add_test_program(NAME FOLDER source...)
function(vitro_add_test_program name folder)
    add_executable(${name} ${ARGN})
    set_target_properties(${name} PROPERTIES
        RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests/${folder}")
    target_link_libraries(${name} PRIVATE vitro_test)
endfunction()

vitro_glob(unit_sources "tests/unit/test_*.c" "tests/unit/*/test_*.c")
vitro_glob(unit_others "tests/unit/*.c" "tests/unit/*/*.c")
list(REMOVE_ITEM unit_others ${unit_sources})
vitro_without_program(unit_others)
if(unit_others)
    add_library(vitro_unit_shared STATIC ${unit_others})
    target_link_libraries(vitro_unit_shared PUBLIC vitro_test)
endif()
vitro_without_program(unit_sources)
foreach(source IN LISTS unit_sources)
    get_filename_component(name "${source}" NAME_WE)
    vitro_add_test_program(${name} unit "${source}")
    target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}/tests/unit")
    if(unit_others)
        target_link_libraries(${name} PRIVATE vitro_unit_shared)
    endif()
    add_test(NAME unit.${name} COMMAND ${name})
    set_tests_properties(unit.${name} PROPERTIES
        LABELS unit TIMEOUT 1800 WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
endforeach()

# Simulations. sim_random takes --count and --seed: here a short run, tools/run-tests does the long
# one.
vitro_glob(sim_sources "tests/sim/*.c")
vitro_split_mains(sim_mains sim_shared ${sim_sources})
if(sim_mains)
    if(sim_shared)
        add_library(vitro_sim_shared STATIC ${sim_shared})
        target_link_libraries(vitro_sim_shared PUBLIC vitro_test)
    endif()
    foreach(source IN LISTS sim_mains)
        get_filename_component(name "${source}" NAME_WE)
        vitro_add_test_program(${name} sim "${source}")
        if(sim_shared)
            target_link_libraries(${name} PRIVATE vitro_sim_shared)
            target_link_libraries(${name} PRIVATE vitro_test)
        endif()
        set(arguments)
        if(name STREQUAL "sim_random")
            set(arguments --count 100 --seed 1)
        endif()
        add_test(NAME sim.${name} COMMAND ${name} ${arguments})
        set_tests_properties(sim.${name} PROPERTIES
            LABELS sim TIMEOUT 3600 WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
    endforeach()
endif()

# Every public header stands alone, in C17 and in C++. A C++ compiler is used where one is found.
find_program(VITRO_CXX NAMES c++ g++ clang++)
separate_arguments(header_flags NATIVE_COMMAND "${CMAKE_C_FLAGS}")
foreach(header IN LISTS VITRO_PUBLIC_HEADERS)
    file(RELATIVE_PATH short "${PROJECT_SOURCE_DIR}/include" "${header}")
    string(REPLACE "/" "_" id "${short}")
    add_test(NAME header.c.${id} COMMAND ${CMAKE_C_COMPILER} ${header_flags}
        -std=c17 -Wall -Wextra -Wpedantic -Wstrict-prototypes -Werror -fsyntax-only
        -I "${PROJECT_SOURCE_DIR}/include" -x c "${header}")
    set_tests_properties(header.c.${id} PROPERTIES LABELS header)
    if(VITRO_CXX)
        add_test(NAME header.cxx.${id} COMMAND ${VITRO_CXX} ${header_flags}
            -std=c++11 -Wall -Wextra -Werror -fsyntax-only
            -I "${PROJECT_SOURCE_DIR}/include" -x c++ "${header}")
        set_tests_properties(header.cxx.${id} PROPERTIES LABELS header)
    endif()
endforeach()
