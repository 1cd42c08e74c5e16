/* fuzz_lines.c: libFuzzer's way into lines of text: together with their ends they are the file again. */
#include <string.h>

#include "format/lines.h"

#include "memory_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char path[MEMORY_PATH_SIZE];
    cornu__record_file file;
    int descriptor = memory_file(bytes, size, path);
    bool compressed = size >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b;
    cornu_error_clear();
    cornu_status status = cornu__record_file_open(&file, path, &cornu__lines_format, NULL);
    if (status == CORNU_OK) {
        status = cornu__record_file_index(&file);
        size_t end = size;
        for (int64_t i = file.count - 1; status == CORNU_OK && i >= 0; i--) {
            cornu__cursor *cursor = cornu__record_file_find(&file, i);
            const char *line;
            size_t length;
            if (!cursor || cornu__lines_read(cursor, &line, &length) != CORNU_OK)
                abort(); /* it was counted */
            if (!compressed) {
                end -= end > 0 && bytes[end - 1] == '\n' ? (end > 1 && bytes[end - 2] == '\r' ? 2 : 1) : 0;
                if (length > end || (length > 0 && memcmp(bytes + end - length, line, length) != 0))
                    abort();
                end -= length;
            }
            cornu__record_file_give_back(&file, cursor, CORNU_OK);
        }
        cornu__record_file_close(&file);
    }
    if (status != CORNU_OK && cornu_error_status() == CORNU_OK)
        abort(); /* a failure without a message */
    close(descriptor);
    return 0;
}
