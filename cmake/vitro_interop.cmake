# Interop: `vitro run` with real programs and real servers, in namespaces of the tests' own.
#
#   tests/interop/test_*.py   one CTest test each, label interop; cases are counted as cmocka's are
find_program(VITRO_PYTHON NAMES python3)
vitro_glob(interop_files "tests/interop/test_*.py")
foreach(file IN LISTS interop_files)
    get_filename_component(name "${file}" NAME_WE)
    if(NOT VITRO_PYTHON)
        break()
    endif()
    add_test(NAME interop.${name}
        COMMAND ${VITRO_PYTHON} -B "${file}" --vitro $<TARGET_FILE:vitro_program>)
    set_tests_properties(interop.${name} PROPERTIES
        LABELS interop TIMEOUT 3600 WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}")
endforeach()
