# Finding sources. Every list is re-checked at build time (CONFIGURE_DEPENDS), so adding or removing
# a file needs no cmake run by hand.

# vitro_glob(OUT pattern...): files below the source folder, sorted; empty if there are none.
function(vitro_glob out)
    set(patterns)
    foreach(pattern IN LISTS ARGN)
        list(APPEND patterns "${PROJECT_SOURCE_DIR}/${pattern}")
    endforeach()
    file(GLOB found CONFIGURE_DEPENDS ${patterns})
    list(SORT found)
    set(${out} "${found}" PARENT_SCOPE)
endfunction()

# vitro_split_mains(MAINS OTHERS file...): programs (files with a main) and what they share.
function(vitro_split_mains mains_out others_out)
    set(mains)
    set(others)
    foreach(source IN LISTS ARGN)
        file(STRINGS "${source}" main REGEX "^int main\\(" LIMIT_COUNT 1)
        if(main)
            list(APPEND mains "${source}")
        else()
            list(APPEND others "${source}")
        endif()
    endforeach()
    set(${mains_out} "${mains}" PARENT_SCOPE)
    set(${others_out} "${others}" PARENT_SCOPE)
endfunction()

# vitro_without_program(LIST): where the program is not built, leaves out what tests it.
function(vitro_without_program list)
    if(TARGET vitro_program_parts)
        return()
    endif()
    set(kept)
    foreach(source IN LISTS ${list})
        file(STRINGS "${source}" uses REGEX "^#include \"(cli|gateway|gateway_fixture)[/.]"
            LIMIT_COUNT 1)
        if(NOT uses)
            list(APPEND kept "${source}")
        endif()
    endforeach()
    set(${list} "${kept}" PARENT_SCOPE)
endfunction()
