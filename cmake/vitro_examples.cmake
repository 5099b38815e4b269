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
        set_tests_properties(example.${name} PROPERTIES LABELS example TIMEOUT 1800)
    endif()
endforeach()

# What they must print, and how they end: an error is one line that begins with the program's name,
# and exit status 2.
#
# vitro_add_example_test(test example [STATUS n] [OUTPUT file] [ERROR regex] ARGUMENTS argument...)
function(vitro_add_example_test test example)
    cmake_parse_arguments(PARSE_ARGV 2 the "" "STATUS;OUTPUT;ERROR" "ARGUMENTS")
    set(checks)
    foreach(check STATUS OUTPUT ERROR)
        if(DEFINED the_${check})
            list(APPEND checks "-D${check}=${the_${check}}")
        endif()
    endforeach()
    add_test(NAME example.${test} COMMAND ${CMAKE_COMMAND} ${checks}
        -P "${PROJECT_SOURCE_DIR}/tests/golden/program.cmake"
        -- $<TARGET_FILE:example_${example}> ${the_ARGUMENTS})
    set_tests_properties(example.${test} PROPERTIES LABELS example TIMEOUT 1800)
endfunction()

if(VITRO_TESTS AND TARGET example_fetch AND TARGET example_echo)
    vitro_add_example_test(fetch.golden fetch OUTPUT "${PROJECT_SOURCE_DIR}/tests/golden/fetch.txt"
        ARGUMENTS --size 65536 --loss 2 --delay 20ms --seed 12)
    vitro_add_example_test(fetch.lossy fetch ARGUMENTS --size 200000 --loss 20% --seed 3)
    vitro_add_example_test(fetch.empty fetch ARGUMENTS --size 0)
    vitro_add_example_test(fetch.help fetch ARGUMENTS --help)
    vitro_add_example_test(fetch.nobody fetch STATUS 1 ERROR "fetch: connection timed out\n"
        ARGUMENTS --loss 100)
    set(usage STATUS 2 ERROR "fetch: [^\n]*\n" ARGUMENTS)
    vitro_add_example_test(fetch.unknown fetch ${usage} --sise 1)
    vitro_add_example_test(fetch.missing fetch ${usage} --size)
    vitro_add_example_test(fetch.word fetch ${usage} --delay long)
    vitro_add_example_test(fetch.range fetch ${usage} --loss 100.5)
    vitro_add_example_test(fetch.fraction fetch ${usage} --seed 1.5)
    set(usage STATUS 2 ERROR "echo: [^\n]*\n" ARGUMENTS)
    vitro_add_example_test(echo.text echo ARGUMENTS "Mr. Watson, come here.")
    vitro_add_example_test(echo.help echo ARGUMENTS --help)
    vitro_add_example_test(echo.option echo ${usage} --text)
    vitro_add_example_test(echo.many echo ${usage} one two)
endif()
