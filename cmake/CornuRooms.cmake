# The rooms of the house (docs/architecture.md), the library made of them, and the command.
set(CORNU_ROOMS base array format graph dist backend nn model data image saving view train)

function(cornu_add_room_target name)
    add_library(${name} OBJECT ${ARGN})
    target_compile_options(${name} PRIVATE -Wstrict-prototypes -Wmissing-prototypes -Wvla)
    # The dependencies are private here and public on the libraries, which link them once.
    target_link_libraries(${name} PRIVATE cornu_internal cornu_dependencies)
endfunction()

# What a page is made of lies beside the C sources as what it is, and becomes an array (src/view/live_page.c).
function(cornu_embed_files sources room)
    set(made "")
    file(GLOB files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${room}/*.html ${CMAKE_SOURCE_DIR}/src/${room}/*.css
                                      ${CMAKE_SOURCE_DIR}/src/${room}/*.js)
    foreach(file IN LISTS files)
        cmake_path(GET file FILENAME file_name)
        string(MAKE_C_IDENTIFIER ${file_name} name)
        set(output ${CMAKE_BINARY_DIR}/embedded/${room}/${file_name}.c)
        add_custom_command(OUTPUT ${output} DEPENDS ${file} ${CMAKE_SOURCE_DIR}/cmake/CornuEmbed.cmake VERBATIM
                           COMMAND ${CMAKE_COMMAND} -DINPUT=${file} -DOUTPUT=${output} -DNAME=${name}
                                   -P ${CMAKE_SOURCE_DIR}/cmake/CornuEmbed.cmake)
        list(APPEND made ${output})
    endforeach()
    set(${sources} ${made} PARENT_SCOPE)
endfunction()

set(CORNU_OBJECT_TARGETS "")
foreach(room IN LISTS CORNU_ROOMS)
    file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${room}/*.c)
    list(FILTER sources EXCLUDE REGEX "/kernels/")
    cornu_embed_files(embedded ${room})
    if(sources)
        cornu_add_room_target(room_${room} ${sources} ${embedded})
        list(APPEND CORNU_OBJECT_TARGETS room_${room})
    endif()
endforeach()

# What lies in a folder kernels/ is compiled once for each instruction set (src/base/isa.h).
file(GLOB_RECURSE kernel_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/*.c)
list(FILTER kernel_sources INCLUDE REGEX "/kernels/")
if(kernel_sources)
    foreach(isa IN LISTS CORNU_ISAS)
        cornu_add_room_target(kernels_${isa} ${kernel_sources})
        target_compile_definitions(kernels_${isa} PRIVATE CORNU_ISA=${isa})
        # -fno-trapping-math: nothing reads the floating-point exception flags, and loops with comparisons become vectors.
        target_compile_options(kernels_${isa} PRIVATE -O3 -ffp-contract=off -fno-trapping-math ${CORNU_ISA_FLAGS_${isa}})
        list(APPEND CORNU_OBJECT_TARGETS kernels_${isa})
    endforeach()
endif()

set(objects "")
foreach(target IN LISTS CORNU_OBJECT_TARGETS)
    list(APPEND objects $<TARGET_OBJECTS:${target}>)
endforeach()

if(objects)
    add_library(cornu_static STATIC ${objects})
    target_link_libraries(cornu_static PUBLIC cornu_internal cornu_dependencies)

    add_library(cornu_shared SHARED ${objects})
    target_link_libraries(cornu_shared PRIVATE cornu_dependencies PUBLIC cornu_compile)
    set_target_properties(cornu_shared PROPERTIES OUTPUT_NAME cornu VERSION ${PROJECT_VERSION}
                                                  SOVERSION ${PROJECT_VERSION_MAJOR})
    # A symbol that no room defines shows here, not in a user's program. Sanitizers leave theirs to the program.
    if(NOT CORNU_SANITIZE)
        target_link_options(cornu_shared PRIVATE -Wl,--no-undefined)
    endif()
endif()

# The command is a room too (it may use what the public headers do not show), so it takes the library in.
file(GLOB_RECURSE cli_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/cli/*.c)
if(cli_sources)
    cornu_add_room_target(room_cli ${cli_sources})
    add_executable(cornu $<TARGET_OBJECTS:room_cli>)
    target_link_libraries(cornu PRIVATE cornu_static)
    set_target_properties(cornu PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
endif()
