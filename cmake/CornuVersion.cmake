# The version stands in two places, the project() line and the public header; this makes sure that they agree.
file(STRINGS ${CMAKE_SOURCE_DIR}/include/cornu/version.h version_lines
     REGEX "^#define[ \t]+CORNU_VERSION_(MAJOR|MINOR|PATCH)[ \t]+[0-9]+")
set(header_version "")
foreach(part MAJOR MINOR PATCH)
    set(number "")
    foreach(line IN LISTS version_lines)
        if(line MATCHES "CORNU_VERSION_${part}[ \t]+([0-9]+)")
            set(number ${CMAKE_MATCH_1})
        endif()
    endforeach()
    list(APPEND header_version "${number}")
endforeach()
list(JOIN header_version "." header_version)
if(NOT header_version STREQUAL PROJECT_VERSION)
    message(FATAL_ERROR "include/cornu/version.h says version ${header_version}, CMakeLists.txt says ${PROJECT_VERSION}: "
                        "make them the same.")
endif()
