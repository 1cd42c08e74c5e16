# The libraries Cornu stands on (docs/dependencies.md says for what), gathered in the interface target cornu_dependencies.
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
find_package(OpenMP REQUIRED COMPONENTS C)
find_package(OneDNN 2.6...<3 REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(libzip REQUIRED IMPORTED_TARGET libzip>=1.7)
pkg_check_modules(zlib REQUIRED IMPORTED_TARGET zlib)
pkg_check_modules(jansson REQUIRED IMPORTED_TARGET jansson>=2.13)
pkg_check_modules(hdf5 REQUIRED IMPORTED_TARGET hdf5>=1.10)
pkg_check_modules(nettle REQUIRED IMPORTED_TARGET nettle>=3.4)
pkg_check_modules(cairo REQUIRED IMPORTED_TARGET cairo>=1.16)
pkg_check_modules(libcurl REQUIRED IMPORTED_TARGET libcurl>=7.85)
pkg_check_modules(microhttpd REQUIRED IMPORTED_TARGET libmicrohttpd>=0.9.71)
pkg_check_modules(jpeg REQUIRED IMPORTED_TARGET libjpeg>=2.1)
pkg_check_modules(png REQUIRED IMPORTED_TARGET libpng>=1.6)
pkg_check_modules(tiff REQUIRED IMPORTED_TARGET libtiff-4>=4.5)
pkg_check_modules(webp REQUIRED IMPORTED_TARGET libwebp>=1.2 libwebpdemux>=1.2)
find_package(GIF 5.1 REQUIRED)
find_package(Unistring REQUIRED)
pkg_check_modules(lapack REQUIRED IMPORTED_TARGET lapacke>=3.9 blas)

add_library(cornu_dependencies INTERFACE)
target_link_libraries(cornu_dependencies INTERFACE OneDNN::dnnl PkgConfig::libzip PkgConfig::zlib PkgConfig::jansson
                                                   PkgConfig::hdf5 PkgConfig::nettle PkgConfig::cairo PkgConfig::libcurl
                                                   PkgConfig::microhttpd
                                                   PkgConfig::jpeg PkgConfig::png PkgConfig::tiff PkgConfig::webp
                                                   GIF::GIF PkgConfig::lapack Unistring::unistring OpenMP::OpenMP_C
                                                   Threads::Threads m)

if(CORNU_TESTS)
    pkg_check_modules(cmocka REQUIRED IMPORTED_TARGET cmocka)
    find_package(Python3 REQUIRED COMPONENTS Interpreter)
endif()
