# The laboratory's text, held against files; label lab.
#
#   tests/golden/lab/SCENE.v4.txt       what `vitro lab SCENE` prints, byte for byte
#   tests/golden/lab/SCENE.v6.txt       with -6
#   tests/golden/lab/SCENE.v4.zh.txt    with --lang zh; likewise .states, .both, .lossy (below)
#   docs/twenty-scenes.md               the page that tools/twenty-scenes writes
#
# When the text changes on purpose: look at the difference, then
#
#   VITRO_KEEP=1 ctest --preset debug -L lab
#   tools/twenty-scenes
set(lab_environment "LC_ALL=C;LANG=C;TZ=UTC")
set(lab_golden "${PROJECT_SOURCE_DIR}/tests/golden")

set(lab_option_v4)
set(lab_option_v6 -6)
set(lab_option_zh --lang=zh)
set(lab_option_states --states)
set(lab_option_both --at=both)
set(lab_option_lossy --loss=5% --reorder=5% --duplicate=2% --seed=13)

vitro_glob(lab_files "tests/golden/lab/*.txt")
foreach(file IN LISTS lab_files)
    get_filename_component(name "${file}" NAME)
    string(REGEX REPLACE "\\.txt$" "" name "${name}")
    string(REPLACE "." ";" parts "${name}")
    list(POP_FRONT parts scene)
    set(options)
    foreach(part IN LISTS parts)
        list(APPEND options ${lab_option_${part}})
    endforeach()
    add_test(NAME lab.${name} COMMAND ${CMAKE_COMMAND} "-DOUTPUT=${file}"
        -P "${lab_golden}/program.cmake" -- $<TARGET_FILE:vitro_program> lab ${scene} ${options})
    set_tests_properties(lab.${name} PROPERTIES
        LABELS lab TIMEOUT 1800 ENVIRONMENT "${lab_environment}")
endforeach()

add_test(NAME lab.complete COMMAND ${CMAKE_COMMAND} "-DPROGRAM=$<TARGET_FILE:vitro_program>"
    -P "${lab_golden}/lab_complete.cmake")
set_tests_properties(lab.complete PROPERTIES
    LABELS lab TIMEOUT 1800 ENVIRONMENT "${lab_environment}")

find_program(VITRO_PYTHON NAMES python3)
if(VITRO_PYTHON)
    add_test(NAME lab.twenty-scenes COMMAND "${VITRO_PYTHON}"
        "${PROJECT_SOURCE_DIR}/tools/twenty-scenes" --check
        --program $<TARGET_FILE:vitro_program>)
    set_tests_properties(lab.twenty-scenes PROPERTIES LABELS lab TIMEOUT 1800)
endif()
