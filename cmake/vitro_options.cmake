# Compiler flags of every target, as one interface library.
include(CheckCCompilerFlag)

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
# -O2 where nobody asked for anything else than cmake's own -O3.
if(PROJECT_IS_TOP_LEVEL AND CMAKE_C_FLAGS_RELEASE STREQUAL "-O3 -DNDEBUG")
    set(CMAKE_C_FLAGS_RELEASE "-O2 -g1 -DNDEBUG")
endif()

add_library(vitro_options INTERFACE)
target_compile_options(vitro_options INTERFACE
    -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wundef -Wvla
    -Walloca -Wwrite-strings -Wpointer-arith -fno-common)
if(VITRO_WERROR)
    target_compile_options(vitro_options INTERFACE -Werror)
endif()
if(VITRO_DEBUG)
    target_compile_definitions(vitro_options INTERFACE VITRO_DEBUG=1)
endif()
if(VITRO_SANITIZE)
    target_compile_options(vitro_options INTERFACE
        -fsanitize=${VITRO_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(vitro_options INTERFACE
        -fsanitize=${VITRO_SANITIZE} -fno-sanitize-recover=all)
endif()
if(VITRO_COVERAGE)
    target_compile_options(vitro_options INTERFACE --coverage)
    target_link_options(vitro_options INTERFACE --coverage)
endif()

# Fat objects hold machine code beside the intermediate form: whoever wants link-time optimisation
# gets it, and the many small test programs link the machine code quickly.
set(VITRO_LTO_COMPILE)
set(VITRO_LTO_LINK)
set(VITRO_LTO_LINK_OFF)
if(VITRO_LTO AND CMAKE_C_COMPILER_ID STREQUAL "GNU")
    set(VITRO_LTO_COMPILE -flto -ffat-lto-objects)
    set(VITRO_LTO_LINK -flto=auto -O2)
    set(VITRO_LTO_LINK_OFF -fno-lto)
endif()
