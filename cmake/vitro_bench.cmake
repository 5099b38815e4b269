# Benchmarks: bench/vitro_bench if one file holds a main, else one program for each main. They print
# `name value unit`, a figure a line, and are never run as tests.
vitro_glob(bench_sources "bench/*.c")
list(FILTER bench_sources EXCLUDE REGEX "/peer_lwip\\.c$")
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

# The peer to compare with, where Debian's liblwip-dev is installed: see bench/peer_lwip.c.
find_path(VITRO_LWIP_INCLUDE lwip/tcp.h PATHS /usr/include/lwip NO_DEFAULT_PATH)
find_library(VITRO_LWIP_LIBRARY lwip)
mark_as_advanced(VITRO_LWIP_INCLUDE VITRO_LWIP_LIBRARY)
if(VITRO_LWIP_INCLUDE AND VITRO_LWIP_LIBRARY AND EXISTS "${PROJECT_SOURCE_DIR}/bench/peer_lwip.c")
    add_executable(peer_lwip "${PROJECT_SOURCE_DIR}/bench/peer_lwip.c")
    set_target_properties(peer_lwip PROPERTIES
        C_EXTENSIONS ON RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bench")
    target_include_directories(peer_lwip SYSTEM PRIVATE "${VITRO_LWIP_INCLUDE}")
    target_link_libraries(peer_lwip PRIVATE "${VITRO_LWIP_LIBRARY}")
endif()
