# What `cmake --install` puts where: the public headers, the shared library with its pkg-config file, the command.
install(DIRECTORY ${CMAKE_SOURCE_DIR}/include/cornu DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
# Relative, so that the tree works wherever `cmake --install --prefix` puts it.
file(RELATIVE_PATH prefix_from_pkgconfig /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(${CMAKE_SOURCE_DIR}/cmake/cornu.pc.in ${CMAKE_BINARY_DIR}/cornu.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/cornu.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
if(TARGET cornu_shared)
    install(TARGETS cornu_shared)
endif()
if(TARGET cornu)
    install(TARGETS cornu)
endif()
