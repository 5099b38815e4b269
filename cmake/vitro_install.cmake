# What `cmake --install` lays down, and how others find it: pkg-config and find_package(vitro).
include(CMakePackageConfigHelpers)

set(config_dir "${CMAKE_INSTALL_LIBDIR}/cmake/vitro")
set_target_properties(vitro_static PROPERTIES EXPORT_NAME static)
add_library(vitro::static ALIAS vitro_static)
install(TARGETS vitro_static EXPORT vitro-targets ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
if(TARGET vitro)
    add_library(vitro::vitro ALIAS vitro)
    install(TARGETS vitro EXPORT vitro-targets LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}")
endif()
if(TARGET vitro_program)
    install(TARGETS vitro_program RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
    vitro_glob(man_pages "man/*.1")
    install(FILES ${man_pages} DESTINATION "${CMAKE_INSTALL_MANDIR}/man1")
    install(FILES "${PROJECT_SOURCE_DIR}/completions/vitro.bash"
        DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions" RENAME vitro)
    install(FILES "${PROJECT_SOURCE_DIR}/completions/_vitro"
        DESTINATION "${CMAKE_INSTALL_DATADIR}/zsh/site-functions")

    # The AppArmor profile names /usr/bin and /usr/local/bin, so it is laid down with these prefixes
    # only; into a package (DESTDIR), or where this machine has AppArmor. Loading it is the
    # administrator's to do.
    install(CODE "set(vitro_profile \"${PROJECT_SOURCE_DIR}/packaging/apparmor/vitro\")")
    install(CODE [[
        if(CMAKE_INSTALL_PREFIX MATCHES "^/usr(/local)?/?$" AND
                (NOT "$ENV{DESTDIR}" STREQUAL "" OR IS_DIRECTORY "/etc/apparmor.d"))
            file(INSTALL "${vitro_profile}" DESTINATION "/etc/apparmor.d")
            if("$ENV{DESTDIR}" STREQUAL "" AND
                    EXISTS "/proc/sys/kernel/apparmor_restrict_unprivileged_userns")
                message(STATUS "To load it: sudo apparmor_parser -r /etc/apparmor.d/vitro")
            endif()
        endif()]])
endif()

install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/"
    DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" FILES_MATCHING PATTERN "*.h")
install(EXPORT vitro-targets NAMESPACE vitro:: DESTINATION "${config_dir}")
configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/vitro-config.cmake.in"
    "${PROJECT_BINARY_DIR}/vitro-config.cmake" INSTALL_DESTINATION "${config_dir}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/vitro-config-version.cmake"
    COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/vitro-config.cmake"
    "${PROJECT_BINARY_DIR}/vitro-config-version.cmake" DESTINATION "${config_dir}")

file(RELATIVE_PATH VITRO_PC_PREFIX
    "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig" "${CMAKE_INSTALL_PREFIX}")
string(REGEX REPLACE "/$" "" VITRO_PC_PREFIX "${VITRO_PC_PREFIX}")
configure_file("${PROJECT_SOURCE_DIR}/cmake/vitro.pc.in" "${PROJECT_BINARY_DIR}/vitro.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/vitro.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
