# The libraries Cornu stands on (docs/dependencies.md says for what), gathered in the interface target cornu_dependencies.
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
find_package(OpenMP REQUIRED COMPONENTS C)
find_package(OneDNN 2.6...<3 REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(libzip REQUIRED IMPORTED_TARGET libzip>=1.7)
pkg_check_modules(zlib REQUIRED IMPORTED_TARGET zlib)
pkg_check_modules(jansson REQUIRED IMPORTED_TARGET jansson>=2.13)
pkg_check_modules(nettle REQUIRED IMPORTED_TARGET nettle>=3.4)
pkg_check_modules(cairo REQUIRED IMPORTED_TARGET cairo>=1.16)
pkg_check_modules(libcurl REQUIRED IMPORTED_TARGET libcurl>=7.85)

add_library(cornu_dependencies INTERFACE)
target_link_libraries(cornu_dependencies INTERFACE OneDNN::dnnl PkgConfig::libzip PkgConfig::zlib PkgConfig::jansson
                                                   PkgConfig::nettle PkgConfig::cairo PkgConfig::libcurl OpenMP::OpenMP_C
                                                   Threads::Threads m)

if(CORNU_TESTS)
    pkg_check_modules(cmocka REQUIRED IMPORTED_TARGET cmocka)
    find_package(Python3 REQUIRED COMPONENTS Interpreter)
endif()
