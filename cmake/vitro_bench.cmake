# Benchmarks: bench/vitro_bench if one file holds a main, else one program for each main. They print
# `name value unit`, a figure a line, and are never run as tests.
vitro_glob(bench_sources "bench/*.c")
vitro_split_mains(bench_mains bench_shared ${bench_sources})
list(LENGTH bench_mains bench_count)
foreach(source IN LISTS bench_mains)
    get_filename_component(name "${source}" NAME_WE)
    if(bench_count EQUAL 1)
        set(name vitro_bench)
    endif()
    add_executable(${name} "${source}" ${bench_shared})
    set_target_properties(${name} PROPERTIES
        RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bench")
    target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}/bench")
    target_compile_definitions(${name} PRIVATE _POSIX_C_SOURCE=200809L) # clock, fork
    target_compile_options(${name} PRIVATE ${VITRO_LTO_COMPILE})
    target_link_options(${name} PRIVATE ${VITRO_LTO_LINK})
    target_link_libraries(${name} PRIVATE vitro_all)
endforeach()
