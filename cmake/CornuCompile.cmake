# Compiler settings for everything, as the interface target cornu_compile, and the instruction sets that the CPU kernels
# are compiled for.
set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_C_VISIBILITY_PRESET hidden)

if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "Release or Debug" FORCE)
endif()
# Release keeps line numbers (-g1): a user's back trace should say something, and code size does not change.
set(CMAKE_C_FLAGS_RELEASE "-O2 -g1")
set(CMAKE_C_FLAGS_DEBUG "-O0 -g3")

add_library(cornu_compile INTERFACE)
target_include_directories(cornu_compile INTERFACE ${CMAKE_SOURCE_DIR}/include)
# -ffp-contract=off: the same expression gives the same bits whether or not the processor has fused multiply-add.
# -fno-math-errno lets sqrt become one instruction; nothing here reads errno after a mathematical function.
target_compile_options(cornu_compile INTERFACE -ffp-contract=off -fno-math-errno -Wall -Wextra -Wshadow
                                               $<$<BOOL:${CORNU_WERROR}>:-Werror>)

if(CMAKE_C_COMPILER_ID MATCHES "Clang")
    # The kernels' `#pragma GCC ivdep` is a hint for speed, which clang does without.
    target_compile_options(cornu_compile INTERFACE -Wno-unknown-pragmas)
endif()

if(CORNU_SANITIZE)
    # -g1: reports name functions and lines; what a debugger wants beyond that makes 150 programs slow to build.
    target_compile_options(cornu_compile INTERFACE -fsanitize=${CORNU_SANITIZE} -fno-sanitize-recover=all
                                                   -fno-omit-frame-pointer -O1 -g1)
    target_link_options(cornu_compile INTERFACE -fsanitize=${CORNU_SANITIZE})
    if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
        # gcc's flow warnings see the sanitizer's own branches and report paths that the program does not have.
        target_compile_options(cornu_compile INTERFACE -Wno-maybe-uninitialized -Wno-stringop-overflow
                                                       -Wno-stringop-truncation -Wno-format-truncation)
    endif()
endif()

# What the library's own sources and the tests, which call internal functions, have beyond that.
add_library(cornu_internal INTERFACE)
target_link_libraries(cornu_internal INTERFACE cornu_compile)
target_include_directories(cornu_internal INTERFACE ${CMAKE_SOURCE_DIR}/src)
target_compile_definitions(cornu_internal INTERFACE _GNU_SOURCE=)

# Each instruction set's flags. A kernel file is compiled once for each with CORNU_ISA set to its name, and picked at run time.
set(CORNU_ISAS baseline)
set(CORNU_ISA_FLAGS_baseline "")
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
    list(APPEND CORNU_ISAS avx2 avx512)
    set(CORNU_ISA_FLAGS_avx2 -mavx2 -mfma -mf16c)
    set(CORNU_ISA_FLAGS_avx512 -mavx2 -mfma -mf16c -mavx512f -mavx512bw -mavx512dq -mavx512vl
                               -mprefer-vector-width=512)
endif()
