# libvitro, the simulated wire beside it, and the program above both.
#
# vitro_objects  every object of the library, compiled once, position independent, symbols hidden
# vitro_private  the same as an archive with its private symbols: for tests, benches, sim, program
# vitro          the shared library: exports what include/vitro marks, nothing else
# vitro_static   the installed archive: one object in which private symbols have been made local,
#                so that a program's own `pool_get` never meets ours
set(VITRO_LAYERS base wire ip udp tcp stack socket link observe api)

set(library_patterns)
foreach(layer IN LISTS VITRO_LAYERS)
    list(APPEND library_patterns "src/${layer}/*.c")
endforeach()
vitro_glob(VITRO_LIBRARY_SOURCES ${library_patterns})
vitro_glob(VITRO_SIM_SOURCES "src/sim/*.c")
vitro_glob(VITRO_PROGRAM_SOURCES "src/gateway/*.c" "src/cli/*.c")
vitro_glob(VITRO_PUBLIC_HEADERS "include/vitro/*.h" "include/vitro.h")

if(NOT VITRO_LIBRARY_SOURCES)
    file(WRITE "${PROJECT_BINARY_DIR}/empty.c" "extern int vitro_empty;\n")
    set(VITRO_LIBRARY_SOURCES "${PROJECT_BINARY_DIR}/empty.c")
endif()

add_library(vitro_objects OBJECT ${VITRO_LIBRARY_SOURCES})
target_include_directories(vitro_objects PRIVATE
    "${PROJECT_SOURCE_DIR}/src" "${PROJECT_SOURCE_DIR}/include")
target_link_libraries(vitro_objects PRIVATE vitro_options)
target_compile_options(vitro_objects PRIVATE
    ${VITRO_LTO_COMPILE} -ffunction-sections -fdata-sections)
target_compile_definitions(vitro_objects PRIVATE VITRO_BUILDING=1)
set_target_properties(vitro_objects PROPERTIES
    POSITION_INDEPENDENT_CODE ON C_VISIBILITY_PRESET hidden)

add_library(vitro_private STATIC $<TARGET_OBJECTS:vitro_objects>)
set_target_properties(vitro_private PROPERTIES LINKER_LANGUAGE C)
target_include_directories(vitro_private PUBLIC
    "${PROJECT_SOURCE_DIR}/src" "${PROJECT_SOURCE_DIR}/include")
target_link_libraries(vitro_private PUBLIC vitro_options)

if(VITRO_SHARED)
    add_library(vitro SHARED $<TARGET_OBJECTS:vitro_objects>)
    set_target_properties(vitro PROPERTIES
        LINKER_LANGUAGE C
        VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})
    target_link_options(vitro PRIVATE ${VITRO_LTO_LINK} -Wl,-z,defs -Wl,--as-needed)
    target_include_directories(vitro INTERFACE
        $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
        $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
    if(VITRO_COVERAGE OR VITRO_SANITIZE)
        target_link_libraries(vitro PRIVATE $<BUILD_INTERFACE:vitro_options>)
    endif()
endif()

# One relocatable object, hidden symbols made local, intermediate code of the optimiser dropped.
set(static_object "${PROJECT_BINARY_DIR}/vitro_static.o")
separate_arguments(machine_flags NATIVE_COMMAND "${CMAKE_C_FLAGS}")
add_custom_command(
    OUTPUT "${static_object}"
    COMMAND ${CMAKE_C_COMPILER} ${machine_flags} -r -nostdlib ${VITRO_LTO_LINK_OFF}
            -o "${static_object}" $<TARGET_OBJECTS:vitro_objects>
    COMMAND ${CMAKE_OBJCOPY} --localize-hidden --wildcard
            "--remove-section=.gnu.lto_*" "--remove-section=.gnu.debuglto_*" "${static_object}"
    DEPENDS vitro_objects $<TARGET_OBJECTS:vitro_objects>
    COMMAND_EXPAND_LISTS VERBATIM)
add_library(vitro_static STATIC "${static_object}")
set_source_files_properties("${static_object}" PROPERTIES EXTERNAL_OBJECT ON GENERATED ON)
set_target_properties(vitro_static PROPERTIES LINKER_LANGUAGE C OUTPUT_NAME vitro)
target_include_directories(vitro_static INTERFACE
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)

# What tests, examples and benches link: the simulated wire if it is there, and the library.
add_library(vitro_all INTERFACE)
if(VITRO_SIM_SOURCES)
    add_library(vitro_sim STATIC ${VITRO_SIM_SOURCES})
    target_compile_options(vitro_sim PRIVATE ${VITRO_LTO_COMPILE})
    target_link_libraries(vitro_sim PUBLIC vitro_private)
    target_link_libraries(vitro_all INTERFACE vitro_sim)
endif()
target_link_libraries(vitro_all INTERFACE vitro_private)

# The program: everything but main.c as an archive, so that unit tests can reach it. It stands on
# libraries of the system (netlink, seccomp, JSON) that libvitro has no part in.
if(VITRO_PROGRAM)
    find_package(PkgConfig REQUIRED)
    pkg_check_modules(VITRO_SYSTEM REQUIRED IMPORTED_TARGET libmnl libseccomp jansson)
    vitro_split_mains(program_mains program_parts ${VITRO_PROGRAM_SOURCES})
    add_executable(vitro_program ${program_mains})
    set_target_properties(vitro_program PROPERTIES
        OUTPUT_NAME vitro RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}")
    target_link_options(vitro_program PRIVATE ${VITRO_LTO_LINK})
    if(program_parts)
        add_library(vitro_program_parts STATIC ${program_parts})
        target_compile_options(vitro_program_parts PRIVATE ${VITRO_LTO_COMPILE})
        target_link_libraries(vitro_program_parts PUBLIC vitro_all PkgConfig::VITRO_SYSTEM)
        target_link_libraries(vitro_program PRIVATE vitro_program_parts)
    endif()
    target_link_libraries(vitro_program PRIVATE vitro_all)
endif()
