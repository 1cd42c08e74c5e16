/* fuzz_zip.c: libFuzzer's way into the reader of archives: every member is read to its end. */
#include "format/zip.h"

#include "memory_file.h"

static void read_member(zip_t *archive, zip_uint64_t index)
{
    cornu__stream stream;
    char bytes[4096];
    cornu_error_clear();
    cornu_status status = cornu__zip_open_member(archive, index, "member", &stream);
    if (status != CORNU_OK) {
        if (cornu_error_status() == CORNU_OK)
            abort(); /* a failure without a message */
        return;
    }
    for (uint64_t left = stream.at_most; status == CORNU_OK && left > 0;) {
        size_t some = left < sizeof bytes ? (size_t)left : sizeof bytes;
        status = cornu__stream_read(&stream, bytes, some, "a member");
        left -= some;
    }
    if (status == CORNU_OK)
        status = cornu__stream_end(&stream);
    if (status != CORNU_OK && cornu_error_status() == CORNU_OK)
        abort();
    cornu__stream_close(&stream);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char path[MEMORY_PATH_SIZE];
    int descriptor = memory_file(bytes, size, path);
    cornu_error_clear();
    zip_t *archive = cornu__zip_open(path);
    if (!archive && cornu_error_status() == CORNU_OK)
        abort();
    for (zip_int64_t i = 0; archive && i < zip_get_num_entries(archive, 0); i++)
        read_member(archive, (zip_uint64_t)i);
    if (archive)
        zip_discard(archive);
    close(descriptor);
    return 0;
}
