# What `cmake --install` puts where: the public headers, the shared library with its pkg-config file and CMake package, the
# command. Both packages find the tree from where they lie, so that it works wherever `--prefix` puts it.
include(CMakePackageConfigHelpers)

set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/cornu)
file(RELATIVE_PATH prefix_from_pkgconfig /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
file(RELATIVE_PATH prefix_from_package /${package_folder} /)
configure_file(${CMAKE_SOURCE_DIR}/cmake/cornu.pc.in ${CMAKE_BINARY_DIR}/cornu.pc @ONLY)
configure_file(${CMAKE_SOURCE_DIR}/cmake/cornuConfig.cmake.in ${CMAKE_BINARY_DIR}/cornuConfig.cmake @ONLY)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/cornuConfigVersion.cmake COMPATIBILITY SameMinorVersion)

install(DIRECTORY ${CMAKE_SOURCE_DIR}/include/cornu DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(FILES ${CMAKE_BINARY_DIR}/cornu.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(FILES ${CMAKE_BINARY_DIR}/cornuConfig.cmake ${CMAKE_BINARY_DIR}/cornuConfigVersion.cmake
        DESTINATION ${package_folder})
install(FILES ${CMAKE_SOURCE_DIR}/LICENSE RENAME copyright DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/cornu)
if(TARGET cornu_shared)
    install(TARGETS cornu_shared)
endif()
if(TARGET cornu)
    install(TARGETS cornu)
    # The command writes its own manual and completions, from the tables that it reads its options by.
    set(written ${CMAKE_BINARY_DIR}/written)
    add_custom_command(
        OUTPUT ${written}/complete
        COMMAND ${CMAKE_COMMAND} -E rm -rf ${written}
        COMMAND ${CMAKE_COMMAND} -E make_directory ${written}/bash ${written}/zsh ${written}/fish
        COMMAND cornu manual --folder ${written}/man1
        COMMAND cornu completion bash > ${written}/bash/cornu
        COMMAND cornu completion zsh > ${written}/zsh/_cornu
        COMMAND cornu completion fish > ${written}/fish/cornu.fish
        COMMAND ${CMAKE_COMMAND} -E touch ${written}/complete
        DEPENDS cornu
        COMMENT "The command writes its manual and completions")
    add_custom_target(cornu_manual ALL DEPENDS ${written}/complete)
    install(DIRECTORY ${written}/man1 DESTINATION ${CMAKE_INSTALL_MANDIR})
    install(FILES ${written}/bash/cornu DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
    install(FILES ${written}/zsh/_cornu DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
    install(FILES ${written}/fish/cornu.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
endif()

# `cpack --config build/release/CPackConfig.cmake` makes a .deb. What the library needs is read from it; what its headers need
# is nothing but a C library.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME cornu)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "The Cornu authors <cornu@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "neural networks from C, in Keras's words")
set(CPACK_PACKAGE_DESCRIPTION "A library and a command that train neural networks in the words that Keras users know.
It needs no Python.")
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_SOURCE_DIR}/cmake/CornuDebianPlaces.cmake)
include(CPack)
