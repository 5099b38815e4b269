# Fuzz targets, tests/fuzz/fuzz_*.c, one for each input surface.
#
# With VITRO_FUZZ (clang) they are libFuzzer programs. Otherwise tests/fuzz/driver.c is their main:
# it replays the corpus and then runs mutated inputs from a printed seed, a smoke test for CTest.
# Corpus: tests/fuzz/corpus/<name without fuzz_>/, committed.
vitro_glob(fuzz_sources "tests/fuzz/fuzz_*.c")
vitro_without_program(fuzz_sources)
vitro_glob(fuzz_shared "tests/fuzz/*.c")
list(FILTER fuzz_shared EXCLUDE REGEX "/fuzz_[^/]*$")
list(REMOVE_ITEM fuzz_shared "${PROJECT_SOURCE_DIR}/tests/fuzz/driver.c")
set(VITRO_FUZZ_SMOKE_RUNS 20000 CACHE STRING "Mutated inputs a fuzz target gets in the smoke run")
# Inputs of a whole gateway take longer: it has fewer.
set(fuzz_slower_gateway 20)

foreach(source IN LISTS fuzz_sources)
    get_filename_component(name "${source}" NAME_WE)
    string(REGEX REPLACE "^fuzz_" "" surface "${name}")
    add_executable(${name} "${source}" ${fuzz_shared})
    target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}/tests")
    set_target_properties(${name} PROPERTIES
        RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/tests/fuzz")
    if(TARGET vitro_program_parts)
        target_link_libraries(${name} PRIVATE vitro_program_parts)
    endif()
    target_link_libraries(${name} PRIVATE vitro_all)
    # LLVMFuzzerTestOneInput has no prototype in a header. A source's options come last.
    set_source_files_properties("${source}" PROPERTIES COMPILE_OPTIONS -Wno-missing-prototypes)
    if(VITRO_FUZZ)
        target_compile_options(${name} PRIVATE -fsanitize=fuzzer)
        target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    else()
        target_sources(${name} PRIVATE "${PROJECT_SOURCE_DIR}/tests/fuzz/driver.c")
        target_link_options(${name} PRIVATE ${VITRO_LTO_LINK_OFF})
        set(runs ${VITRO_FUZZ_SMOKE_RUNS})
        if(DEFINED fuzz_slower_${surface})
            math(EXPR runs "${runs} / ${fuzz_slower_${surface}}")
        endif()
        add_test(NAME fuzz.${surface} COMMAND ${name}
            --runs ${runs} --seconds 30 --seed 1
            "${PROJECT_SOURCE_DIR}/tests/fuzz/corpus/${surface}")
        set_tests_properties(fuzz.${surface} PROPERTIES LABELS fuzz TIMEOUT 1800
            SKIP_RETURN_CODE 77) # what it needs is not allowed here, and it has said so
    endif()
endforeach()
if(VITRO_FUZZ)
    target_compile_options(vitro_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
