# Examples, one program for each file; each is run as a test.
vitro_glob(example_sources "examples/*.c")
foreach(source IN LISTS example_sources)
    get_filename_component(name "${source}" NAME_WE)
    add_executable(example_${name} "${source}")
    set_target_properties(example_${name} PROPERTIES
        OUTPUT_NAME ${name} RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/examples")
    target_link_libraries(example_${name} PRIVATE vitro_all)
    target_link_options(example_${name} PRIVATE ${VITRO_LTO_LINK_OFF})
    if(VITRO_TESTS)
        add_test(NAME example.${name} COMMAND example_${name})
        set_tests_properties(example.${name} PROPERTIES LABELS example TIMEOUT 120)
    endif()
endforeach()
