# cmake -DINPUT=page.js -DOUTPUT=page.js.c -DNAME=page_js -P CornuEmbed.cmake: a file as a C array cornu__file_<NAME> with a NUL behind it,
# which is not counted in cornu__file_<NAME>_size.
file(READ ${INPUT} hex HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
string(REGEX REPLACE "(0x[0-9a-f][0-9a-f],0x[0-9a-f][0-9a-f],0x[0-9a-f][0-9a-f],0x[0-9a-f][0-9a-f],0x[0-9a-f][0-9a-f],0x[0-9a-f][0-9a-f],0x[0-9a-f][0-9a-f],0x[0-9a-f][0-9a-f],)" "\\1\n" bytes "${bytes}")
file(WRITE ${OUTPUT} "#include <stddef.h>\n\nextern const char cornu__file_${NAME}[];\nextern const size_t cornu__file_${NAME}_size;\n\n"
                     "const char cornu__file_${NAME}[] = {\n${bytes}0};\nconst size_t cornu__file_${NAME}_size = sizeof cornu__file_${NAME} - 1;\n")
